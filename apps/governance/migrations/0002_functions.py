from django.db import migrations

from apps.governance import sql


class Migration(migrations.Migration):

    dependencies = [
        ('governance', '0001_initial'),
        ('curation', '0006_run_progress'),
        ('kernel', '0002_idempotency_by_credential'),
        ('recall', '0002_feedback'),
    ]

    operations = [migrations.RunSQL(sql.INSTALL, sql.REMOVE)]
