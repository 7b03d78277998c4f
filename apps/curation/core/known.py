"""How a fact relates to one that is shared already: it repeats it, contradicts it, or is alike."""

from dataclasses import dataclass
from typing import Literal

from apps.curation.core.consensus import Sameness
from apps.curation.core.rules import (
    Reading,
    aligned,
    compare_readings,
)
from apps.curation.core.sameness import said_again

Relation = Literal["same", "contradicts", "alike"]
Source = Literal["rule", "judge", "likeness", "succession"]

FLOOR = 0.3  # likeness from which a shared memory is looked at
ALIKE = 0.5  # likeness from which, without a judge, a reviewer is told that it may be known
_CONTRARY = frozenset({"negation", "opposite", "number", "unit", "date", "time"})
_FAVOUR = frozenset({"same", "contains"})


@dataclass(frozen=True, slots=True)
class Known:
    """A shared memory beside a fact, by row ids.

    Attributes:
        memory: the shared memory.
        revision: of it, as it was compared.
        relation: `same` (it says so already), `contradicts`, or `alike` (it may say so already).
        by: what tells: a certain rule, the judge, likeness alone, or that it once replaced what
            these notes say.
    """

    memory: int
    revision: int
    relation: Relation
    by: Source


@dataclass(frozen=True, slots=True)
class Heard:
    """What the judge said of (fact, shared) and of (shared, fact); None where it did not."""

    there: Sameness | None = None
    back: Sameness | None = None


def relation(
    fact: Reading, shared: Reading, heard: Heard, *, likeness: float, recent: bool = False
) -> tuple[Relation, Source] | None:
    """How `fact` relates to `shared`, and what tells so; None when nothing does.

    A veto stands whatever the judge said; the judge outweighs likeness and what rules only suspect.

    Args:
        fact: what would be shared.
        shared: what is.
        heard: the judge's verdicts.
        likeness: of the two, in [0, 1].
        recent: whether the two lie in the policy's band: near by meaning, and lately published.
    """
    rules = compare_readings(fact, shared)
    if rules.sameness == "same":
        return "same", "rule"
    if heard.there is not None:
        told = _told(heard, vetoed=rules.sameness == "different")
        return (told, "judge") if told else None
    if rules.sameness == "different":
        contrary = set(rules.reasons) <= _CONTRARY and aligned(fact, shared)
        return ("contradicts", "rule") if contrary and likeness >= FLOOR else None
    if said_again(fact, shared, near=recent):
        return "same", "likeness"
    return ("alike", "likeness") if likeness >= ALIKE else None


def _told(heard: Heard, *, vetoed: bool) -> Relation | None:
    both = {heard.there, heard.back}
    if both == {"contradicts"}:
        return "contradicts"
    if both <= _FAVOUR and not vetoed:
        return "same"
    return "alike" if both & _FAVOUR else None
