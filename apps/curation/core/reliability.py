"""How far scores can be trusted, by what reviewers decided, and where a threshold might lie."""

from collections.abc import Sequence
from dataclasses import dataclass

Scored = tuple[float, bool]  # a score in [0, 1], and whether a reviewer found it worth sharing


@dataclass(frozen=True, slots=True)
class Rate:
    """How often something went wrong: `count` times `of` so many."""

    count: int
    of: int

    @property
    def share(self) -> float | None:
        """In [0, 1]; None when it could not happen yet: absent is not zero."""
        return self.count / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class Bin:
    """Scores in [low, high); the last bin includes 1.0.

    Attributes:
        count: how many scores lie in it.
        mean_score: their mean; None without any.
        share_worthy: share of them that reviewers found worth sharing; None without any.
    """

    low: float
    high: float
    count: int
    mean_score: float | None
    share_worthy: float | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """Where a threshold might lie. A person decides; nothing applies it.

    Attributes:
        name: the policy value.
        current: what is in force.
        proposed: the lowest threshold from which on the goal holds; None when no threshold, or
            too few labels, reach it.
        goal: share of worthy ones wanted among what lies above.
        labels: scores with a reviewer's decision.
        precision, recall: at `proposed`: share of worthy ones above, and of the worthy ones how
            many lie above; None without a proposal.
    """

    name: str
    current: float
    proposed: float | None
    goal: float
    labels: int
    precision: float | None = None
    recall: float | None = None


def curve(scored: Sequence[Scored], bins: int = 10) -> tuple[Bin, ...]:
    """A reliability curve: mean score against share of worthy ones, in `bins` equal bins."""
    sorted_in: list[list[Scored]] = [[] for _ in range(bins)]
    for score, worthy in scored:
        sorted_in[min(bins - 1, int(score * bins))].append((score, worthy))
    return tuple(
        Bin(
            place / bins,
            (place + 1) / bins,
            len(inside),
            sum(score for score, _ in inside) / len(inside) if inside else None,
            _precision(inside),
        )
        for place, inside in enumerate(sorted_in)
    )


def calibration_error(bins: Sequence[Bin]) -> float | None:
    """Mean gap between score and share of worthy ones over all scores, in [0, 1].

    Source:
        Expected calibration error: Naeini, Cooper, Hauskrecht 2015, "Obtaining well calibrated
        probabilities using Bayesian binning", AAAI.
    """
    total = sum(one.count for one in bins)
    if not total:
        return None
    gaps = (
        one.count * abs(one.mean_score - one.share_worthy)
        for one in bins
        if one.mean_score is not None and one.share_worthy is not None
    )
    return sum(gaps) / total


def propose(
    name: str, scored: Sequence[Scored], *, current: float, goal: float, least: int = 20
) -> Proposal:
    """The lowest threshold, in hundredths, from which on at least `goal` of what lies above it is
    worth sharing.

    Args:
        name: the policy value.
        scored: scores with what reviewers decided.
        current: the threshold in force.
        goal: in (0, 1].
        least: labels that must lie above a threshold before it is believed.
    """
    found = None
    for hundredth in range(99, -1, -1):
        above = [one for one in scored if one[0] > hundredth / 100]
        if len(above) < least:
            continue
        if (_precision(above) or 0.0) < goal:
            break
        found = (hundredth / 100, above)
    if found is None:
        return Proposal(name, current, None, goal, len(scored))
    worthy = sum(one[1] for one in scored)
    recall = sum(one[1] for one in found[1]) / worthy
    return Proposal(name, current, found[0], goal, len(scored), _precision(found[1]), recall)


def _precision(scored: Sequence[Scored]) -> float | None:
    return sum(worthy for _, worthy in scored) / len(scored) if scored else None
