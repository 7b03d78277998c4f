from django.db import migrations

from apps.spaces import sql


class Migration(migrations.Migration):

    dependencies = [('spaces', '0001_initial')]

    operations = [migrations.RunSQL(sql.ACCESS, sql.DROP_ACCESS)]
