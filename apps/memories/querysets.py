"""Reading memories. `visible_to(actor)` first, then what narrows it."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q

from apps.spaces import access

if TYPE_CHECKING:
    from apps.accounts.actors import Actor
    from apps.memories.models import Memory, MemoryIndex, Outcome


class MemoryQuerySet(models.QuerySet["Memory"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Memories of spaces the actor reads; what is erased is gone.

        What was taken back is left to its own people and to reviewers of its space; to these not
        when it is restricted, as a publication is whose people withdrew it.
        """
        resolved = access.of(actor)
        kept = (
            ~Q(status="retracted")
            | Q(owner_id=actor.principal.pk)
            | Q(space_id__in=resolved.ids("review"), sensitivity="normal")
        )
        return self.filter(kept, space_id__in=resolved.ids("read")).exclude(status="erased")

    def live(self, now: datetime) -> Self:
        """Not past their expiry."""
        return self.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now))

    def valid_at(self, moment: datetime) -> Self:
        """Held in the world at `moment`; valid time starts at `valid_from`, else `occurred_at`."""
        return self.filter(
            Q(valid_from__lte=moment) | Q(valid_from__isnull=True, occurred_at__lte=moment),
            Q(valid_to__isnull=True) | Q(valid_to__gt=moment),
        )

    def for_promotion(self, space_ids: Iterable[int], now: datetime) -> Self:
        """What curation may look at in consenting spaces: active, not private, not sensitive."""
        return (
            self.live(now)
            .filter(space_id__in=list(space_ids), status="active", sensitivity="normal")
            .exclude(kind="preference")
            .exclude(tags__contains=["private"])
        )

    def expired(self, now: datetime) -> Self:
        """Active ones whose expiry has come."""
        return self.filter(status="active", expires_at__lte=now)


class MemoryIndexQuerySet(models.QuerySet["MemoryIndex"]):
    def due(self, now: datetime) -> Self:
        """Embeddings that are pending and may be tried now, oldest promise first.

        `attempts` is asked for the sake of `index_due`.
        """
        due = self.pending().filter(attempts__gte=0, next_attempt_at__lte=now)
        return due.order_by("next_attempt_at", "id")

    def pending(self) -> Self:
        """Embeddings not made yet."""
        return self.filter(embedding__isnull=True)


class OutcomeQuerySet(models.QuerySet["Outcome"]):
    def visible_to(self, actor: "Actor") -> Self:
        """What the actor's person and that person's agents reported.

        A task belongs to no space, so a credential limited to spaces sees what its own user said.
        """
        reported = self.filter(person_id=actor.principal.pk)
        return reported if actor.token_spaces is None else reported.filter(reporter=actor.user)

    def about(self, memory_ids: Iterable[int]) -> Self:
        """Outcomes of tasks that used the memories; `memory_id` names which, a row per use."""
        return self.filter(uses__memory_id__in=list(memory_ids)).annotate(
            memory_id=F("uses__memory_id")
        )
