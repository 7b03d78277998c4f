from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("captures", "0002_found_by_a_model"),
    ]

    operations = [
        migrations.AddField(
            model_name="capturechunk",
            name="policy_version",
            field=models.PositiveIntegerField(default=0),
        ),
    ]
