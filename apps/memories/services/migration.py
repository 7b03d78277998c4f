"""Changing the embedding model while the hub serves: fill beside, compare, switch, go back.

Every step can be killed and begun again: what is done is what is in the database. Completeness
rests on three things. Writers keep every registered model (`index.put`). After a model is
registered, `settle` waits until no process and no transaction is left that did not know of it.
Only then does `lacking` count, and it looks at all memories.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet

from apps.audit.services import events
from apps.kernel import clock
from apps.kernel.errors import Conflict, Invalid
from apps.memories.models import EmbeddingModel, EmbeddingRole, Memory, MemoryIndex, Status
from apps.memories.services import encoders, index, vector_indexes
from apps.providers.embedders import Embedder, EmbeddingSettings, embedder_of
from apps.providers.errors import EmbedderUnavailable
from apps.providers.vectors import Vectors
from apps.spaces.models import Organisation
from apps.usage.models import Purpose
from apps.usage.services.ledger import charging

_ATTEMPTS = 6
_FIRST_PAUSE = 1.0  # seconds; doubles
_DELETED_AT_ONCE = 5_000
_CHECKED_EVERY = 0.2  # seconds
_SETTINGS_KEY = "EMBEDDING_API_KEY"
_others: dict[str, Callable[[str], int]] = {}


def also_complete(what: str, missing: Callable[[str], int]) -> None:
    """Let a switch wait for another room's vectors, too; `missing` counts those a model lacks."""
    _others[what] = missing


def begin(*, config: EmbeddingSettings, api_key_variable: str = _SETTINGS_KEY) -> EmbeddingModel:
    """Register the model to move to; from now on every write keeps its rows, too. Twice is fine.

    Raises:
        Invalid: no embedder can be built from `config`.
        Conflict: it is the active model already, or another one stands beside the active one.
    """
    if problem := config.problem():
        raise Invalid(problem)
    wanted = _row(config, EmbeddingRole.NEXT, api_key_variable)
    if not vector_indexes.nameable(wanted.model):
        raise Invalid("The model's name has characters that cannot be used, or is too long.")
    with _changing():
        rows = {row.role: row for row in EmbeddingModel.objects.all()}
        beside = rows.get(EmbeddingRole.NEXT) or rows.get(EmbeddingRole.PREVIOUS)
        if wanted.model == encoders.active().model:
            raise Conflict(f"{wanted.model} is the active model already.")
        if beside is not None:
            return _resumed(beside, wanted)
        if not rows:
            _row(EmbeddingSettings.current(), EmbeddingRole.ACTIVE, _SETTINGS_KEY).save()
        wanted.save()
        _record("embeddings.begin", wanted)
    return wanted


def settle() -> None:
    """Wait until every process knows the registered models and all earlier transactions ended.

    Call outside a transaction. Takes two seconds, more while a long transaction runs.
    """
    time.sleep(encoders.REMEMBERED + 0.5)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        now = cursor.fetchone()[0]
        while True:
            cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
            if cursor.fetchone()[0] > now:
                return
            time.sleep(_CHECKED_EVERY)


def lacking(model: str) -> QuerySet[Memory]:
    """Memories without a row of the model, in the order they are filled."""
    rows = MemoryIndex.objects.filter(memory=OuterRef("pk"), model=model)
    return Memory.objects.exclude(status=Status.ERASED).filter(~Exists(rows)).order_by("pk")


def pending(model: str) -> int:
    """Rows of the model whose vector is still to be made."""
    return int(MemoryIndex.objects.pending().filter(model=model).count())


def fill(embedder: Embedder, *, batch: int) -> Iterator[int]:
    """Write the rows that memories lack of a model, oldest first; yields how many, by batch.

    Returns when a walk over all memories finds none lacking. A text that the model refuses alone
    becomes pending work of the worker.

    Raises:
        EmbedderUnavailable: the model did not answer in about half a minute; begin again later.
    """
    while lacking(embedder.model).exists():
        after, written = 0, 0
        while memories := list(lacking(embedder.model).filter(pk__gt=after)[:batch]):
            after, done = memories[-1].pk, _fill(embedder, memories)
            written += done
            yield done
        if not written:  # somebody holds them all
            time.sleep(_CHECKED_EVERY)


def switch(*, pending_allowed: int = 100) -> EmbeddingModel:
    """Let the filled model answer; the one before it is kept current for a way back.

    Raises:
        Conflict: no model stands ready, memories lack its rows, more than `pending_allowed` of its
            vectors are still to be made, or its index is missing.
    """
    return _exchange(EmbeddingRole.NEXT, EmbeddingRole.PREVIOUS, "switch", pending_allowed)


def rollback(*, pending_allowed: int = 100) -> EmbeddingModel:
    """Let the previous model answer again; the newer one stays beside it, to switch to once more.

    Raises:
        Conflict: as `switch`, but it may be without an index, as it was.
    """
    return _exchange(EmbeddingRole.PREVIOUS, EmbeddingRole.NEXT, "rollback", pending_allowed)


def unregister() -> None:
    """Stop keeping any model but the active one; its rows are then for `sweep`."""
    with _changing():
        for row in EmbeddingModel.objects.exclude(role=EmbeddingRole.ACTIVE):
            _record("embeddings.drop", row)
            row.delete()


def unused() -> list[str]:
    """Ids of models that have rows and are not kept any more."""
    kept = {embedder.model for embedder in encoders.written()}
    stored = MemoryIndex.objects.order_by().values_list("model", flat=True).distinct()
    return sorted(set(stored) - kept)


