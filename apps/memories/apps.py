from django.apps import AppConfig
from django.core import checks


class MemoriesConfig(AppConfig):
    name = "apps.memories"
    label = "memories"
    verbose_name = "Memories"

    def ready(self) -> None:
        from apps.memories import isolation
        from apps.memories.checks import check_coverage

        checks.register(check_coverage, checks.Tags.database)
        isolation.declare()
