"""The decision on one cluster: any decisive signal lifts, gates only lower, nothing flaps."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from apps.curation.core import seed
from apps.curation.core.policy import PromotionPolicy
from apps.curation.core.signals import OutcomeTally, Signals

Verdict = Literal["promote", "review", "hold", "corroborate"]
VERDICTS: tuple[Verdict, ...] = ("promote", "review", "hold", "corroborate")

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


@dataclass(frozen=True, slots=True)
class Before:
    """What the same policy decided on the cluster last time, for the same target.

    Attributes:
        verdict: its verdict then.
        reasons: its reason codes then; they say which signals counted as past their threshold.
    """

    verdict: Verdict
    reasons: tuple[str, ...]


def decide(signals: Signals, policy: PromotionPolicy, before: Before | None = None) -> Decision:
    """Decide on a cluster from its signals, by the policy alone.

    One decisive signal is enough (OR, no weighted average). What is only likely the same is never
    published: it can at most reach a reviewer. Gates lower a verdict and never raise it.

    With `before`, a signal that counted last time counts until it falls below its threshold by
    the policy's margin, and one that did not must rise above it by the margin. Gates have no
    margin. The verdict is the middle one of three: by the bare thresholds, by the moved ones, and
    `before`; so memory may keep a verdict, but raises none above what the thresholds or it said.
    """
    now = _judge(signals, policy, None)
    if before is None or before.verdict == "corroborate" or not policy.hysteresis:
        return now
    settled = _judge(signals, policy, before.reasons)
    verdict = sorted((now.verdict, settled.verdict, before.verdict), key=_RANK.__getitem__)[1]
    if (verdict, settled.reasons) == (now.verdict, now.reasons):
        return now
    told = (code for code in settled.reasons if verdict == "hold" or not code.startswith("held."))
    return Decision(verdict, now.score, (*told, "hysteresis.kept"))


def _judge(signals: Signals, policy: PromotionPolicy, counted: Collection[str] | None) -> Decision:
    """Without memory, or with the codes of the signals that `counted` last time."""
    score = max(_scores(signals, policy), default=0.0)
    if policy.kill_switch:
        return Decision("hold", score, ("gate.kill_switch",))
    if not signals.reachable:
        return Decision("hold", score, _unreachable(signals, policy, counted))
    if signals.published:
        return Decision("corroborate", score, ("published",))
    lifts = list(_lifts(signals, policy, counted))
    if not lifts:
        return Decision("hold", score, tuple(_why_held(signals, policy)))
    verdict = max((verdict for verdict, _ in lifts), key=_RANK.__getitem__)
    gates = list(_gates(signals, policy, verdict))
    lowered: Verdict = "review" if gates else verdict
    return Decision(lowered, score, (*(code for _, code in lifts), *gates))


def _unreachable(
    signals: Signals, policy: PromotionPolicy, counted: Collection[str] | None
) -> tuple[str, ...]:
    """Nobody could be told; where nothing speaks for it either, that is the reason."""
    there = _judge(replace(signals, reachable=True), policy, counted)
    return there.reasons if there.verdict == "hold" else ("held.no_space_above",)


def _lifts(
    signals: Signals, policy: PromotionPolicy, counted: Collection[str] | None
) -> Iterator[tuple[Verdict, str]]:
    """Every path that applies, with how far it lifts."""
    if policy.rule == "seed":
        yield from (("promote", code) for code in seed.lifts(signals, policy))
        return
    past = partial(_past, policy=policy, counted=counted)
    if signals.certain_people >= policy.min_independent_people and past(
        signals.frequency, policy.frequency_threshold, "frequency.decisive", "frequency.burst"
    ):
        if _burst(signals, policy):
            yield "review", "frequency.burst"
        else:
            yield "promote", "frequency.decisive"
    proof = _proof(signals.outcome, policy)
    promise = _proof(signals.cluster_outcome, policy)
    if past(proof, policy.outcome_threshold, "outcome.decisive"):
        yield "promote", "outcome.decisive"
    elif past(promise, policy.promising_threshold, "outcome.promising", "outcome.decisive"):
        yield "review", "outcome.promising"
    if past(_rating(signals, policy), policy.self_eval_threshold, "self_eval.decisive"):
        yield "review", "self_eval.decisive"  # alone it reaches a reviewer, no further
    if signals.recalled:
        yield "review", "source.withdrawn"  # a reviewer found it worth sharing before
    if signals.likely and signals.likely_people >= policy.min_independent_people:
        yield "review", "people.likely_same"


def _burst(signals: Signals, policy: PromotionPolicy) -> bool:
    """Independent people learn a fact over weeks; what all say at once came to them by one way."""
    return signals.span_days is not None and signals.span_days < policy.burst_days


def _past(
    value: float | None,
    threshold: float,
    *codes: str,
    policy: PromotionPolicy,
    counted: Collection[str] | None,
) -> bool:
    """Whether a signal counts; with memory the threshold is moved away from where it was.

    The margin shrinks towards 0 and 1, so that every threshold can still be passed both ways.
    """
    if value is None:
        return False
    if counted is None:
        return value > threshold
    if any(code in counted for code in codes):
        return value > threshold - min(policy.hysteresis, threshold / 2)
    return value > threshold + min(policy.hysteresis, (1 - threshold) / 2)


def _gates(signals: Signals, policy: PromotionPolicy, verdict: Verdict) -> Iterator[str]:
    """What lowers the verdict to a review; the seed rule knows only the space's own wish."""
    if policy.rule != "seed":
        yield from _doubts(signals, policy)
    if verdict == "promote":
        yield from _formalities(signals, policy)


