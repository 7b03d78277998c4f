"""What becomes of something published when people take back the notes it came from."""

from dataclasses import dataclass
from typing import Literal

from apps.curation.core.decide import Verdict

Fate = Literal["keep", "retract", "ask"]


@dataclass(frozen=True, slots=True)
class Remaining:
    """What is left under a publication.

    Attributes:
        people: different people whose notes still stand under it.
        words_stand: whether its words are a remaining note's, or a reviewer's own.
        by_reviewer: whether a reviewer published it, and not the policy.
        verdict: what the policy says of the remaining notes, as if they were not published; None
            where they are too old to be measured.
    """

    people: int
    words_stand: bool
    by_reviewer: bool
    verdict: Verdict | None


def fate(remaining: Remaining, *, min_people: int) -> Fate:
    """Whether it stays, leaves, or leaves and goes back to a reviewer.

    Withdrawn words never stay. With words that stand, what the policy published stays if it would
    publish it again, and what a reviewer published as long as `min_people` are left; so that no
    single person takes down what many say.
    """
    if not remaining.people:
        return "retract"
    enough = remaining.people >= min_people
    if remaining.by_reviewer:
        return "keep" if enough and remaining.words_stand else "ask"
    supported = enough if remaining.verdict is None else remaining.verdict == "promote"
    return "keep" if supported and remaining.words_stand else "retract"
