"""Reading runs, clusters, candidates and policies."""

from typing import TYPE_CHECKING, Self

from django.db import models

from apps.spaces import access

if TYPE_CHECKING:
    from apps.accounts.actors import Actor
    from apps.curation.models import Candidate, CurationRun, Policy


class PolicyQuerySet(models.QuerySet["Policy"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Policies of spaces where the actor reviews."""
        return self.filter(space_id__in=access.of(actor).ids("review"))

    def in_force(self) -> Self:
        """The version in force for each space."""
        return self.order_by("space_id", "-version").distinct("space_id")


class CurationRunQuerySet(models.QuerySet["CurationRun"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Runs of the organisation, for those who review somewhere in it."""
        resolved = access.of(actor)
        if not resolved.ids("review"):
            return self.none()
        return self.filter(organisation_id=resolved.organisation_id)

    def unfinished(self) -> Self:
        """Queued or running."""
        return self.filter(state__in=["queued", "running"])


class CandidateQuerySet(models.QuerySet["Candidate"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Candidates for spaces where the actor reviews."""
        return self.filter(target_id__in=access.of(actor).ids("review"))

    def pending(self) -> Self:
        """Awaiting a reviewer."""
        return self.filter(status="pending")
