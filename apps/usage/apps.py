from django.apps import AppConfig


class UsageConfig(AppConfig):
    name = "apps.usage"
    label = "usage"
    verbose_name = "Use of models"

    def ready(self) -> None:
        """What is asked outside of any step is booked, too."""
        from apps.providers import metering
        from apps.usage import isolation
        from apps.usage.services import ledger

        isolation.declare()
        metering.install(ledger.Unnamed())
