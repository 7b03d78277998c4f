"""Reading canon. `visible_to(actor)` first: whoever reads the space reads its documents."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from apps.canon.core import paths
from apps.spaces import access
from apps.spaces.querysets import VersionQuerySet

if TYPE_CHECKING:
    from apps.accounts.actors import Actor
    from apps.canon.models import (
        ChangeProposal,
        Document,
        Mirror,
        ReviewRules,
        Revision,
        Section,
        SectionIndex,
    )


class DocumentQuerySet(models.QuerySet["Document"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Documents of spaces the actor reads."""
        return self.filter(space_id__in=access.of(actor).ids("read"))

    def standing(self) -> Self:
        """Not retired."""
        return self.filter(retired_at__isnull=True)

    def at(self, path: str) -> Self:
        """The one that a path leads to, however it is spelled."""
        return self.filter(path_key=paths.key(path))


class RevisionQuerySet(models.QuerySet["Revision"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Revisions of documents of spaces the actor reads."""
        return self.filter(document__space_id__in=access.of(actor).ids("read"))

    def as_of(self, moment: datetime) -> Self:
        """What stood at `moment`: of each document the last one merged by then."""
        return (
            self.filter(merged_at__lte=moment)
            .order_by("document_id", "-number")
            .distinct("document_id")
        )


class SectionQuerySet(models.QuerySet["Section"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Sections of documents of spaces the actor reads."""
        return self.filter(space_id__in=access.of(actor).ids("read"))

    def known_at(self, moment: datetime | None) -> Self:
        """Of revisions that stood at `moment`, or stand now."""
        if moment is None:
            return self.filter(known_to__isnull=True)
        return self.filter(
            Q(known_to__isnull=True) | Q(known_to__gt=moment), known_from__lte=moment
        )


class SectionIndexQuerySet(models.QuerySet["SectionIndex"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Rows of sections of spaces the actor reads."""
        return self.filter(space_id__in=access.of(actor).ids("read"))

    def pending(self) -> Self:
        """Without a vector."""
        return self.filter(embedding__isnull=True)

    def due(self, now: datetime) -> Self:
        """Pending, and not pushed ahead: what failed often comes last."""
        return self.pending().filter(next_attempt_at__lte=now).order_by("attempts", "pk")


class ProposalQuerySet(models.QuerySet["ChangeProposal"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Proposals for spaces the actor reads."""
        return self.filter(space_id__in=access.of(actor).ids("read"))

    def open(self) -> Self:
        """Neither merged nor turned down."""
        return self.filter(status="open")


class MirrorQuerySet(models.QuerySet["Mirror"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Repositories of spaces the actor reads."""
        return self.filter(space_id__in=access.of(actor).ids("read"))


class RulesQuerySet(VersionQuerySet["ReviewRules"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Rules of spaces the actor reads: whoever proposes should know what is asked."""
        return self.filter(space_id__in=access.of(actor).ids("read"))
