"""The steps of an erasure, in order. Each may be repeated: what is gone is not found again."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

from django.db import transaction

from apps.governance.services import (
    blanking,
    identity,
    publications,
    requests,
    traces,
    transcripts,
)
from apps.governance.services.subjects import Subject
from apps.memories.models import TermCount
from apps.memories.services import statistics

BATCH = 200
_MOMENT = 0.05  # seconds
OUTSIDE = frozenset({"statistics", "cache"})  # steps that a rehearsal leaves out

Part = Callable[[], Counter[str]]  # one transaction; returns rows by table
Parts = Iterator[Part]


def steps() -> list[tuple[str, Callable[[Subject], Parts]]]:
    """Names and parts. Publications and requests are decided while the person's words are there
    to be compared with; identity goes last, since everything else is found by it."""
    return [
        ("publications", _publications),
        ("requests", _requests),
        ("transcripts", transcripts.parts),
        ("memories", _memories),
        ("traces", _traces),
        ("statistics", _statistics),
        ("cache", _cache),
        ("identity", _identity),
    ]


def _publications(subject: Subject) -> Parts:
    for pk in list(publications.affected(subject).order_by("pk").values_list("pk", flat=True)):
        yield partial(publications.settle, subject, pk)


def _requests(subject: Subject) -> Parts:
    for pk in list(requests.affected(subject).order_by("pk").values_list("pk", flat=True)):
        yield partial(requests.settle, subject, pk)


def _memories(subject: Subject) -> Parts:
    while subject.own().exists():
        yield partial(_blank_some, subject)


@transaction.atomic
def _blank_some(subject: Subject) -> Counter[str]:
    locked = subject.own().select_for_update(of=("self",)).order_by("pk")[:BATCH]
    return blanking.blank(subject.warrant, list(locked))


def _traces(subject: Subject) -> Parts:
    yield partial(traces.forget, subject)


def _cache(subject: Subject) -> Parts:
    yield partial(identity.forget_cached, subject)


def _identity(subject: Subject) -> Parts:
    yield partial(identity.forget, subject)


def _statistics(_subject: Subject) -> Parts:
    """Terms are counted by their letters: what adds up to zero must be folded away."""
    last = TermCount.objects.order_by("-pk").values_list("pk", flat=True).first()
    while TermCount.objects.filter(fresh=True, pk__lte=last or 0).exists():
        yield _fold


def _fold() -> Counter[str]:
    if not statistics.fold():  # the sweep is at it
        time.sleep(_MOMENT)
    return Counter()
