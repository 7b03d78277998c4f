"""Reading the graph. `visible_to(actor)` first: one readable piece of evidence is enough."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Self

from django.apps import apps
from django.db import models
from django.db.models import Q

from apps.graph.core.names import normalise
from apps.spaces import access

if TYPE_CHECKING:
    from apps.accounts.actors import Actor
    from apps.graph.models import Change, Entity, Evidence, Pending, Reading, Relation


def readable(actor: "Actor") -> list[int]:
    """Row ids of the spaces whose evidence the actor may read."""
    return sorted(access.of(actor).ids("read"))


class EntityQuerySet(models.QuerySet["Entity"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Entities that a memory in a space the actor reads speaks of, now or before an edit."""
        # The organisation lets a name be looked up by the index of names
        home = access.of(actor).organisation_id
        return self.filter(organisation=home, known_spaces__overlap=readable(actor))

    def called(self, name: str) -> Self:
        """Those of this name, whatever their type."""
        return self.filter(normalised=normalise(name))

    def of_groups(self, groups: Iterable[int]) -> Self:
        """All that these rows stand for, themselves included."""
        ids = list(groups)
        return self.filter(Q(pk__in=ids) | Q(merged_into__in=ids))


class RelationQuerySet(models.QuerySet["Relation"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Relations that a memory in a space the actor reads declares, now or before an edit."""
        return self.filter(known_spaces__overlap=readable(actor))

    def live(self) -> Self:
        """Still declared somewhere."""
        return self.filter(ended_at__isnull=True)

    def conflicting(self) -> Self:
        """Contradicting others and not decided yet."""
        return self.filter(status="conflicting")

    def reviewed_by(self, actor: "Actor") -> Self:
        """With evidence in a space that the actor reviews."""
        reviewed = access.of(actor).ids("review")
        return self.visible_to(actor).filter(spaces__overlap=sorted(reviewed))


class EvidenceQuerySet(models.QuerySet["Evidence"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Evidence in spaces that the actor reads."""
        return self.filter(space_id__in=readable(actor))

    def live(self) -> Self:
        """What its memory still says."""
        return self.filter(ended_at__isnull=True)


class EntityChangeQuerySet(models.QuerySet["Change"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Merges and splits of entities that the actor sees."""
        seen = apps.get_model("graph", "Entity").objects.visible_to(actor).values("pk")
        return self.filter(Q(kept__in=seen), Q(other__in=seen))


class ReadingQuerySet(models.QuerySet["Reading"]):
    def due(self, now: object) -> Self:
        """What a model may be asked about now, oldest first."""
        waiting = self.filter(found__isnull=True, next_attempt_at__lte=now)
        return waiting.order_by("next_attempt_at", "memory_id")


class PendingQuerySet(models.QuerySet["Pending"]):
    def due(self, now: object) -> Self:
        """What may be read now, oldest first."""
        return self.filter(next_attempt_at__lte=now).order_by("next_attempt_at", "pk")
