"""What this room tells Prometheus: today's books, UTC; they begin at 0 at midnight."""

from collections.abc import Iterator

from django.db.models import Count, F, Sum
from django.db.models.functions import Coalesce

from apps.kernel import clock
from apps.kernel.metrics import Reading, Sample
from apps.usage.models import ModelCall
from apps.usage.querysets import ModelCallQuerySet


def _today() -> ModelCallQuerySet:
    midnight = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return ModelCall.objects.filter(at__gte=midnight).order_by()


def _calls() -> Iterator[Sample]:
    yield from (
        ((purpose, outcome), count)
        for purpose, outcome, count in _today()
        .values_list("purpose", "outcome")
        .annotate(Count("pk"))
    )


def _tokens() -> Iterator[Sample]:
    spent = Coalesce(Sum(F("prompt_tokens") + F("completion_tokens")), 0)
    sums = _today().values("purpose").annotate(spent=spent)
    yield from (((purpose,), count) for purpose, count in sums.values_list("purpose", "spent"))


def _cost() -> Iterator[Sample]:
    sums = _today().values("purpose").annotate(spent=Sum("cost"))
    for purpose, cost in sums.values_list("purpose", "spent"):
        yield (purpose,), float(cost or 0)


READINGS = (
    Reading(
        "model_calls_today",
        "Requests to models over the network since midnight, UTC.",
        _calls,
        ("purpose", "outcome"),
    ),
    Reading("model_tokens_today", "Their tokens, both directions.", _tokens, ("purpose",)),
    Reading(
        "model_cost_today_dollars",
        "Their price where LiteLLM's table knows the model.",
        _cost,
        ("purpose",),
    ),
)
