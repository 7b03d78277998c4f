from django.db import migrations

from apps.graph import triggers


class Migration(migrations.Migration):

    dependencies = [('graph', '0001_initial'), ('canon', '0001_initial')]

    operations = [migrations.RunSQL(triggers.INSTALL, triggers.REMOVE)]
