"""The person an erasure is about: the rows that stand for them, and what is theirs."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.accounts.models import User
from apps.governance.models import Erasure, LegalHold
from apps.governance.services.warrants import Warrant
from apps.memories.models import Memory, MemoryRevision, Source, Status


@dataclass(frozen=True, slots=True)
class Subject:
    """A person with their agents, and the erasure that is under way.

    Attributes:
        users: row ids of the person and of the agents.
        ids: public ids of the same, as the audit log names them.
    """

    erasure: Erasure
    person: User
    users: tuple[int, ...]
    ids: tuple[UUID, ...]

    @property
    def organisation_id(self) -> int:
        """Row id of the organisation whose data this is."""
        return self.erasure.organisation_id

    def own(self) -> QuerySet[Memory]:
        """Memories of the person and the agents that still hold something, published copies left
        out: these stand for what others said, too."""
        return (
            own_of(self.users)
            .exclude(status=Status.ERASED)
            .exclude(pk__in=held(self.organisation_id))
        )

    def everything_own(self) -> QuerySet[Memory]:
        """The same, with what was erased already and what is held."""
        return own_of(self.users)

    @property
    def warrant(self) -> Warrant:
        """What lets the erasure step past append-only triggers."""
        return Warrant(self.erasure.public_id, self.organisation_id)

    def call(self, function: str, ids: Iterable[int]) -> dict[str, int]:
        """As `Warrant.call`."""
        return self.warrant.call(function, ids)

    def forget_answers(self, named: Iterable[UUID]) -> int:
        """As `Warrant.forget_answers`, those that name the person included."""
        return self.warrant.forget_answers([*self.ids, *named])


def of(erasure: Erasure) -> Subject:
    """The subject of an erasure."""
    family = users_of(erasure.person)
    return Subject(
        erasure, erasure.person, tuple(one.pk for one in family),
        tuple(one.public_id for one in family),
    )  # fmt: skip


def users_of(person: User) -> list[User]:
    """The person and the agents, in order of their ids."""
    return list(User.objects.filter(Q(pk=person.pk) | Q(owner_id=person.pk)).order_by("pk"))


def own_of(users: Iterable[int]) -> QuerySet[Memory]:
    """Memories that these people and agents wrote, answer for or keep in a personal space."""
    ids = list(users)
    theirs = Q(owner_id__in=ids) | Q(author_id__in=ids) | Q(space__person_id__in=ids)
    found: QuerySet[Memory] = Memory.objects.filter(theirs).exclude(source=Source.PROMOTION)
    return found


def held(organisation_id: int) -> QuerySet[Any]:
    """Row ids of memories that a hold on them, on their space or on their people keeps."""
    holds = LegalHold.objects.in_force().filter(organisation_id=organisation_id)
    people = holds.filter(person__isnull=False).values("person_id")
    return Memory.objects.filter(
        Q(pk__in=holds.filter(memory__isnull=False).values("memory_id"))
        | Q(space_id__in=holds.filter(space__isnull=False).values("space_id"))
        | Q(owner_id__in=people)
        | Q(author_id__in=people),
        organisation_id=organisation_id,
    ).values("pk")


def texts_of(memories: Iterable[Memory]) -> set[str]:
    """Everything these memories ever said."""
    rows = MemoryRevision.objects.filter(memory__in=list(memories)).exclude(text="")
    return set(rows.values_list("text", flat=True))
