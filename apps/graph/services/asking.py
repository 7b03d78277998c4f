"""Asking a language model what memories relate: pending work of its own, after they were read.

The deterministic extractor never waits for it. A question is a row; its answer is held against the
text (`core.hearing`), stored, and the memory is read again with it. Every text goes alone.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F

from apps.graph.core import hearing
from apps.graph.models import Pending, Reading
from apps.kernel import clock, jobs
from apps.memories.models import Memory
from apps.providers import outbound, prompts
from apps.providers.errors import ModelUnavailable
from apps.providers.language import NULL_MODEL, LanguageModel, get_language_model
from apps.providers.outbound import Gate
from apps.providers.protocol import Relations, Task, TextItem, Why
from apps.usage.models import Purpose
from apps.usage.services import ledger

logger = structlog.get_logger(__name__)

TASK: Task[TextItem, Relations] = prompts.relations(hearing.TYPES, hearing.RELATIONS)
LONGEST = 8_000  # characters of a text that is asked about; a longer one is a document
ATTEMPTS = 3  # answers in another shape after which a text is left alone
_LEASE = timedelta(minutes=10)
_LATER = timedelta(minutes=15)  # while the model is away
_USED_UP = timedelta(hours=1)  # while the day's calls are used up
_NOTHING: dict[str, list[dict[str, str]]] = {"entities": [], "relations": []}


class _AwayError(Exception):
    """The model is away, or may not be asked any more: what else was claimed waits, too."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__()
        self.wait = wait


def queue(memories: Iterable[Memory]) -> None:
    """Note that a model is to be asked about these, unless it was about the same revision.

    Without a configured model nothing is noted.
    """
    if _model() is None:
        return
    rows = {memory.pk: memory for memory in memories}
    asked = Reading.objects.filter(memory__in=rows)
    same = {pk for pk, n in asked.values_list("memory_id", "revision") if rows[pk].revision == n}
    Reading.objects.bulk_create(
        (
            Reading(memory=memory, revision=memory.revision, next_attempt_at=clock.now())
            for pk, memory in rows.items()
            if pk not in same
        ),
        update_conflicts=True,
        unique_fields=["memory"],
        update_fields=["revision", "found", "model", "attempts", "next_attempt_at"],
    )


def ask(*, batch: int = 10) -> int:
    """Ask about up to `batch` memories that are due; returns how many answers were taken.

    Blocks for the network: never inside a transaction. A claim is a lease, so that a killed worker
    loses nothing. While the model is away, or the day's calls are used up, what is due waits.
    """
    model, gate = _model(), outbound.gate()
    if model is None or gate is None:
        return 0
    claimed = _claim(clock.now(), batch)
    for done, row in enumerate(claimed):
        try:
            _ask_about(row, model, gate)
        except _AwayError as away:
            _put_back(claimed[done:], clock.now() + away.wait)
            return 0
    return len(claimed)


def _model() -> LanguageModel | None:
    model = get_language_model()
    return None if model is None or model.model == NULL_MODEL else model


@transaction.atomic
def _claim(now: datetime, batch: int) -> Sequence[Reading]:
    due = Reading.objects.due(now).select_related("memory")
    rows = list(due.select_for_update(skip_locked=True, of=("self",))[:batch])
    Reading.objects.filter(pk__in=[row.pk for row in rows]).update(next_attempt_at=now + _LEASE)
    return rows


def _put_back(rows: Iterable[Reading], until: datetime) -> None:
    Reading.objects.filter(pk__in=[row.pk for row in rows]).update(next_attempt_at=until)


def _ask_about(row: Reading, model: LanguageModel, gate: Gate) -> None:
    memory = row.memory
    if memory.revision != row.revision:  # written meanwhile: noted anew when that is read
        return
    if len(memory.text) > LONGEST or not gate.sayable(memory.text):
        _store(row, _NOTHING, "")
        return
    answer = _answered(row, model, gate)
    if answer is not None:
        _store(row, hearing.supported(memory.text, asdict(answer)), model.model)
    elif row.attempts + 1 >= ATTEMPTS:
        _store(row, _NOTHING, model.model)
    else:
        Reading.objects.filter(pk=row.pk).update(attempts=F("attempts") + 1)


def _answered(row: Reading, model: LanguageModel, gate: Gate) -> Relations | None:
    """The answer as it came; None where it is none.

    Raises:
        _AwayError: nobody was there to answer, or nobody may be asked.
    """
    organisation_id = row.memory.organisation_id
    if gate.left(organisation_id) < 1:
        raise _AwayError(_USED_UP)
    item = TextItem(secrets.token_hex(6), row.memory.text)
    charging = ledger.charging(
        Purpose.GRAPH, organisation=organisation_id, space=row.memory.space_id
    )
    try:
        with charging:
            completion = model.complete(TASK, [item])
    except ModelUnavailable as error:
        gate.spend(organisation_id, error.spent)
        logger.warning("graph_without_model", error=str(error))
        raise _AwayError(_LATER) from error
    gate.spend(organisation_id, completion.spent)
    if completion.trouble or completion.because(Why.NOT_ASKED):
        raise _AwayError(_LATER)
    return completion.answers[0] if completion.answers else None


@transaction.atomic
def _store(row: Reading, found: dict[str, list[dict[str, str]]], model: str) -> None:
    """Keep the answer, and read the memory again with it."""
    kept = Reading.objects.filter(pk=row.pk, revision=row.revision)
    if not kept.update(found=found, model=model) or not any(found.values()):
        return
    Pending.objects.bulk_create(
        [Pending(memory_id=row.memory_id, next_attempt_at=clock.now())],
        update_conflicts=True,
        unique_fields=["memory"],
        update_fields=["attempts", "next_attempt_at"],
    )
    jobs.enqueue("graph.read_pending")
