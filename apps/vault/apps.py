from django.apps import AppConfig
from django.core import checks


class VaultConfig(AppConfig):
    name = "apps.vault"
    label = "vault"
    verbose_name = "Stored credentials"

    def ready(self) -> None:
        from apps.vault import isolation
        from apps.vault.checks import check_data_keys, check_keys

        isolation.declare()
        checks.register(check_keys)
        checks.register(check_data_keys, checks.Tags.database)
