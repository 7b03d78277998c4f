"""What a threshold does: stored decisions again at every step of it, against what is known."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

from apps.curation.core.decide import Verdict, decide
from apps.curation.core.policy import DEFAULT, PromotionPolicy
from apps.curation.core.replay import PolicyFor, Recorded, check_shown
from apps.curation.core.signals import Signals

Kind = tuple[Signals, PromotionPolicy, bool | None]


@dataclass(frozen=True, slots=True)
class Point:
    """The verdicts at one value.

    Attributes:
        value: the policy value.
        verdicts: decisions with each verdict.
        worthy, unworthy: the same, of those known to be worth sharing, or not to be.
    """

    value: float
    verdicts: Mapping[Verdict, int]
    worthy: Mapping[Verdict, int]
    unworthy: Mapping[Verdict, int]

    @property
    def precision(self) -> float | None:
        """Share of what would be published, as far as it is known, that is worth it."""
        return _share(self.worthy.get("promote", 0), self.unworthy.get("promote", 0))

    @property
    def review_precision(self) -> float | None:
        """The same of what would be sent to a reviewer."""
        return _share(self.worthy.get("review", 0), self.unworthy.get("review", 0))

    @property
    def recall(self) -> float | None:
        """Share of what is known to be worth it that would be published."""
        return self._of_worthy("promote")

    @property
    def covered(self) -> float | None:
        """Share of what is known to be worth it that would be published or sent to a reviewer."""
        return self._of_worthy("promote", "review", "corroborate")

    def _of_worthy(self, *verdicts: Verdict) -> float | None:
        found = sum(self.worthy.get(verdict, 0) for verdict in verdicts)
        return _share(found, sum(self.worthy.values()) - found)


def steps_between(name: str, start: float, stop: float, steps: int) -> tuple[float, ...]:
    """Evenly spaced values of a policy value, both ends included; whole ones for a count.

    Raises:
        ValueError: not a number of the policy, of no effect in a replay, out of range, or less
            than two steps.
    """
    kind = type(DEFAULT.values().get(name))
    if kind not in {int, float}:
        raise ValueError(f"{name} is not a number of the policy")
    check_shown([name])
    if steps < 2:
        raise ValueError("steps must be at least 2")
    if not (isfinite(start) and isfinite(stop)):
        raise ValueError(f"{name} must go from a finite number to a finite number")
    PromotionPolicy.of({name: kind(start)})
    PromotionPolicy.of({name: kind(stop)})
    spaced = (start + (stop - start) * step / (steps - 1) for step in range(steps))
    if kind is int:
        return tuple(sorted({round(value) for value in spaced}))
    return tuple(sorted({round(value, 6) for value in spaced}))


def sweep(
    decisions: Sequence[Recorded],
    *,
    name: str,
    values: Sequence[float],
    labels: Mapping[str, bool],
    policy_for: PolicyFor,
) -> Iterator[Point]:
    """A point per value, every decision taken as a first one: without memory of another policy.

    Args:
        decisions: as stored.
        name: the policy value that is swept.
        values: what it is set to.
        labels: whether a cluster is worth sharing, by its public id, where that is known.
        policy_for: the rest of the policy for each decision.
    """
    kinds: Counter[Kind] = Counter()  # most notes are alike: nobody else says it, no outcomes
    for one in decisions:
        policy = policy_for(one)
        kinds[_as_far_as_read(one.signals, policy), policy, labels.get(one.cluster)] += 1
    for value in values:
        yield _point(kinds, name, value)


def _as_far_as_read(signals: Signals, policy: PromotionPolicy) -> Signals:
    """Without what only the seed rule reads: it differs from run to run and tells all apart."""
    return signals if policy.rule == "seed" else replace(signals, **_UNREAD)


_UNREAD: dict[str, Any] = {"people": 0, "population_mean": None, "population_std": None}


def _point(kinds: Mapping[Kind, int], name: str, value: float) -> Point:
    tallies: dict[bool | None, Counter[Verdict]] = {
        True: Counter(), False: Counter(), None: Counter(),
    }  # fmt: skip
    set_to: dict[PromotionPolicy, PromotionPolicy] = {}
    for (signals, policy, worthy), count in kinds.items():
        if policy not in set_to:
            set_to[policy] = policy.changed({name: value})
        tallies[worthy][decide(signals, set_to[policy]).verdict] += count
    return Point(value, sum(tallies.values(), Counter()), tallies[True], tallies[False])


def _share(part: int, rest: int) -> float | None:
    return part / (part + rest) if part + rest else None
