"""One ranking from several legs: fuse the scores, then let the session around a hit speak.

Every function is pure, gives the same answer for any order of its inputs, and answers an empty
input with an empty output.
"""

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

RRF_K = 60
RRF_WEIGHT = 0.5
DENSE_WEIGHT = 0.4
FOREIGN_DENSE_WEIGHT = 0.05  # for a language the model does not declare: it may tip near ties
NEIGHBOUR_SHARE = 0.5
SESSION_SHARE = 0.3
SESSION_HITS = 3  # notes of a session that count as its evidence
PLACES = 12  # decimals compared: below them two scores are the same score


@dataclass(frozen=True, slots=True)
class Ranked:
    """One candidate after fusion; `signals` and `ranks` name only the legs that found it."""

    id: int
    score: float
    signals: Mapping[str, float] = field(default_factory=dict)
    ranks: Mapping[str, int] = field(default_factory=dict)


def convex(
    lexical: Mapping[int, float],
    dense: Mapping[int, float],
    *,
    weight: float = DENSE_WEIGHT,
    ties: Mapping[int, tuple[float, ...]] | None = None,
) -> tuple[Ranked, ...]:
    """Rank by a weighted mean of the two legs' scores, each scaled to [0, 1] for this question.

    Args:
        lexical: BM25 score by id, above 0; only the notes the leg found.
        dense: cosine similarity in [-1, 1] by id.
        weight: the dense leg's share in [0, 1]; the lexical leg has the rest. An empty leg leaves
            its share to the other.
        ties: see `ordered`.

    Returns:
        Every candidate of either leg, best first, with a score in [0, 1]. A note that a leg did
        not find has 0 there.

    Raises:
        ValueError: `weight` is outside [0, 1].

    Source:
        Bruch et al. 2023, arXiv:2210.11934: a convex combination of normalised scores against RRF.
    """
    if not 0 <= weight <= 1:
        raise ValueError(f"A weight lies between 0 and 1, not {weight}.")
    share = 1.0 if not lexical else weight if dense else 0.0
    words, meaning = scaled(lexical, floor=0.0), scaled(dense)
    scores = {
        id_: (1 - share) * words.get(id_, 0.0) + share * meaning.get(id_, 0.0)
        for id_ in lexical.keys() | dense.keys()
    }
    return ordered(scores, {"lexical": lexical, "dense": dense}, ties=ties)


def scaled(scores: Mapping[int, float], floor: float | None = None) -> dict[int, float]:
    """Scores as shares of the way from the floor to the best one, in [0, 1].

    Args:
        scores: score by id.
        floor: the score worth nothing, e.g. 0 for BM25; None takes the lowest score given.

    Returns:
        1 for the best. When nothing lies between floor and best (one candidate, or all equal),
        every score is 1: the leg found them and cannot tell them apart.
    """
    if not scores:
        return {}
    best = max(scores.values())
    low = min(scores.values()) if floor is None else floor
    if best <= low:
        return dict.fromkeys(scores, 1.0)
    return {id_: max(0.0, (score - low) / (best - low)) for id_, score in scores.items()}


def rrf(
    lexical: Mapping[int, float],
    dense: Mapping[int, float],
    *,
    k: int = RRF_K,
    weight: float = RRF_WEIGHT,
    ties: Mapping[int, tuple[float, ...]] | None = None,
) -> tuple[Ranked, ...]:
    """Rank by reciprocal ranks: the sum of each leg's share / (k + rank).

    Args:
        lexical: score by id, higher is better.
        dense: score by id, higher is better.
        k: how little the top ranks stand out, positive; 60 in the paper.
        weight: the dense leg's share in [0, 1].
        ties: see `ordered`.

    Returns:
        Every candidate of either leg, best first; equal scores of a leg share a rank.

    Raises:
        ValueError: `k` is not positive, or `weight` outside [0, 1].

    Source:
        Cormack, Clarke & Buettcher 2009, "Reciprocal Rank Fusion outperforms Condorcet".
    """
    if k <= 0 or not 0 <= weight <= 1:
        raise ValueError(f"k is positive and a weight within [0, 1], not {k} and {weight}.")
    scores = dict.fromkeys(lexical.keys() | dense.keys(), 0.0)
    for leg, share in ((lexical, 1 - weight), (dense, weight)):
        for id_, rank in ranks(leg).items():
            scores[id_] += share / (k + rank)
    return ordered(scores, {"lexical": lexical, "dense": dense}, ties=ties)


def ranks(scores: Mapping[int, float]) -> dict[int, int]:
    """The rank of each score from 1; equal scores share the better rank."""
    first: dict[float, int] = {}
    for rank, score in enumerate(sorted(scores.values(), reverse=True), start=1):
        first.setdefault(score, rank)
    return {id_: first[score] for id_, score in scores.items()}


