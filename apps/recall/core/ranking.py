"""From scored candidates to a ranking: fuse the legs, then hear the session around the hits."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from apps.recall.core import fusion
from apps.recall.core.fusion import Ranked
from apps.recall.core.questions import Fusion

CANON_LEAD = 0.1  # of a score: what is hardly more relevant than canon comes after it

Session = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One memory that a leg found, or that stands next to one.

    Attributes:
        id: row id of the memory.
        lexical: BM25 score above 0; None when no word of the question is in it.
        dense: cosine similarity in [-1, 1]; None without vectors.
        session: its space and session; None outside of sessions.
        ties: what decides between equal scores, larger is better: corroborated, sources, time.
    """

    id: int
    lexical: float | None = None
    dense: float | None = None
    session: Session | None = None
    ties: tuple[float, ...] = ()


def fuse(candidates: Iterable[Candidate], *, method: Fusion, weight: float) -> tuple[Ranked, ...]:
    """Rank the candidates by their own words and meaning.

    Args:
        candidates: in any order, each id once.
        method: "convex" or "rrf".
        weight: the dense leg's share in [0, 1].

    Returns:
        Best first, scores in [0, 1]; reciprocal-rank scores are given as shares of the best one,
        so that both methods speak the same scale.
    """
    known = list(candidates)
    lexical = {each.id: each.lexical for each in known if each.lexical is not None}
    dense = {each.id: each.dense for each in known if each.dense is not None}
    ties = {each.id: each.ties for each in known}
    if method == "convex":
        return fusion.convex(lexical, dense, weight=weight, ties=ties)
    ranked = fusion.rrf(lexical, dense, weight=weight, ties=ties)
    scores = fusion.scaled({each.id: each.score for each in ranked}, floor=0.0)
    return fusion.ordered(scores, {"lexical": lexical, "dense": dense}, ties=ties)


def with_context(
    fused: Sequence[Ranked],
    candidates: Iterable[Candidate],
    nearby: Mapping[int, Collection[Candidate]],
    *,
    limit: int | None,
) -> tuple[Ranked, ...]:
    """Rank again after neighbours and sessions were heard.

    Args:
        fused: from `fuse`.
        candidates: what was fused; their sessions count.
        nearby: for a hit, the memories said just before and after it.
        limit: how many places of the ranking are wanted; None for all.

    Returns:
        Hits and neighbours, best first. `signals` gain "fused", the score before, and what lifted
        a memory: "neighbours" and "session", where above 0.
    """
    known = {near.id: near for found in nearby.values() for near in found}
    known |= {each.id: each for each in candidates}
    own = {each.id: each.score for each in fused}
    sessions = {id_: each.session for id_, each in known.items() if each.session}
    beside = {id_: [near.id for near in found] for id_, found in nearby.items()}
    near = fusion.with_neighbours(own, beside)
    final = fusion.with_sessions(near, sessions, evidence=own)
    ties = {id_: each.ties for id_, each in known.items()}
    found = {each.id: each for each in fused}
    lifts = {"fused": own, "neighbours": _gains(near, own), "session": _gains(final, near)}
    return tuple(
        [
            _lifted(found.get(id_), id_, final[id_], lifts)
            for id_ in fusion.order(final, ties=ties)[:limit]
        ]
    )


def with_guesses(candidates: Sequence[Candidate], waiting: Collection[int]) -> Sequence[Candidate]:
    """Candidates of which those whose vector is still to be made are judged by words alone.

    Their cosine is taken to lie between the lowest and the best one of the others as their words do
    between nothing and the best: new canon must not stand behind all that has a vector.

    Args:
        candidates: of both legs.
        waiting: ids of those without a vector.
    """
    dense = [each.dense for each in candidates if each.dense is not None]
    words = max((each.lexical or 0.0 for each in candidates), default=0.0)
    if not dense or not words:
        return candidates
    low, best = min(dense), max(dense)
    return [
        replace(each, dense=low + (best - low) * (each.lexical or 0.0) / words)
        if each.id in waiting and each.dense is None
        else each
        for each in candidates
    ]


def led(
    ranked: Sequence[Ranked], leading: Collection[int], *, lead: float = CANON_LEAD
) -> tuple[Ranked, ...]:
    """Rank again with `lead` added to the scores of some, who also win a tie.

    Args:
        ranked: best first.
        leading: ids that come first at equal relevance.
        lead: how much more relevant another may be and still come after them; 0 or more.

    Returns:
        The same, best first; the others keep their order. `signals` gain "canon", what was added.
    """
    lifted = [
        replace(each, score=each.score + lead, signals={**each.signals, "canon": lead})
        if each.id in leading
        else each
        for each in ranked
    ]
    order = sorted(
        lifted, key=lambda each: (-round(each.score, fusion.PLACES), each.id not in leading)
    )
    return tuple(order)


def interleaved(memories: Sequence[int], sections: Sequence[int], *, limit: int) -> list[int]:
    """Where the sections stand among memories that may have been put in another order since.

    Args:
        memories: their positions in one ranking, in the order they are shown.
        sections: positions in the same ranking, ascending.
        limit: sections behind so many memories are left out.

    Returns:
        For each section that stays, how many of the memories are ahead of it; ascending.
    """
    ahead = [
        next((at for at, place in enumerate(memories) if place > section), len(memories))
        for section in sections
    ]
    return sorted(place for place in ahead if place < limit)


def _lifted(
    each: Ranked | None, id_: int, score: float, lifts: Mapping[str, Mapping[int, float]]
) -> Ranked:
    lifted = {name: lift[id_] for name, lift in lifts.items() if id_ in lift}
    if each is None:
        return Ranked(id_, score, lifted)
    return Ranked(id_, score, {**each.signals, **lifted}, each.ranks)


def _gains(after: Mapping[int, float], before: Mapping[int, float]) -> dict[int, float]:
    gains = {id_: score - before.get(id_, 0.0) for id_, score in after.items()}
    return {id_: gain for id_, gain in gains.items() if gain > 0}