def sweep(model: str) -> Iterator[int]:
    """Delete index and rows of an unused model; yields how many rows, by batch.

    Raises:
        Conflict: the model is in use.
    """
    if model in {embedder.model for embedder in encoders.written()}:
        raise Conflict(f"{model} is in use.")
    vector_indexes.drop(model)
    after = 0
    rows = MemoryIndex.objects.filter(model=model).order_by("pk")
    while ids := list(rows.filter(pk__gt=after).values_list("pk", flat=True)[:_DELETED_AT_ONCE]):
        after = ids[-1]
        MemoryIndex.objects.filter(pk__in=ids).delete()
        yield len(ids)


def _resumed(beside: EmbeddingModel, wanted: EmbeddingModel) -> EmbeddingModel:
    if beside.model != wanted.model:
        raise Conflict(f"{beside.model} is kept beside the active model: run drop-old first.")
    if beside.role == EmbeddingRole.PREVIOUS:
        raise Conflict(f"{beside.model} is the previous model, complete: run rollback.")
    for name in ("name", "compute", "api_base", "api_key_variable", "languages"):
        setattr(beside, name, getattr(wanted, name))  # a moved server is no reason to start anew
    beside.save()
    return beside


def _exchange(
    ready: EmbeddingRole, left: EmbeddingRole, verb: str, pending_allowed: int
) -> EmbeddingModel:
    row = EmbeddingModel.objects.filter(role=ready).first()
    if row is None:
        raise Conflict(f"There is no {ready.value} model to {verb} to.")
    _check_complete(row, pending_allowed)
    if ready == EmbeddingRole.NEXT:  # the previous one may have served without
        _check_indexed(row)
    with _changing():
        old = EmbeddingModel.objects.get(role=EmbeddingRole.ACTIVE)
        now = clock.now()
        for each, role in ((old, left), (row, EmbeddingRole.ACTIVE)):
            changed = EmbeddingModel.objects.filter(pk=each.pk, role=each.role)
            if not changed.update(role=role, since=now):
                raise Conflict("Another switch came first.")
        _record(f"embeddings.{verb}", row)
    row.refresh_from_db()
    return row


def _check_complete(row: EmbeddingModel, pending_allowed: int) -> None:
    if lacking(row.model).exists():
        raise Conflict(f"Memories lack rows of {row.model}: run migrate again.")
    for what, missing in sorted(_others.items()):
        if count := missing(row.model):
            raise Conflict(
                f"{count:,} {what} wait for vectors of {row.model}: the worker is at it."
            )
    waiting = pending(row.model)
    if waiting > pending_allowed:
        raise Conflict(
            f"{waiting:,} vectors of {row.model} are still to be made; {pending_allowed:,} may be."
        )


def _check_indexed(row: EmbeddingModel) -> None:
    embedder = embedder_of(encoders.config_of(row))
    indexable = embedder.dimensions <= vector_indexes.MAX_DIMENSIONS
    if indexable and not vector_indexes.exists(row.model):
        raise Conflict(f"The index of {row.model} is missing: run migrate again.")


def _fill(embedder: Embedder, memories: Sequence[Memory]) -> int:
    vectors = _patiently(embedder, [memory.text for memory in memories])
    by_id = {memory.pk: place for place, memory in enumerate(memories)}
    with transaction.atomic():
        # Who changes a memory locks it first, and then sees the rows written here; who is at it
        # now is left for the next walk
        locked = Memory.objects.select_for_update(skip_locked=True, no_key=True).order_by("pk")
        same = [
            memory
            for memory in locked.filter(pk__in=by_id)
            if memory.content_hash == memories[by_id[memory.pk]].content_hash
        ]
        places = [by_id[memory.pk] for memory in same]
        index.fill(same, embedder.model, None if vectors is None else vectors[places])
    return len(same)


def _patiently(embedder: Embedder, texts: Sequence[str]) -> Vectors | None:
    """Vectors; None when the model answers others but not these."""
    for attempt in range(_ATTEMPTS):
        try:
            with charging(Purpose.EMBEDDING):  # of all organisations
                return embedder.embed(texts)
        except EmbedderUnavailable:
            if attempt + 1 == _ATTEMPTS:
                embedder.embed(["Is anybody there?"])  # raises when it is the model, not the texts
        time.sleep(_FIRST_PAUSE * 2**attempt)
    return None


def _row(config: EmbeddingSettings, role: EmbeddingRole, api_key_variable: str) -> EmbeddingModel:
    return EmbeddingModel(
        model=embedder_of(config).model,
        role=role,
        name=config.model,
        compute=config.compute if config.model.startswith("local:") else "",
        dimensions=config.dimensions,
        languages=sorted(config.languages),
        api_base=config.api_base or "",
        api_key_variable=api_key_variable,
        since=clock.now(),
    )


@contextmanager
def _changing() -> Iterator[None]:
    """One change of the registered models at a time; what this process remembers is dropped."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("LOCK TABLE memories_embeddingmodel IN SHARE ROW EXCLUSIVE MODE")
            encoders.forget()
            yield
    finally:
        encoders.forget()


def _record(action: str, row: EmbeddingModel) -> None:
    """Once for every organisation: it changes how all of their memories are found, and each one's
    auditors see what is recorded for theirs."""
    organisations = Organisation.objects.order_by("pk").values_list("public_id", flat=True)
    for by in [events.By(organisation=each) for each in organisations] or [events.SYSTEM]:
        events.record(action=action, by=by, reason=row.model)
