"""Which pairs a judge should be asked about next: those that can still change something.

Asking about every candidate pair would cost ten times as much and tell hardly more. Instead each
group of statements asks about the pairs most alike, until it has heard `patience` refusals; what
joined asks as one. A verdict that would join or oppose two statements is asked again in the other
order: a model that answers by position contradicts itself there.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence

from apps.curation.core.consensus import Pair, Verdicts

PATIENCE = 3  # refusals after which a group asks no more
FLOOR = 0.2  # likeness below which a pair is not worth a question
ENOUGH_BETWEEN = 2  # pairs asked between two groups; if they did not join them, so be it
RIVALS = 3  # other groups that a group several people state is held against for contradiction
RIVAL_FLOOR = 0.3  # likeness from which two statements may be about the same thing


def to_confirm(verdicts: Verdicts, asked: Collection[Pair]) -> list[Pair]:
    """The other order of every pair whose first verdict was not simply `different`."""
    return sorted(
        (b, a)
        for (a, b), verdict in verdicts.items()
        if verdict != "different" and (b, a) not in asked
    )


def to_ask(
    groups: Sequence[tuple[int, ...]],
    likeness: Mapping[Pair, float],
    verdicts: Verdicts,
    asked: Collection[Pair],
    *,
    patience: int = PATIENCE,
    floor: float = FLOOR,
) -> list[Pair]:
    """The next round of questions, the pairs most alike first.

    Args:
        groups: statements as they hang together by now.
        likeness: of candidate pairs (low, high) that no rule keeps apart, in [0, 1].
        verdicts: heard so far, by ordered pair.
        asked: ordered pairs asked so far, answered or not.
        patience: refusals after which a group is asked about no more.
        floor: likeness below which nothing is asked.
    """
    home = {item: number for number, items in enumerate(groups) for item in items}
    between = Counter(_ends(home, pair) for pair in {_low_high(pair) for pair in asked})
    refusals = _refusals(home, verdicts)
    found = []
    for pair in _most_alike(likeness, floor):
        ends = _ends(home, pair)
        if ends[0] == ends[1] or pair in asked or pair[::-1] in asked:
            continue
        if between[ends] >= ENOUGH_BETWEEN or min(refusals[ends[0]], refusals[ends[1]]) >= patience:
            continue
        between[ends] += 1
        refusals.update(ends)  # as if refused, until the answer is there
        found.append(pair)
    return found


def to_oppose(
    groups: Sequence[tuple[int, ...]],
    likeness: Mapping[Pair, float],
    asked: Collection[Pair],
    *,
    weighty: Collection[int],
) -> list[Pair]:
    """Pairs that may contradict each other: the best one between any two weighty groups.

    Args:
        groups: statements as they finally hang together.
        likeness: of candidate pairs (low, high), those kept apart by a rule included.
        asked: ordered pairs asked so far.
        weighty: numbers of the groups that several people state; others oppose nobody.
    """
    home = {item: number for number, items in enumerate(groups) for item in items}
    taken: set[Pair] = set()
    rivals: Counter[int] = Counter()
    found = []
    for pair in _most_alike(likeness, RIVAL_FLOOR):
        ends = _ends(home, pair)
        if ends[0] == ends[1] or ends in taken or not set(ends) <= set(weighty):
            continue
        if min(rivals[ends[0]], rivals[ends[1]]) >= RIVALS:
            continue
        taken.add(ends)
        rivals.update(ends)
        if pair not in asked and pair[::-1] not in asked:
            found.append(pair)
    return found


def _refusals(home: Mapping[int, int], verdicts: Verdicts) -> Counter[int]:
    """How many pairs of each group were said to be different."""
    said: defaultdict[Pair, list[str]] = defaultdict(list)
    for pair, verdict in verdicts.items():
        said[_low_high(pair)].append(verdict)
    refused: Counter[int] = Counter()
    for pair, heard in said.items():
        ends = _ends(home, pair)
        if ends[0] != ends[1] and not {"same", "contains"}.intersection(heard):
            refused.update(ends)
    return refused


def _most_alike(likeness: Mapping[Pair, float], floor: float) -> list[Pair]:
    return sorted(
        (pair for pair, value in likeness.items() if value >= floor),
        key=lambda pair: (-likeness[pair], pair),
    )


def _ends(home: Mapping[int, int], pair: Pair) -> Pair:
    a, b = sorted((home[pair[0]], home[pair[1]]))
    return a, b


def _low_high(pair: Pair) -> Pair:
    return min(pair), max(pair)
