from django.apps import AppConfig


class CanonConfig(AppConfig):
    name = "apps.canon"
    label = "canon"
    verbose_name = "Canon"

    def ready(self) -> None:
        """A switch of the embedding model waits for the vectors of sections, too."""
        from apps.canon import isolation
        from apps.canon.services import indexing
        from apps.memories.services import migration

        migration.also_complete("sections of canon", indexing.missing)
        isolation.declare()
