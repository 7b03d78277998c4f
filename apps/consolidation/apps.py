from django.apps import AppConfig


class ConsolidationConfig(AppConfig):
    name = "apps.consolidation"
    label = "consolidation"
    verbose_name = "Consolidation"

    def ready(self) -> None:
        """Its tables are isolated."""
        from apps.consolidation import isolation

        isolation.declare()
