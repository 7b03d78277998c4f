"""What becomes of a published fact when one of the people behind it is erased."""

from dataclasses import dataclass
from typing import Literal

Fate = Literal["keep", "reword", "erase"]


@dataclass(frozen=True, slots=True)
class Lineage:
    """What is left under a fact without the erased person.

    Attributes:
        people: other people whose notes still stand under it.
        words_stand: whether its words are a remaining note's, or none of the erased person's.
        by_subject: whether the erased person is named as the one who said it.
        wording: whether a remaining note may lend its words.
    """

    people: int
    words_stand: bool
    by_subject: bool
    wording: bool


def fate(lineage: Lineage) -> Fate:
    """Whether a fact stays as it is, is said in another's words, or goes.

    Words of the erased person never stay, and neither does a fact that nobody else stands behind.
    """
    if lineage.people <= 0:
        return "erase"
    if lineage.words_stand and not lineage.by_subject:
        return "keep"
    return "reword" if lineage.wording else "erase"
