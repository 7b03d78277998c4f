from django.apps import AppConfig


class CurationConfig(AppConfig):
    name = "apps.curation"
    label = "curation"
    verbose_name = "Curation"

    def ready(self) -> None:
        """Owners see on a memory what the screen found in it."""
        from apps.curation.services import screening  # noqa: PLC0415  models are loaded by now
        from apps.memories import marks  # noqa: PLC0415

        marks.register(screening.mark_on)
