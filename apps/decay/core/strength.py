"""How strong a memory is: what stands behind it, and how long ago it was last confirmed.

Two factors that do not mix: confidence comes from evidence alone, retention from time alone.
Reading a memory slows its forgetting and is no evidence: it touches retention only.
"""

import math
from dataclasses import dataclass
from datetime import timedelta

MOST = 50  # people of one sort that are counted; more change nothing that matters
MOST_LIFETIME = timedelta(days=100_000)  # no calendar needs more

CONTRADICTED, FAILING, FADED = "decay.contradicted", "decay.failing", "decay.faded"
CONFIRMED, UNDONE = "decay.confirmed", "decay.undone"


@dataclass(frozen=True, slots=True, order=True)
class Evidence:
    """What is known about one memory in its present words; numbers of different people, 0 to 50.

    An agent counts as the person it belongs to, and each person's last word counts, once.

    Attributes:
        confirmers: people other than its owner who confirmed it, or whose notes it was published
            from.
        contradicters: people whose last word is that it does not hold; its owner may be one.
        successes: people other than its owner whose tasks used it and went well.
        failures: people whose tasks used it and failed.
        readers: people to whom answers showed it lately, its owner included.
    """

    confirmers: int = 0
    contradicters: int = 0
    successes: int = 0
    failures: int = 0
    readers: int = 0

    def __post_init__(self) -> None:
        for name in ("confirmers", "contradicters", "successes", "failures", "readers"):
            if not 0 <= getattr(self, name) <= MOST:
                raise ValueError(f"{name} must lie between 0 and {MOST}")


NONE = Evidence()


def confidence(evidence: Evidence) -> float:
    """How far the evidence speaks for a memory.

    Args:
        evidence: what is known; readers do not count.

    Returns:
        Unitless share in (0, 1): 0.5 without evidence, rising with every confirmation and success,
        falling with every contradiction and failure.

    Source:
        Laplace's rule of succession, (s + 1) / (n + 2): the mean of a Beta(1, 1) prior after n
        observations of which s speak for it.
    """
    speaking_for = evidence.confirmers + evidence.successes
    against = evidence.contradicters + evidence.failures
    return (1 + speaking_for) / (2 + speaking_for + against)


def slowed(half_life: timedelta, *, readers: int, slowing: float) -> timedelta:
    """The half-life of something that people read.

    Args:
        half_life: of what nobody reads; positive.
        readers: different people, 0 to 50.
        slowing: what very many readers add, as a share of the half-life, in [0, 1].

    Returns:
        Between `half_life` and `half_life * (1 + slowing)`; each further reader adds half of what
        the one before added.

    Raises:
        ValueError: a half-life that is not positive, or a share or number out of range.
    """
    if half_life <= timedelta(0):
        raise ValueError("half_life must be positive")
    if not 0 <= slowing <= 1:
        raise ValueError("slowing must lie between 0 and 1")
    if not 0 <= readers <= MOST:
        raise ValueError(f"readers must lie between 0 and {MOST}")
    return half_life * (1 + slowing * (1 - 0.5**readers))


def retention(age: timedelta, *, half_life: timedelta) -> float:
    """Share of a memory's strength left after `age`: 0.5 ** (age / half_life).

    Args:
        age: time since the last confirmation; a negative age (clock skew) counts as zero.
        half_life: time after which half is left; must be positive.

    Returns:
        Unitless factor in [0, 1]; 0 only where a float can hold nothing smaller.

    Raises:
        ValueError: `half_life` is zero or negative.

    Source:
        Recency term of Park et al. 2023, arXiv:2304.03442, section 4.1, rewritten as a half-life.
    """
    if half_life <= timedelta(0):
        raise ValueError("half_life must be positive")
    return float(0.5 ** (max(age, timedelta(0)) / half_life))


def strength(evidence: Evidence, age: timedelta, *, half_life: timedelta, slowing: float) -> float:
    """Confidence times retention.

    Args:
        evidence: what is known about it.
        age: time since it was last said or confirmed; negative counts as zero.
        half_life: of its kind; positive.
        slowing: see `slowed`.

    Returns:
        Unitless, in [0, 1).

    Raises:
        ValueError: as `slowed`.
    """
    lasting = slowed(half_life, readers=evidence.readers, slowing=slowing)
    return confidence(evidence) * retention(age, half_life=lasting)


def lifetime(
    evidence: Evidence, *, half_life: timedelta, slowing: float, floor: float
) -> timedelta:
    """How long after its last confirmation a memory's strength comes down to `floor`.

    The inverse of `strength` in time: `strength(e, lifetime(e, ...), ...) == floor` to rounding.
    It depends on the evidence and not on the moment, so that a job need compute it only once for
    all memories with the same evidence.

    Args:
        evidence: what is known about it.
        half_life: of its kind; positive.
        slowing: see `slowed`.
        floor: strength below which a memory is archived, in [0, 1]; 0 is never reached.

    Returns:
        At least 0, where the confidence is not above the floor to begin with; at most 100,000 days.

    Raises:
        ValueError: as `slowed`, or a floor out of range.
    """
    if not 0 <= floor <= 1:
        raise ValueError("floor must lie between 0 and 1")
    lasting = slowed(half_life, readers=evidence.readers, slowing=slowing)
    if floor == 0:
        return MOST_LIFETIME
    halvings = math.log2(confidence(evidence) / floor)
    return min(max(lasting * max(halvings, 0.0), timedelta(0)), MOST_LIFETIME)


def why(evidence: Evidence) -> str:
    """The reason code of letting it go: what spoke against it, or time alone."""
    if evidence.contradicters > evidence.confirmers:
        return CONTRADICTED
    if evidence.failures > evidence.successes:
        return FAILING
    return FADED
