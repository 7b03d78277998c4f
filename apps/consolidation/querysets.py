"""Reading runs, changes, proposals and policies."""

from typing import TYPE_CHECKING, Self

from django.db import models

from apps.spaces import access
from apps.spaces.querysets import VersionQuerySet

if TYPE_CHECKING:
    from apps.accounts.actors import Actor
    from apps.consolidation.models import (
        ArchivistPolicy,
        Brief,
        Change,
        ConsolidationRun,
        Proposal,
    )


def decidable(actor: "Actor") -> frozenset[int]:
    """Spaces whose archivist the actor answers to: those it reads and reviews, and its own.

    Never an agent's: what an agent writes must not decide what becomes of it.
    """
    if actor.user.is_agent or "review" not in actor.scopes:
        return frozenset()
    resolved = access.of(actor)
    own = {pk for pk in resolved.ids("write") if pk == resolved.personal_id}
    return (resolved.ids("review") | own) & resolved.ids("read")


class ArchivistPolicyQuerySet(VersionQuerySet["ArchivistPolicy"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Policies of spaces whose archivist the actor answers to."""
        return self.filter(space_id__in=decidable(actor))


class ConsolidationRunQuerySet(models.QuerySet["ConsolidationRun"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Runs of spaces whose archivist the actor answers to."""
        return self.filter(space_id__in=decidable(actor))

    def unfinished(self) -> Self:
        """Queued or running."""
        return self.filter(state__in=["queued", "running"])

    def complete(self) -> Self:
        """Done and not dry."""
        return self.filter(state="done", dry=False)


class ChangeQuerySet(models.QuerySet["Change"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Changes in spaces whose archivist the actor answers to."""
        return self.filter(space_id__in=decidable(actor))


class ArchivistProposalQuerySet(models.QuerySet["Proposal"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Proposals for spaces whose archivist the actor answers to.

        One for a wider space is seen by those who review that space as well as this one.
        """
        spaces = decidable(actor)
        wider = models.Q(target__isnull=True) | models.Q(target_id__in=spaces)
        return self.filter(wider, space_id__in=spaces)

    def pending(self) -> Self:
        """Awaiting a decision."""
        return self.filter(status="pending")


class BriefQuerySet(models.QuerySet["Brief"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Briefs of spaces that the actor reads. Which lines of them is for `briefing`."""
        return self.filter(space_id__in=access.of(actor).ids("read"))
