from django.apps import AppConfig


class CanonConfig(AppConfig):
    name = "apps.canon"
    label = "canon"
    verbose_name = "Canon"

    def ready(self) -> None:
        from apps.canon import isolation  # noqa: PLC0415  apps load first

        isolation.declare()
