"""What a request is worth of a reviewer's attention: points by reason, one point a day of waiting.

Points and waiting add up, so requests keep their order while all of them grow older: what weighs
five points stands where it would stand had it come five days earlier.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log2

# Something wrong may be in use already, would do harm, or somebody disagrees
WITHDRAWN = frozenset({"source.withdrawn", "gate.source_withdrawn"})
RISKS = frozenset({"gate.directive", "gate.outcomes_failing", "frequency.burst"})
DISAGREEMENTS = frozenset({"gate.contradicts_published", "gate.disputed"})

_WITHDRAWN_POINTS = 6.0
_RISK_POINTS = 3.0
_DISAGREEMENT_POINTS = 4.0
_EVIDENCE_POINTS = 3.0
_MOST_REACH = 7.0
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Matter:
    """What is at stake in a request.

    Attributes:
        reasons: codes of its decision.
        score: of its decision, in [0, 1].
        readers: people who would read it once it is published; 0 or more.
    """

    reasons: Collection[str]
    score: float
    readers: int


@dataclass(frozen=True, slots=True)
class Part:
    """Why a request stands where it stands: a code, and its points."""

    code: str
    points: float


def weigh(matter: Matter) -> tuple[Part, ...]:
    """The parts of its weight that do not change with time, in a fixed order; none has 0 points."""
    reasons = set(matter.reasons)
    parts = (
        Part("attention.withdrawn", _WITHDRAWN_POINTS * bool(reasons & WITHDRAWN)),
        Part("attention.risk", _RISK_POINTS * len(reasons & RISKS)),
        Part("attention.disagreement", _DISAGREEMENT_POINTS * len(reasons & DISAGREEMENTS)),
        Part("attention.reach", min(_MOST_REACH, log2(1 + max(0, matter.readers)))),
        Part("attention.evidence", _EVIDENCE_POINTS * min(1.0, max(0.0, matter.score))),
    )
    return tuple(part for part in parts if part.points > 0)


def ranked_at(created_at: datetime, matter: Matter) -> datetime:
    """The moment from which it would have had to wait to weigh as much by waiting alone.

    The earlier, the sooner it is judged; a total order that no clock changes.
    """
    return created_at - sum(part.points for part in weigh(matter)) * DAY


def explained(matter: Matter, *, waited: timedelta) -> tuple[Part, ...]:
    """Every part of its weight now, the heaviest first; `waited` below zero counts as zero."""
    age = Part("attention.age", max(0.0, waited / DAY))
    parts = [*weigh(matter), *([age] if age.points > 0 else [])]
    return tuple(sorted(parts, key=lambda part: (-part.points, part.code)))
