"""A second look at the best hits by a model that reads question and text together."""

from collections.abc import Mapping
from dataclasses import replace

import structlog

from apps.providers.errors import RerankerUnavailable
from apps.providers.rerank import Reranker
from apps.recall.core.fusion import Ranked
from apps.recall.services.finding import Found
from apps.usage.models import Purpose
from apps.usage.services.ledger import charging

logger = structlog.get_logger(__name__)


def reranked(reranker: Reranker, query: str, found: Found, texts: Mapping[int, str]) -> Found:
    """The ranking by relevance, which becomes the score and the signal "rerank".

    A network call: never inside a transaction. Equally relevant hits keep their order; those the
    model gave no score come last, with 0 or less.

    Args:
        reranker: from `get_reranker`.
        query: the question.
        found: its ranking.
        texts: by memory id; a hit without one is left out.

    Returns:
        What was found, ranked anew; as it was and `unjudged` when the model is unavailable.
    """
    known = [each for each in found.ranked if each.id in texts]
    if not known:
        return found
    try:
        with charging(Purpose.RECALL):
            scores = reranker.relevance(query, [texts[each.id] for each in known])
    except RerankerUnavailable as error:
        logger.warning("recall_without_rerank", error=str(error))
        return replace(found, unjudged=True)
    judged = sorted(scores, key=lambda place: (-scores[place], place))
    least = min(0.0, *scores.values())
    rest = [replace(each, score=least) for at, each in enumerate(known) if at not in scores]
    return replace(found, ranked=[*(_judged(known[at], scores[at]) for at in judged), *rest])


def _judged(each: Ranked, score: float) -> Ranked:
    return replace(each, score=score, signals={**each.signals, "rerank": score})
