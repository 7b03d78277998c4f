"""What the graph has to do with a question: which of its words are names, and what that is worth.

Every function is pure and gives the same answer for any order of its inputs.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from apps.graph.core import extraction, names
from apps.memories.core.language import FUNCTION_WORDS, fold
from apps.recall.core import fusion
from apps.recall.core.fusion import Ranked
from apps.recall.core.ranking import Candidate

SHARE = 0.5  # of a score: what the most related memory gains; words and meaning give up to 1
WORDS = 64  # of a question; a longer one is a text, and names stand at its beginning or nowhere
_POSSESSIVE = re.compile(r"['’]s?$")


def phrases(question: str, language: str = "") -> list[str]:
    """What may be a name in a question: its runs of one to four words, normalised and sorted.

    Args:
        question: any text; its first 64 words are looked at.
        language: ISO 639-1, or "" when unknown, for English: a function word is no name.
    """
    said = extraction.phrases(" ".join(question.split()[:WORDS]))
    bare = said | {_POSSESSIVE.sub("", each) for each in said}
    small = FUNCTION_WORDS.get(language or "en", frozenset())
    return sorted(
        each for each in bare if 0 < len(each) <= names.LONGEST and fold(each) not in small
    )


def meant(named: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """Names and things without those whose name is only a part of a longer one that is named.

    Args:
        named: names as phrases of one question, with the row ids of what they name.
    """
    known = set(named)
    return sorted(
        (name, thing)
        for name, thing in known
        if not any(name != other and f" {name} " in f" {other} " for other, _ in known)
    )


def beside(related: Iterable[Candidate], found: Sequence[Candidate]) -> list[Candidate]:
    """Of the related ones those that no leg found, to be judged on the same scale.

    A cosine below all that the legs found is worth nothing, and must not move what theirs is worth.
    """
    known = {each.id for each in found}
    cosines = [each.dense for each in found if each.dense is not None]
    low = min(cosines, default=-1.0)
    return [
        replace(each, dense=None) if each.dense is not None and each.dense < low else each
        for each in related
        if each.id not in known
    ]


def lifted(
    ranked: Sequence[Ranked], masses: Mapping[int, float], *, share: float = SHARE
) -> tuple[Ranked, ...]:
    """Rank again after the graph was heard: the most related gain `share`, others less.

    In proportion to the square root of their mass: a walk loses much of it with each relation, and
    what lies two relations away is to be found as well.

    Args:
        ranked: best first.
        masses: of related memories, by id, above 0; also of some that are not ranked.
        share: 0 or more.

    Returns:
        Best first; nobody's score falls, and others keep their order. `signals` gain "graph", what
        was added, and `ranks` the place in the graph's own order, from 1.
    """
    if not masses:
        return tuple(ranked)
    best, places = max(masses.values()), fusion.ranks(masses)
    known = {each.id for each in ranked}
    unranked = [Ranked(id_, 0.0) for id_ in sorted(masses.keys() - known)]
    heard = [
        _lifted(each, share * math.sqrt(masses[each.id] / best), places[each.id])
        if each.id in masses
        else each
        for each in (*ranked, *unranked)
    ]
    return tuple(sorted(heard, key=lambda each: -round(each.score, fusion.PLACES)))


def _lifted(each: Ranked, gain: float, place: int) -> Ranked:
    return Ranked(
        each.id,
        each.score + gain,
        {**each.signals, "graph": gain},
        {**each.ranks, "graph": place},
    )
