from django.apps import AppConfig


class RecallConfig(AppConfig):
    name = "apps.recall"
    label = "recall"
    verbose_name = "Recall"

    def ready(self) -> None:
        from apps.recall import isolation  # noqa: PLC0415  apps load first

        isolation.declare()
