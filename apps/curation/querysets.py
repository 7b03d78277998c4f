"""Reading runs, clusters, candidates and policies."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.db import models
from django.db.models import F, Q

from apps.spaces import access
from apps.spaces.core.ancestry import at_or_below
from apps.spaces.models import Space
from apps.spaces.querysets import VersionQuerySet
from apps.spaces.services import tree

if TYPE_CHECKING:
    from apps.accounts.actors import Actor
    from apps.curation.models import Candidate, CurationRun, Decision, Policy, Ruling, Screening


class PolicyQuerySet(VersionQuerySet["Policy"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Policies of spaces where the actor reviews."""
        return self.filter(space_id__in=access.of(actor).ids("review"))


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


class DecisionQuerySet(models.QuerySet["Decision"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Decisions of the runs the actor sees: figures and reasons, no text."""
        resolved = access.of(actor)
        if not resolved.ids("review"):
            return self.none()
        return self.filter(run__organisation_id=resolved.organisation_id)

    def standing(self) -> Self:
        """The last decision on each cluster that its signals made, the youngest clusters first.

        That a fact is shared by now says nothing about what a policy would have decided on it.
        """
        decided = self.exclude(verdict="corroborate")
        return decided.order_by("-cluster_id", "-id").distinct("cluster_id")


class CandidateQuerySet(models.QuerySet["Candidate"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Candidates for spaces where the actor reviews."""
        return self.filter(target_id__in=access.of(actor).ids("review"))

    def pending(self) -> Self:
        """Awaiting a reviewer, put off or not."""
        return self.filter(status="pending")

    def due(self, now: datetime) -> Self:
        """Awaiting a reviewer now: not put off until later."""
        return self.pending().exclude(deferred_until__gt=now)

    def deferred(self, now: datetime) -> Self:
        """Put off until later."""
        return self.pending().filter(deferred_until__gt=now)

    def asked_of(self, person_id: int) -> Self:
        """What a colleague left to this reviewer."""
        return self.pending().filter(assignee_id=person_id)

    def scored(self, low: float | None = None, high: float | None = None) -> Self:
        """By the score of the decision: from `low` on, below `high`; a high of 1 includes it."""
        found = self if low is None else self.filter(decision__score__gte=low)
        if high is None or high >= 1:
            return found
        return found.filter(decision__score__lt=high)

    def because(self, code: str) -> Self:
        """With this reason for being here."""
        return self.filter(decision__reasons__contains=[code])

    def said_in(self, language: str) -> Self:
        """One of whose notes is in this language."""
        return self._with_members(Q(members__memory__language=language))

    def said_by(self, person: UUID) -> Self:
        """One of whose notes is this person's."""
        return self._with_members(Q(members__person__public_id=person))

    def _with_members(self, condition: Q) -> Self:
        """By identifiers, as a join would repeat what has several such notes."""
        return self.filter(pk__in=self.model.objects.filter(condition).values("pk"))


class RulingQuerySet(models.QuerySet["Ruling"]):
    def in_force(self) -> Self:
        """What a reviewer said and nobody took back."""
        return self.exclude(said="lifted").filter(taken_back_by__isnull=True)


class ScreeningQuerySet(models.QuerySet["Screening"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Marks on the actor's own memories, and on those of people below spaces it reviews.

        The latter only while these people share for promotion: without that no mark matters.
        """
        own = access.of(actor).ids("read")
        return self.filter(
            Q(memory__owner_id=actor.principal.pk, memory__space_id__in=own) | self._below(actor)
        )

    def reviewed_by(self, actor: "Actor") -> Self:
        """Marks on notes of people below spaces the actor reviews, while these people share."""
        return self.filter(self._below(actor))

    def _below(self, actor: "Actor") -> Q:
        resolved = access.of(actor)
        reviewed = resolved.ids("review")
        if not reviewed or resolved.organisation_id is None:
            return Q(pk__in=[])
        return Q(memory__space_id__in=shared_below(resolved.organisation_id, reviewed))

    def current(self) -> Self:
        """Marks on what the memory says now."""
        return self.filter(revision=F("memory__revision"), memory__status="active")


def shared_below(organisation_id: int, space_ids: Iterable[int]) -> models.QuerySet[Space]:
    """Personal spaces under any of the given ones whose people share for promotion."""
    homes = at_or_below(space_ids, tree.parents(organisation_id))
    return Space.objects.in_use_for_curation(organisation_id).filter(parent_id__in=homes).order_by()
