from django.apps import AppConfig
from django.core import checks


class VaultConfig(AppConfig):
    name = "apps.vault"
    label = "vault"
    verbose_name = "Stored credentials"

    def ready(self) -> None:
        from apps.vault import isolation  # noqa: PLC0415  apps load first
        from apps.vault.checks import check_data_keys, check_keys  # noqa: PLC0415  apps load first

        isolation.declare()
        checks.register(check_keys)
        checks.register(check_data_keys, checks.Tags.database)
