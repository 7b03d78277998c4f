from django.apps import AppConfig


class GovernanceConfig(AppConfig):
    name = "apps.governance"
    label = "governance"
    verbose_name = "Governance"

    def ready(self) -> None:
        """What is held does not fade, and stays as it is for the archivist; that it is held is for
        administrators to know."""
        from apps.captures import guards  # noqa: PLC0415  apps load first
        from apps.consolidation import protection  # noqa: PLC0415
        from apps.decay import sources  # noqa: PLC0415
        from apps.governance import isolation, sql  # noqa: PLC0415
        from apps.governance.services import subjects, transcripts  # noqa: PLC0415

        sources.shield("protected", sql.HELD)
        guards.register(transcripts.keep_held)
        isolation.declare()
        protection.register(subjects.held)
