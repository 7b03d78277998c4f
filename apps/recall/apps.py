from django.apps import AppConfig


class RecallConfig(AppConfig):
    name = "apps.recall"
    label = "recall"
    verbose_name = "Recall"

    def ready(self) -> None:
        """Being read slows a memory's forgetting."""
        from apps.decay import sources
        from apps.recall import isolation, sql

        sources.read_by(sql.READINGS)
        isolation.declare()
