from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("curation", "0008_undo_rulings"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="candidate",
            index=models.Index(fields=["status", "-decided_at", "id"], name="decided_by_time"),
        ),
        migrations.AddIndex(
            model_name="candidate",
            index=models.Index(
                fields=["target", "status"],
                include=["deferred_until", "assignee"],
                name="candidate_counts",
            ),
        ),
    ]
