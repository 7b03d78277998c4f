from django.apps import AppConfig
from django.core import checks


class ProvidersConfig(AppConfig):
    name = "apps.providers"
    label = "providers"
    verbose_name = "Language and embedding models"

    def ready(self) -> None:
        from apps.providers.checks import check_embedding_settings  # noqa: PLC0415  apps load first

        checks.register(check_embedding_settings)
