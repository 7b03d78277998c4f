"""From scored candidates to a ranking: fuse the legs, then hear the session around the hits."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from apps.recall.core import fusion
from apps.recall.core.fusion import Ranked
from apps.recall.core.questions import Fusion

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
    limit: int,
) -> tuple[Ranked, ...]:
    """Rank again after neighbours and sessions were heard.

    Args:
        fused: from `fuse`.
        candidates: what was fused; their sessions count.
        nearby: for a hit, the memories said just before and after it.
        limit: how many places of the ranking are wanted.

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
