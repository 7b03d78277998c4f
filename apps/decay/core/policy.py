"""What a space asks of its memories before it lets them go: the decay values of its policy."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

from apps.curation.core.policy import PromotionPolicy
from apps.decay.core import strength
from apps.decay.core.strength import Evidence

DECAYING = ("fact", "preference", "procedure", "episode", "skill", "summary", "brief")
LASTING = ("decision", "directive")  # they hold until somebody takes them back
PINNED = "pinned"  # tag of what never fades
VALUES = (
    "decay", "decay_floor", "decay_read_slowing", "decay_read_days",
    *(f"half_life_{kind}" for kind in DECAYING),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DecayPolicy:
    """The values of a policy that decay goes by.

    Attributes:
        on: whether anything is archived at all.
        floor: strength below which a memory is archived, in [0, 1].
        slowing: what readers add to a half-life at most, as a share of it, in [0, 1].
        read_days: how far back reading counts.
        half_lives: days by kind, those that decay.
    """

    on: bool
    floor: float
    slowing: float
    read_days: int
    half_lives: tuple[tuple[str, int], ...]

    @classmethod
    def of(cls, policy: PromotionPolicy) -> Self:
        """The decay values of a space's policy."""
        return cls(
            on=policy.decay,
            floor=policy.decay_floor,
            slowing=policy.decay_read_slowing,
            read_days=policy.decay_read_days,
            half_lives=tuple((kind, getattr(policy, f"half_life_{kind}")) for kind in DECAYING),
        )

    def half_life(self, kind: str) -> timedelta | None:
        """Of a kind; None for one that does not decay."""
        days = dict(self.half_lives).get(kind)
        return None if days is None else timedelta(days=days)

    def lifetime(self, kind: str, evidence: Evidence) -> timedelta | None:
        """As `strength.lifetime`, for a kind; None for one that does not decay."""
        half_life = self.half_life(kind)
        if half_life is None:
            return None
        return strength.lifetime(
            evidence, half_life=half_life, slowing=self.slowing, floor=self.floor
        )

    def strength(self, kind: str, evidence: Evidence, age: timedelta) -> float | None:
        """As `strength.strength`, for a kind; None for one that does not decay."""
        half_life = self.half_life(kind)
        if half_life is None:
            return None
        return strength.strength(evidence, age, half_life=half_life, slowing=self.slowing)


def changed(policy: PromotionPolicy, values: Mapping[str, Any]) -> PromotionPolicy:
    """`policy` with other decay values, to try them out.

    Raises:
        ValueError: a value that is no decay value, or of the wrong type or range; names it.
    """
    for name in values:
        if name not in VALUES:
            raise ValueError(f"{name} is not a value that decay goes by")
    return policy.changed(values)
