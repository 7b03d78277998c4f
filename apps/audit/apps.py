from django.apps import AppConfig
from django.core import checks


class AuditConfig(AppConfig):
    name = "apps.audit"
    label = "audit"
    verbose_name = "Audit"

    def ready(self) -> None:
        from apps.audit import isolation
        from apps.audit.checks import check_keys

        checks.register(check_keys)
        isolation.declare()