def _doubts(signals: Signals, policy: PromotionPolicy) -> Iterator[str]:
    """What speaks against it; a reviewer is told, too."""
    if signals.contradicts:
        yield "gate.contradicts_published"
    if signals.disputed:
        yield "gate.disputed"
    if signals.recalled:
        yield "gate.source_withdrawn"
    if _failing(signals.cluster_outcome, policy) or _failing(signals.raw_outcome, policy):
        yield "gate.outcomes_failing"


def _formalities(signals: Signals, policy: PromotionPolicy) -> Iterator[str]:
    """What asks for a reviewer before anything is published."""
    guarded = policy.rule != "seed"
    if guarded and signals.witnesses < policy.min_independent_people:
        yield "gate.too_few_people"
    if guarded and signals.directive:
        yield "gate.directive"
    if policy.review_first:
        yield "gate.review_first"


def _why_held(signals: Signals, policy: PromotionPolicy) -> Iterator[str]:
    if policy.rule == "seed":
        yield "held.below_thresholds"
        return
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
    if policy.rule == "seed":
        yield from seed.scores(signals)
        return
    if signals.frequency is not None:
        yield signals.frequency
    if (proof := _proof(signals.outcome, policy)) is not None:
        yield proof
    if (rating := _rating(signals, policy)) is not None:
        yield rating


def _rating(signals: Signals, policy: PromotionPolicy) -> float | None:
    """The calibrated score; None when the model itself, on its own scale, finds it wanting.

    Some text always ranks first, in a month of nothing but small talk, too.
    """
    raw = signals.self_eval_raw
    return None if raw is not None and raw < policy.self_eval_floor else signals.self_eval


def _proof(tally: OutcomeTally, policy: PromotionPolicy) -> float | None:
    """Lower bound of the success share; None with too few outcomes or reporters to count."""
    return tally.proof(policy.min_outcomes, policy.min_reporters)


def _enough(tally: OutcomeTally, policy: PromotionPolicy) -> bool:
    return tally.total >= policy.min_outcomes and tally.reporters >= policy.min_reporters


def _failing(tally: OutcomeTally, policy: PromotionPolicy) -> bool:
    """A warning needs less proof than a promise, and may come from an author, too."""
    if tally.total < policy.min_failing_outcomes or tally.reporters < _FAILING_REPORTERS:
        return False
    return tally.successes < policy.failing_share * tally.total
