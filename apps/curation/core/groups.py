"""What the grouping gives back: notes that state, or seem to state, one fact."""

from dataclasses import dataclass
from typing import Literal

Certainty = Literal["certain", "reviewer", "judged", "contains", "likely"]


@dataclass(frozen=True, slots=True)
class GroupingSettings:
    """Policy values of the grouping.

    Attributes:
        lexical_weight: weight of the overlap of words against the cosine, in [0, 1].
        link_threshold: average likeness, in [0, 1], from which notes form one group.
        max_statements: most differing texts in one group; bounds the work on it.
        min_people: independent people a group needs to be worth a reviewer's time.
        min_confidence: confidence, in [0, 1], that it needs; raise it for fewer, surer requests.
    """

    lexical_weight: float = 0.6
    link_threshold: float = 0.35
    max_statements: int = 64
    min_people: int = 2
    min_confidence: float = 0.35


@dataclass(frozen=True, slots=True)
class Member:
    """A note in a group.

    `link` says how it hangs together with the canonical note: the same text (certain), the same
    fact by a reviewer (reviewer) or by a judge (judged), one says all that the other says and more
    (contains), or only alike (likely). `likeness`, in [0, 1], is its mean likeness to what is only
    alike in the group (1.0 where there is nothing of the kind).
    """

    note: int
    link: Certainty
    likeness: float


@dataclass(frozen=True, slots=True)
class Group:
    """Notes that state, or seem to state, one fact. A note alone is a group too.

    Attributes:
        members: in the order of their note ids.
        statements: note ids, split into sets that state the same: the same text, or by a judge or a
            reviewer.
        witnesses: for each statement the people who say it in their own words.
        people: who said it, relays and repetitions included.
        independent_people: who said it in their own words; of a relayed message the first author,
            by the time the hub recorded it.
        canonical: id of the note that holds most of what those people share, and one of theirs:
            never a relay by somebody else, which may add what nobody witnessed. Where one note says
            all that another says and more, the fuller one.
        confidence: mean likeness of what is only alike, in [0, 1]; 1.0 where nothing is.
        opposed: notes that contradict a member, by a judge or a certain rule.
        reasons: stable codes of what binds the group (`identical`, `relay`, `wording`, `words`,
            `meaning`, `shared_number`, `shared_code`, `shared_name`, `reviewer`, `judged`,
            `contains`, `judge_unsure`, `one_person`, `one_message`).
    """

    members: tuple[Member, ...]
    statements: tuple[tuple[int, ...], ...]
    witnesses: tuple[tuple[int, ...], ...]
    people: tuple[int, ...]
    independent_people: tuple[int, ...]
    canonical: int
    confidence: float
    opposed: tuple[int, ...]
    reasons: tuple[str, ...]


def worth_review(found: Group, settings: GroupingSettings) -> bool:
    """Whether `found` is worth a reviewer's time: enough independent people, and likely enough."""
    enough = len(found.independent_people) >= settings.min_people
    return enough and found.confidence >= settings.min_confidence
