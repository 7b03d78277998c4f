from django.apps import AppConfig
from django.core import checks


class ProvidersConfig(AppConfig):
    name = "apps.providers"
    label = "providers"
    verbose_name = "Language and embedding models"

    def ready(self) -> None:
        from apps.providers.checks import (
            check_embedding_settings,
            check_language_settings,
            check_rerank_settings,
        )

        checks.register(check_embedding_settings)
        checks.register(check_language_settings)
        checks.register(check_rerank_settings)