def ordered(
    scores: Mapping[int, float],
    legs: Mapping[str, Mapping[int, float]],
    *,
    ties: Mapping[int, tuple[float, ...]] | None = None,
    limit: int | None = None,
) -> tuple[Ranked, ...]:
    """Scores as a ranking: score, then the caller's keys, then the lower id.

    Args:
        scores: final score by id.
        legs: what each leg said, by the leg's name.
        ties: keys by id, larger is better (verified, sources, time); an id without keys comes last.
        limit: how many places are wanted; None for all.
    """
    places = [(name, leg, ranks(leg)) for name, leg in legs.items()]
    return tuple(
        [
            Ranked(
                id_,
                scores[id_],
                {name: leg[id_] for name, leg, _ in places if id_ in leg},
                {name: place[id_] for name, _, place in places if id_ in place},
            )
            for id_ in order(scores, ties=ties)[:limit]
        ]
    )


def order(
    scores: Mapping[int, float], *, ties: Mapping[int, tuple[float, ...]] | None = None
) -> list[int]:
    """Ids best first, as `ordered` has them."""
    keys = ties or {}
    places = {id_: (round(score, PLACES), keys.get(id_, ())) for id_, score in scores.items()}
    return sorted(sorted(scores), key=places.__getitem__, reverse=True)


def dense_weight(
    query_language: str,
    model_languages: Collection[str],
    *,
    weight: float = DENSE_WEIGHT,
    foreign: float = FOREIGN_DENSE_WEIGHT,
) -> float:
    """How much the dense leg may say about a question in this language.

    Args:
        query_language: ISO 639-1, or "" when unknown (the benefit of the doubt).
        model_languages: what the embedding model declares; empty or holding "*" means any.
        weight: the usual share of the dense leg, in [0, 1].
        foreign: its share for an undeclared language; never more than `weight`.
    """
    declared = not model_languages or "*" in model_languages or query_language in model_languages
    return weight if declared or not query_language else min(weight, foreign)


def with_neighbours(
    scores: Mapping[int, float],
    neighbours: Mapping[int, Iterable[int]],
    *,
    share: float = NEIGHBOUR_SHARE,
) -> dict[int, float]:
    """Scores after the notes just before and after a hit gained share * (the hit's score squared).

    Squared, because a weak hit says little about what surrounds it; a note between two hits takes
    the stronger, because two would lift it above both.

    Args:
        scores: fused score in [0, 1] by id.
        neighbours: for a hit, the notes next to it in its session; they need not be hits. Leave out
            those that are not next to it in time: minutes apart is a conversation, hours is not.
        share: part of the squared score that a neighbour gains, 0 or more.

    Returns:
        Score by id, never below the one given, for all hits and their neighbours. What was gained
        is not passed on.
    """
    gains: dict[int, float] = {}
    for id_, score in scores.items():
        for near in neighbours.get(id_, ()):
            if near != id_:
                gains[near] = max(gains.get(near, 0.0), share * score * score)
    return {id_: scores.get(id_, 0.0) + gains.get(id_, 0.0) for id_ in scores.keys() | gains.keys()}


def with_sessions(
    scores: Mapping[int, float],
    sessions: Mapping[int, Hashable],
    *,
    evidence: Mapping[int, float] | None = None,
    share: float = SESSION_SHARE,
    hits: int = SESSION_HITS,
) -> dict[int, float]:
    """Scores after each session lifted its notes by what its best hits are worth.

    Args:
        scores: score by id, 0 or more.
        sessions: the session of an id; a note without one is left as it is.
        evidence: the hits' own fused scores in [0, 1], when `scores` already hold gains; None
            takes `scores`.
        share: lift of a session of perfect hits, 0 or more.
        hits: how many of a session's best hits count. Their squares are summed and divided by
            `hits`, so one lucky hit says less than several good ones.

    Returns:
        Score by id, never below the one given.

    Raises:
        ValueError: `hits` is not positive.
    """
    if hits <= 0:
        raise ValueError("A session is judged by at least one hit.")
    found: dict[Hashable, list[float]] = {}
    for id_, score in (scores if evidence is None else evidence).items():
        if id_ in sessions:
            found.setdefault(sessions[id_], []).append(score * score)
    lift = {session: share * _mean_of_best(squares, hits) for session, squares in found.items()}
    return {
        id_: score + (lift.get(sessions[id_], 0.0) if id_ in sessions else 0.0)
        for id_, score in scores.items()
    }


def _mean_of_best(values: Sequence[float], count: int) -> float:
    return sum(sorted(values, reverse=True)[:count]) / count
