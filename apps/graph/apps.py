from django.apps import AppConfig


class GraphConfig(AppConfig):
    name = "apps.graph"
    label = "graph"
    verbose_name = "Graph"

    def ready(self) -> None:
        from apps.graph import isolation  # noqa: PLC0415  apps load first

        isolation.declare()
