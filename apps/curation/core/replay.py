"""Deciding stored decisions again: from their inputs alone, under any policy, without effect."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from apps.curation.core.decide import Before, Decision, Verdict, decide
from apps.curation.core.policy import DEFAULT, PromotionPolicy
from apps.curation.core.signals import OutcomeTally, Signals

_TALLIES = ("outcome", "cluster_outcome", "raw_outcome")

PolicyFor = Callable[["Recorded"], PromotionPolicy]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A decision as it was stored.

    Attributes:
        cluster: public id of its cluster.
        verdict, reasons: what was decided.
        signals: what was measured.
        policy: what was in force.
        before: the verdict before it that counted, if one did.
    """

    cluster: str
    verdict: Verdict
    reasons: tuple[str, ...]
    signals: Signals
    policy: PromotionPolicy
    before: Before | None = None


@dataclass(frozen=True, slots=True)
class Flip:
    """A decision that comes out differently."""

    recorded: Recorded
    now: Decision


@dataclass(frozen=True, slots=True)
class Replay:
    """What another policy would have decided.

    Attributes:
        decisions: how many were decided again.
        before, after: how many of them had, and would have, each verdict.
        moved: how many went from one verdict to another, the most first.
        flips: each of those, in the order they were given.
    """

    decisions: int
    before: Mapping[Verdict, int]
    after: Mapping[Verdict, int]
    moved: Mapping[tuple[Verdict, Verdict], int]
    flips: tuple[Flip, ...]


def read_signals(inputs: Mapping[str, Any], *, reachable: bool) -> Signals:
    """The signals in a decision's stored inputs; what an older engine did not measure is absent.

    Args:
        inputs: as stored; names that this engine does not know are left out.
        reachable: whether the decision had a target; inputs of engine 1 do not say so.
    """
    stored = inputs.get("signals", {})
    plain = {field.name for field in fields(Signals)} - set(_TALLIES)
    values = {name: value for name, value in stored.items() if name in plain}
    tallies = {name: OutcomeTally(**stored[name]) for name in _TALLIES if stored.get(name)}
    everyone = {"people": inputs.get("people", 0), "reachable": reachable}
    least = {"certain_people": 0, "likely_people": 0, "likely": False}
    return Signals(**(least | everyone | values | tallies))


def read_before(stored: Mapping[str, Any] | None) -> Before | None:
    """The earlier verdict in stored inputs, if there is one."""
    return Before(stored["verdict"], tuple(stored["reasons"])) if stored else None


def decide_again(recorded: Recorded, policy: PromotionPolicy) -> Decision:
    """The decision under `policy`; under the one it was made with, the stored decision.

    What was decided before counts only for the policy that decided it, as in a run.
    """
    before = recorded.before if policy == recorded.policy else None
    return decide(recorded.signals, policy, before)


def replay(decisions: Iterable[Recorded], policy_for: PolicyFor) -> Replay:
    """Every decision again, each under the policy that `policy_for` returns for it."""
    before: Counter[Verdict] = Counter()
    after: Counter[Verdict] = Counter()
    flips = []
    for recorded in decisions:
        now = decide_again(recorded, policy_for(recorded))
        before[recorded.verdict] += 1
        after[now.verdict] += 1
        if now.verdict != recorded.verdict:
            flips.append(Flip(recorded, now))
    moved = Counter((flip.recorded.verdict, flip.now.verdict) for flip in flips)
    return Replay(before.total(), before, after, dict(moved.most_common()), tuple(flips))


# What `decide` reads; the other values work before a decision or beside it
DECIDING = frozenset(
    {
        "rule", "frequency_threshold", "outcome_threshold", "self_eval_threshold", "hysteresis",
        "min_independent_people", "burst_days", "min_outcomes", "min_reporters",
        "promising_threshold", "failing_share", "min_failing_outcomes", "self_eval_floor",
        "review_first", "kill_switch",
    }
)  # fmt: skip


def check_shown(names: Iterable[str]) -> None:
    """Refuse policy values whose effect no replay can show.

    Raises:
        ValueError: one of `names` has no part in the decision itself.
    """
    known = {field.name for field in fields(PromotionPolicy)}
    for name in names:
        if name in known - DECIDING:
            raise ValueError(
                f"{name} has no part in the decision itself, so stored decisions cannot show its"
                " effect; a dry run may"
            )


def variation(base: PromotionPolicy | None, values: Mapping[str, Any]) -> PolicyFor:
    """For every decision `base`, or its own policy without one, with `values` instead of its own.

    Raises:
        ValueError: a value is unknown, ill-typed, out of range or of no effect in a replay.
    """
    check_shown(values)
    (base or DEFAULT).changed(values)
    made: dict[PromotionPolicy, PromotionPolicy] = {}

    def policy_for(recorded: Recorded) -> PromotionPolicy:
        own = base or recorded.policy
        if own not in made:
            made[own] = own.changed(values)
        return made[own]

    return policy_for
