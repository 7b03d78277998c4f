from django.apps import AppConfig


class UsageConfig(AppConfig):
    name = "apps.usage"
    label = "usage"
    verbose_name = "Use of models"

    def ready(self) -> None:
        """What is asked outside of any step is booked, too."""
        from apps.providers import metering  # noqa: PLC0415  apps load first
        from apps.usage import isolation  # noqa: PLC0415
        from apps.usage.services import ledger  # noqa: PLC0415

        isolation.declare()
        metering.install(ledger.Unnamed())
