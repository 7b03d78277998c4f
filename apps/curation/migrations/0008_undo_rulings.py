import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("curation", "0007_review_desk"),
    ]

    operations = [
        migrations.AddField(
            model_name="ruling",
            name="before",
            field=models.JSONField(
                default=dict, help_text="Row ids of what it moved, to take it back."
            ),
        ),
        migrations.AddField(
            model_name="ruling",
            name="takes_back",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="taken_back_by",
                to="curation.ruling",
            ),
        ),
        migrations.AlterField(
            model_name="ruling",
            name="said",
            field=models.CharField(
                choices=[
                    ("together", "State one fact"),
                    ("apart", "State different facts"),
                    ("lifted", "Takes an earlier word back"),
                ],
                max_length=8,
            ),
        ),
        migrations.RemoveConstraint(model_name="ruling", name="known_ruling"),
        migrations.AddConstraint(
            model_name="ruling",
            constraint=models.CheckConstraint(
                condition=models.Q(("said__in", ["together", "apart", "lifted"])),
                name="known_ruling",
            ),
        ),
        migrations.AddConstraint(
            model_name="ruling",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("said", "lifted"), ("takes_back__isnull", False)),
                    models.Q(
                        models.Q(("said", "lifted"), _negated=True), ("takes_back__isnull", True)
                    ),
                    _connector="OR",
                ),
                name="who_takes_back_says_what",
            ),
        ),
    ]
