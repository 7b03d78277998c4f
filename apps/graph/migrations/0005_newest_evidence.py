import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('graph', '0004_canon_triggers')]

    operations = [
        migrations.AddIndex(
            model_name='evidence',
            index=models.Index(fields=['entity', 'id'], name='evidence_of_entity'),
        ),
        migrations.AlterField(
            model_name='evidence',
            name='entity',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='evidence', to='graph.entity'),
        ),
    ]
