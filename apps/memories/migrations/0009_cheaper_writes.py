import django.contrib.postgres.indexes
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# The options of an index can be changed in place; what waits is sorted in by later writes.
FASTER = "ALTER INDEX index_words_in_space SET (fastupdate = on, gin_pending_list_limit = 256)"
BACK = """
ALTER INDEX index_words_in_space SET (fastupdate = off);
ALTER INDEX index_words_in_space RESET (gin_pending_list_limit);
SELECT gin_clean_pending_list('index_words_in_space');
"""


class Migration(migrations.Migration):

    dependencies = [
        ('memories', '0008_drop_double_indexes'),
        ('spaces', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='memory',
            name='organisation',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='spaces.organisation'),
        ),
        migrations.AlterField(
            model_name='memory',
            name='space',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='memories', to='spaces.space'),
        ),
        migrations.AlterField(
            model_name='memory',
            name='supersedes',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='successors', to='memories.memory'),
        ),
        migrations.AlterField(
            model_name='memoryindex',
            name='author',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='memoryindex',
            name='space',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='spaces.space'),
        ),
        migrations.AlterField(
            model_name='memoryrevision',
            name='memory',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='revisions', to='memories.memory'),
        ),
        migrations.AddIndex(
            model_name='memory',
            index=models.Index(condition=models.Q(('supersedes__isnull', False)), fields=['supersedes'], name='memory_by_superseded'),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(FASTER, BACK)],
            state_operations=[
                migrations.RemoveIndex(model_name='memoryindex', name='index_words_in_space'),
                migrations.AddIndex(
                    model_name='memoryindex',
                    index=django.contrib.postgres.indexes.GinIndex(
                        models.F('lexemes'),
                        models.F('tags'),
                        models.Func(models.F('space_id'), template='(ARRAY[%(expressions)s])'),
                        fastupdate=True,
                        gin_pending_list_limit=256,
                        name='index_words_in_space',
                    ),
                ),
            ],
        ),
    ]
