import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('canon', '0001_initial'),
        ('memories', '0008_drop_double_indexes'),
        ('graph', '0002_triggers'),
    ]

    operations = [
        migrations.CreateModel(
            name='Reading',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('revision', models.PositiveIntegerField()),
                ('found', models.JSONField(null=True)),
                ('model', models.CharField(blank=True, max_length=200)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('next_attempt_at', models.DateTimeField()),
                ('memory', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='memories.memory')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('found__isnull', True)), fields=['next_attempt_at', 'memory'], name='graph_reading_due')],
            },
        ),
        migrations.RemoveIndex(model_name='pending', name='graph_pending_due'),
        migrations.RemoveConstraint(model_name='evidence', name='evidence_has_a_source'),
        migrations.AddField(
            model_name='evidence',
            name='section',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='canon.section'),
        ),
        migrations.AddField(
            model_name='pending',
            name='section',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='canon.section'),
        ),
        migrations.AlterField(
            model_name='pending',
            name='memory',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='memories.memory'),
        ),
        migrations.AddIndex(
            model_name='pending',
            index=models.Index(fields=['next_attempt_at', 'id'], name='graph_pending_due'),
        ),
        migrations.AddConstraint(
            model_name='evidence',
            constraint=models.CheckConstraint(condition=models.Q(('memory__isnull', False), ('section__isnull', False), _connector='XOR'), name='evidence_has_a_source'),
        ),
        migrations.AddConstraint(
            model_name='evidence',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True), ('entity__isnull', False)), fields=('section', 'entity'), name='a_section_mentions_an_entity_once'),
        ),
        migrations.AddConstraint(
            model_name='evidence',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True), ('relation__isnull', False)), fields=('section', 'relation'), name='a_section_declares_a_relation_once'),
        ),
        migrations.AddConstraint(
            model_name='pending',
            constraint=models.CheckConstraint(condition=models.Q(('memory__isnull', False), ('section__isnull', False), _connector='XOR'), name='what_is_pending_is_one_thing'),
        ),
    ]
