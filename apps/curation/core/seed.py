"""The published rule as it was published: raw signals, one OR, no gates. For comparison.

`sigmoid((freq - mean) / std) > 0.85 or outcome > 0.70 or self_eval > 0.80`
"""

from collections.abc import Iterator

from apps.curation.core.policy import PromotionPolicy
from apps.curation.core.signals import Signals


def lifts(signals: Signals, policy: PromotionPolicy) -> Iterator[str]:
    """Code of every raw signal above its threshold; an absent one is above nothing."""
    frequency, outcome = signals.raw_frequency, signals.raw_outcome.share
    if frequency is not None and frequency > policy.frequency_threshold:
        yield "seed.frequency"
    if outcome is not None and outcome > policy.outcome_threshold:
        yield "seed.outcome"
    if signals.self_eval_raw is not None and signals.self_eval_raw > policy.self_eval_threshold:
        yield "seed.self_eval"


def scores(signals: Signals) -> Iterator[float]:
    """The raw signals that are there, each in [0, 1]."""
    for value in (signals.raw_frequency, signals.raw_outcome.share, signals.self_eval_raw):
        if value is not None:
            yield value
