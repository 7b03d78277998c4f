from django.apps import AppConfig


class CapturesConfig(AppConfig):
    name = "apps.captures"
    label = "captures"
    verbose_name = "Captures"

    def ready(self) -> None:
        from apps.captures import isolation

        isolation.declare()
