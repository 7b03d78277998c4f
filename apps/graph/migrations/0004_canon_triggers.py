from django.db import migrations

from apps.graph import triggers

STANDING = """
INSERT INTO graph_pending (section_id, attempts, next_attempt_at)
SELECT id, 0, statement_timestamp() FROM canon_section WHERE known_to IS NULL
ON CONFLICT (section_id) DO NOTHING
"""


class Migration(migrations.Migration):

    dependencies = [('graph', '0003_canon_and_models')]

    operations = [
        # The triggers of 0002 made again: there they are what `triggers` says now
        migrations.RunSQL(triggers.REMOVE + triggers.INSTALL, migrations.RunSQL.noop),
        migrations.RunSQL(STANDING, migrations.RunSQL.noop),
    ]
