"""The independent signals of a cluster, from counts alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, sqrt
from statistics import fmean, pstdev

WILSON_Z = 1.959964  # two-sided 95 %


@dataclass(frozen=True, slots=True)
class OutcomeTally:
    """Outcomes of tasks that used a statement, as reported by people other than its authors.

    Attributes:
        total: outcomes, 0 or more.
        successes: of these, how many went well.
        reporters: different people who reported them.
    """

    total: int = 0
    successes: int = 0
    reporters: int = 0

    @property
    def share(self) -> float | None:
        """Share of successes in [0, 1]; None without outcomes: absent is not zero."""
        return self.successes / self.total if self.total else None

    @property
    def lower_bound(self) -> float | None:
        """Lower end of the Wilson interval of the share; None without outcomes."""
        return wilson_lower_bound(self.successes, self.total) if self.total else None

    def proof(self, outcomes: int, reporters: int) -> float | None:
        """The lower bound; None with fewer than so many outcomes or reporters: no evidence."""
        enough = self.total >= outcomes and self.reporters >= reporters
        return self.lower_bound if enough else None


@dataclass(frozen=True, slots=True)
class Signals:
    """Everything a decision looks at.

    Attributes:
        certain_people: independent people behind the statement that would be published.
        likely_people: independent people behind the whole cluster, sameness being only likely.
        likely: whether the cluster is alike enough to be worth a reviewer's time.
        frequency: normalised count of certain people in (0, 1); None without a population.
        outcome: outcomes of the best statement.
        cluster_outcome: outcomes of the whole cluster.
        self_eval: calibrated score of a language model in [0, 1]; None when there is none.
        published: whether this fact is shared in the target already.
        contradicts: whether it contradicts something that is shared.
        disputed: whether somebody's note contradicts it.
        recalled: whether a reviewer published it and a withdrawal took that back.
        span_days: days between the first and the last of its people saying it; None if unknown.
        directive: whether it tells its readers what to do, instead of what is.
        reachable: whether there is a space above everybody behind it.
        people: different people in the whole cluster, relays included: the raw frequency.
        population_mean, population_std: mean and standard deviation of `people` over the clusters
            of the last 30 days, this one included if it is of them; None without any.
        raw_outcome: every outcome of the cluster as reported, the authors' own included.
        self_eval_raw: score of the language model before calibration in [0, 1]; None without one.
    """

    certain_people: int
    likely_people: int
    likely: bool
    frequency: float | None = None
    outcome: OutcomeTally = OutcomeTally()
    cluster_outcome: OutcomeTally = OutcomeTally()
    self_eval: float | None = None
    published: bool = False
    contradicts: bool = False
    disputed: bool = False
    recalled: bool = False
    span_days: float | None = None
    directive: bool = False
    reachable: bool = True
    people: int = 0
    population_mean: float | None = None
    population_std: float | None = None
    raw_outcome: OutcomeTally = OutcomeTally()
    self_eval_raw: float | None = None

    @property
    def raw_frequency(self) -> float | None:
        """Sigmoid of the z-score of `people`, in (0, 1); None without a population or a spread."""
        if self.population_mean is None or not self.population_std:
            return None
        return sigmoid((self.people - self.population_mean) / self.population_std)

    @property
    def witnesses(self) -> int:
        """People who stand behind it: those who state it and those who report how it fared."""
        return self.certain_people + self.outcome.reporters


def wilson_lower_bound(successes: int, total: int, z: float = WILSON_Z) -> float:
    """Lower end of the Wilson score interval for `successes` of `total`.

    Args:
        successes: 0 to `total`.
        total: positive.
        z: standard normal quantile; 1.96 is the 95 % interval.

    Returns:
        A share in [0, 1).

    Raises:
        ValueError: the counts are impossible.

    Source:
        E. B. Wilson 1927, "Probable inference, the law of succession, and statistical inference".
    """
    if total <= 0 or not 0 <= successes <= total:
        raise ValueError(f"{successes} successes of {total} is not a count")
    share = successes / total
    centre = share + z * z / (2 * total)
    spread = z * sqrt((share * (1 - share) + z * z / (4 * total)) / total)
    return max(0.0, (centre - spread) / (1 + z * z / total))


def frequency(people: int, mean: float | None, deviation: float | None) -> float | None:
    """How unusual it is that `people` state the same fact: sigmoid of the z-score.

    Args:
        people: independent people of this cluster.
        mean: of the independent people of every cluster of the last 30 days, this one included.
        deviation: of the same, as `moments` tells both: once for all clusters.

    Returns:
        A value in (0, 1); None when the population is empty or everyone is alike.
    """
    if mean is None or not deviation:
        return None
    return sigmoid((people - mean) / deviation)


def moments(population: Sequence[int]) -> tuple[float | None, float | None]:
    """Mean and standard deviation (of the whole, not of a sample); None twice when it is empty."""
    return (fmean(population), pstdev(population)) if population else (None, None)


def sigmoid(value: float) -> float:
    """1 / (1 + e^-value), without overflow for large negative values."""
    if value >= 0:
        return 1 / (1 + exp(-value))
    grown = exp(value)
    return grown / (1 + grown)
