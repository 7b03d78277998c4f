"""Which memories have faded: the policies of an organisation, and the database asked once each."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from apps.curation.core.policy import PromotionPolicy
from apps.curation.services.policies import Policies
from apps.decay import sql
from apps.decay.core import policy as rules
from apps.decay.core import strength
from apps.decay.core.policy import DecayPolicy
from apps.decay.core.strength import Evidence
from apps.spaces.models import Space


@dataclass(frozen=True, slots=True)
class Group:
    """Spaces of one organisation under the same decay values."""

    organisation_id: int
    policy: DecayPolicy
    spaces: tuple[int, ...]


@dataclass
class Faded:
    """What has come below the floor.

    Attributes:
        ids: row ids by reason and kind, without those that something protects.
        kept: how many of them something protects, by its code.
    """

    ids: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(list))
    kept: Counter[str] = field(default_factory=Counter)


def groups(
    organisation_id: int,
    *,
    spaces: Collection[int] | None = None,
    values: Mapping[str, Any] | None = None,
) -> list[Group]:
    """The open spaces of an organisation by their decay values.

    Args:
        organisation_id: row id.
        spaces: only these, if given.
        values: decay values to try instead of each space's own.

    Raises:
        ValueError: a value that is no decay value, or of the wrong type or range.
    """
    policies = Policies(organisation_id)
    rows = Space.objects.filter(organisation_id=organisation_id, read_only=False)
    rows = rows if spaces is None else rows.filter(pk__in=spaces)
    found: dict[DecayPolicy, list[int]] = defaultdict(list)
    for pk in rows.order_by("pk").values_list("pk", flat=True):
        found[_tried(policies.of(pk).policy, values or {})].append(pk)
    return [
        Group(organisation_id, policy, tuple(pks)) for policy, pks in found.items() if policy.on
    ]


def faded(group: Group, now: datetime) -> Faded:
    """Active memories of a group that are below its floor at `now`."""
    lasting = _Lasting(group, now)
    found = Faded()
    for place, shield, count, ids in lasting.ask(sql.due(), {}):
        kind, evidence = lasting.of(place)
        if shield:
            found.kept[shield] += count
        else:
            found.ids[strength.why(evidence), kind] += ids
    return found


def returning(group: Group, now: datetime) -> list[int]:
    """Row ids of what decay archived and somebody confirmed since, above the floor again."""
    lasting = _Lasting(group, now, only=sql.RETURNABLE)
    return [pk for (pk,) in lasting.ask(sql.returning(), {})]


def by_month(
    group: Group, now: datetime, moments: Sequence[datetime]
) -> Iterator[tuple[str, str, int, int]]:
    """(kind, shield, place of the moment, memories) of what fades up to the last of `moments`."""
    values = {"moments": list(moments), "last": moments[-1]}
    yield from _Lasting(group, now).ask(sql.by_month(), values)


class _Lasting:
    """How long each combination of kind and evidence lasts in a group, for the statements."""

    def __init__(self, group: Group, now: datetime, *, only: str = "") -> None:
        """Prepare; `only` is a condition on the memories that are asked about."""
        self._only = only
        self._values: dict[str, Any] = {
            "organisation": group.organisation_id,
            "spaces": list(group.spaces),
            "now": now,
            "read_since": now - timedelta(days=group.policy.read_days),
            "most": strength.MOST,
        }
        known = self._combinations()
        self._pairs = [(kind, evidence) for kind in rules.DECAYING for evidence in known]
        lifetimes = [group.policy.lifetime(kind, evidence) for kind, evidence in self._pairs]
        self._values |= {
            "places": list(range(len(self._pairs))),
            "kinds": [kind for kind, _ in self._pairs],
            "seconds": [one.total_seconds() for one in lifetimes if one is not None],
            **{name: [getattr(e, name) for _, e in self._pairs] for name in sql.COLUMNS},
        }

    def of(self, place: int) -> tuple[str, Evidence]:
        """Kind and evidence at a place."""
        return self._pairs[place]

    def ask(self, statement: str, values: Mapping[str, Any]) -> list[Any]:
        """Rows of a statement about the group."""
        with connection.cursor() as cursor:
            cursor.execute(statement, {**self._values, **values})
            return list(cursor.fetchall())

    def _combinations(self) -> Iterable[Evidence]:
        rows = self.ask(sql.combinations(self._only), {})
        return {strength.NONE, *(Evidence(*row) for row in rows)}


def _tried(policy: PromotionPolicy, values: Mapping[str, Any]) -> DecayPolicy:
    return DecayPolicy.of(rules.changed(policy, values) if values else policy)
