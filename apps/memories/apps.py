from django.apps import AppConfig
from django.core import checks


class MemoriesConfig(AppConfig):
    name = "apps.memories"
    label = "memories"
    verbose_name = "Memories"

    def ready(self) -> None:
        from apps.memories import isolation  # noqa: PLC0415  apps load first
        from apps.memories.checks import check_coverage  # noqa: PLC0415  apps load first

        checks.register(check_coverage, checks.Tags.database)
        isolation.declare()
