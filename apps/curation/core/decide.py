"""The decision on one cluster: any decisive signal lifts, gates only lower."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from apps.curation.core.policy import PromotionPolicy
from apps.curation.core.signals import OutcomeTally, Signals

Verdict = Literal["promote", "review", "hold", "corroborate"]

_FAILING_REPORTERS = 2  # one person's bad experience does not stop what helped others

_RANK: dict[Verdict, int] = {"hold": 0, "review": 1, "promote": 2, "corroborate": 3}


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with a cluster.

    Attributes:
        verdict: promote (publish), review (ask), hold, or corroborate (it is shared already).
        score: the strongest signal, in [0, 1]; 0.0 when every signal is absent.
        reasons: stable codes, lifts first, then gates.
    """

    verdict: Verdict
    score: float
    reasons: tuple[str, ...]


def decide(signals: Signals, policy: PromotionPolicy) -> Decision:
    """Decide on a cluster from its signals, by the policy alone.

    One decisive signal is enough (OR, no weighted average). What is only likely the same is never
    published: it can at most reach a reviewer. Gates lower a verdict and never raise it.
    """
    score = max(_scores(signals, policy), default=0.0)
    if policy.kill_switch:
        return Decision("hold", score, ("gate.kill_switch",))
    if signals.published:
        return Decision("corroborate", score, ("published",))
    lifts = list(_lifts(signals, policy))
    if not lifts:
        return Decision("hold", score, tuple(_why_held(signals, policy)))
    verdict = max((verdict for verdict, _ in lifts), key=_RANK.__getitem__)
    gates = list(_doubts(signals, policy))
    if verdict == "promote":
        gates += _formalities(signals, policy)
    lowered: Verdict = "review" if gates else verdict
    return Decision(lowered, score, (*(code for _, code in lifts), *gates))


def _lifts(signals: Signals, policy: PromotionPolicy) -> Iterator[tuple[Verdict, str]]:
    """Every path that applies, with how far it lifts."""
    frequent = signals.frequency is not None and signals.frequency > policy.frequency_threshold
    if frequent and signals.certain_people >= policy.min_independent_people:
        yield "promote", "frequency.decisive"
    proven = _enough(signals.outcome, policy) and signals.outcome.lower_bound
    if proven and proven > policy.outcome_threshold:
        yield "promote", "outcome.decisive"
    elif _promising(signals.cluster_outcome, policy):
        yield "review", "outcome.promising"
    if signals.self_eval is not None and signals.self_eval > policy.self_eval_threshold:
        yield "review", "self_eval.decisive"  # alone it reaches a reviewer, no further
    if signals.likely and signals.likely_people >= policy.min_independent_people:
        yield "review", "people.likely_same"


def _doubts(signals: Signals, policy: PromotionPolicy) -> Iterator[str]:
    """What speaks against it; a reviewer is told, too."""
    if signals.contradicts:
        yield "gate.contradicts_published"
    if _failing(signals.cluster_outcome, policy):
        yield "gate.outcomes_failing"


def _formalities(signals: Signals, policy: PromotionPolicy) -> Iterator[str]:
    """What asks for a reviewer before anything is published."""
    if signals.witnesses < policy.min_independent_people:
        yield "gate.too_few_people"
    if signals.directive:
        yield "gate.directive"
    if policy.review_first:
        yield "gate.review_first"


def _why_held(signals: Signals, policy: PromotionPolicy) -> Iterator[str]:
    if signals.likely_people < policy.min_independent_people:
        yield "held.one_person"
    elif not signals.likely:
        yield "held.not_alike_enough"
    tally = signals.cluster_outcome
    if not tally.total:
        yield "held.no_outcomes"
    elif not _enough(tally, policy):
        yield "held.too_few_outcomes"
    else:
        yield "held.outcomes_average"


def _scores(signals: Signals, policy: PromotionPolicy) -> Iterator[float]:
    if signals.frequency is not None:
        yield signals.frequency
    if _enough(signals.outcome, policy):
        yield signals.outcome.lower_bound or 0.0
    if signals.self_eval is not None:
        yield signals.self_eval


def _enough(tally: OutcomeTally, policy: PromotionPolicy) -> bool:
    return tally.total >= policy.min_outcomes and tally.reporters >= policy.min_reporters


def _promising(tally: OutcomeTally, policy: PromotionPolicy) -> bool:
    """Better than chance, but the interval is wide or the sameness only likely."""
    return _enough(tally, policy) and (tally.lower_bound or 0.0) > policy.promising_threshold


def _failing(tally: OutcomeTally, policy: PromotionPolicy) -> bool:
    """A warning needs less proof than a promise."""
    if tally.total < policy.min_failing_outcomes or tally.reporters < _FAILING_REPORTERS:
        return False
    return tally.successes < policy.failing_share * tally.total
