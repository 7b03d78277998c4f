from django.apps import AppConfig


class CanonConfig(AppConfig):
    name = "apps.canon"
    label = "canon"
    verbose_name = "Canon"

    def ready(self) -> None:
        """A switch of the embedding model waits for the vectors of sections, too."""
        from apps.canon import isolation  # noqa: PLC0415  apps load first
        from apps.canon.services import indexing  # noqa: PLC0415
        from apps.memories.services import migration  # noqa: PLC0415

        migration.also_complete("sections of canon", indexing.missing)
        isolation.declare()
