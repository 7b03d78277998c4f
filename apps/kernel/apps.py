from typing import Any

from django.apps import AppConfig, apps
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate


class KernelConfig(AppConfig):
    name = "apps.kernel"
    label = "kernel"
    verbose_name = "Kernel"

    def ready(self) -> None:
        """Connections say who asks; after every migration the database is as the rooms declare."""
        from apps.kernel.isolation import cursors, own

        own.declare()
        connection_created.connect(cursors.isolate, dispatch_uid="isolate")
        post_migrate.connect(_apply, dispatch_uid="apply isolation")


def _apply(sender: AppConfig, using: str, **_kwargs: Any) -> None:
    """Once, with the last of the signals that `migrate` sends."""
    from apps.kernel.isolation import applying

    last = [config for config in apps.get_app_configs() if config.models_module][-1]
    if sender is last and using == "default":
        applying.apply()
