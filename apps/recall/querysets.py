"""Reading what was asked and what came of it. `visible_to(actor)` first."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Count, F, Q

from apps.spaces import access

if TYPE_CHECKING:
    from apps.accounts.actors import Actor
    from apps.recall.models import Feedback, RecallUse, Report


class RecallUseQuerySet(models.QuerySet["RecallUse"]):
    def visible_to(self, actor: "Actor") -> Self:
        """What the actor's person and that person's agents asked.

        A question belongs to no space, so a credential limited to spaces sees what its own user
        asked.
        """
        asked = self.filter(person_id=actor.principal.pk)
        return asked if actor.token_spaces is None else asked.filter(user_id=actor.user.pk)


class FeedbackQuerySet(models.QuerySet["Feedback"]):
    def visible_to(self, actor: "Actor") -> Self:
        """The actor's own, and all of it for who answers for the memory or reviews its space."""
        resolved = access.of(actor)
        kept = (
            Q(person_id=actor.principal.pk)
            | Q(memory__owner_id=actor.principal.pk)
            | Q(memory__space_id__in=resolved.ids("review"))
        )
        return self.filter(kept, memory__space_id__in=resolved.ids("read"))

    def about(self, memory_ids: Iterable[int]) -> Self:
        """What others than its owner said of a memory's present words."""
        return self.filter(
            memory_id__in=list(memory_ids), content_hash=F("memory__content_hash")
        ).exclude(person_id=F("memory__owner_id"))

    def people(self) -> Iterable[tuple[int, str, int]]:
        """Rows (memory id, verdict, different people)."""
        rows: Iterable[tuple[int, str, int]] = (
            self.order_by()
            .values_list("memory_id", "verdict")
            .annotate(people=Count("person", distinct=True))
        )
        return rows


class ReportQuerySet(models.QuerySet["Report"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Reports of memories in spaces the actor reviews."""
        return self.filter(memory__space_id__in=access.of(actor).ids("review"))

    def pending(self) -> Self:
        """Those that wait for a reviewer."""
        return self.filter(closed_at__isnull=True)
