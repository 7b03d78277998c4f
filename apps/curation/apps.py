from django.apps import AppConfig


class CurationConfig(AppConfig):
    name = "apps.curation"
    label = "curation"
    verbose_name = "Curation"

    def ready(self) -> None:
        """Owners see on a memory what the screen found in it, and nothing it finds becomes canon
        or leaves for a model; the runs of somebody who is switched off end."""
        from apps.accounts.services import deactivation
        from apps.canon.services import checks
        from apps.curation import isolation
        from apps.curation.services import runs, screening
        from apps.curation.services.outbound import PolicyGate
        from apps.memories import marks
        from apps.providers import outbound

        marks.register(screening.mark_on)
        checks.register("secrets", screening.findings)
        deactivation.also_stop("runs", runs.cancel_of)
        outbound.keep(PolicyGate())
        isolation.declare()
