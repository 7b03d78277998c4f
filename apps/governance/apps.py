from django.apps import AppConfig


class GovernanceConfig(AppConfig):
    name = "apps.governance"
    label = "governance"
    verbose_name = "Governance"

    def ready(self) -> None:
        """What is held does not fade, and stays as it is for the archivist; that it is held is for
        administrators to know."""
        from apps.captures import guards
        from apps.consolidation import protection
        from apps.decay import sources
        from apps.governance import isolation, sql
        from apps.governance.services import subjects, transcripts

        sources.shield("protected", sql.HELD)
        guards.register(transcripts.keep_held)
        isolation.declare()
        protection.register(subjects.held)
