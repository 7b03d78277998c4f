from django.apps import AppConfig


class GraphConfig(AppConfig):
    name = "apps.graph"
    label = "graph"
    verbose_name = "Graph"

    def ready(self) -> None:
        from apps.graph import isolation

        isolation.declare()
