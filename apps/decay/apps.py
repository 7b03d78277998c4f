from django.apps import AppConfig


class DecayConfig(AppConfig):
    name = "apps.decay"
    label = "decay"
    verbose_name = "Decay"

    def ready(self) -> None:
        """What is pinned or before a reviewer stays; rooms above name what else."""
        from apps.decay import isolation, sources
        from apps.decay.core.policy import PINNED

        sources.shield("pinned", f"{{m}}.tags @> ARRAY['{PINNED}']::varchar[]")
        sources.shield(
            "under_review",
            "EXISTS (SELECT FROM curation_candidatemember cm"
            " JOIN curation_candidate c ON c.id = cm.candidate_id"
            " WHERE cm.memory_id = {m}.id AND c.status = 'pending')",
        )
        isolation.declare()
