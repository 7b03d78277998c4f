"""Who may say that a fact is published: not the one whose word it is."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

Refusal = Literal["sole_contributor", "own_words", "reworded"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """Whose word would be published.

    Attributes:
        contributors: people behind it; agents count as the person answering for them.
        author: whose note has exactly the words to be published; None for a reviewer's own words.
    """

    contributors: Collection[int]
    author: int | None


def refusal(proposal: Proposal, reviewer: int) -> Refusal | None:
    """Why this person may not approve it; None when they may.

    A contributor may approve what another one worded, as it stands; never alone, never their own
    words, and not what was reworded, because the new words may be theirs.
    """
    if reviewer not in proposal.contributors:
        return None
    if set(proposal.contributors) == {reviewer}:
        return "sole_contributor"
    if proposal.author is None:
        return "reworded"
    return "own_words" if proposal.author == reviewer else None


def missing(given: Collection[int], needed: int, reviewer: int) -> int:
    """Approvals that are still missing once `reviewer` says yes; 0 publishes.

    Args:
        given: people who approved exactly this already.
        needed: different people who have to, 1 or more.
        reviewer: who approves now; twice is once.
    """
    return max(0, needed - len({*given, reviewer}))
