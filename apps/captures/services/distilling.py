"""Making memories of captures, chunk by chunk. Each chunk keeps its place and fails by itself."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

import structlog
from django.db import connection, transaction

from apps.accounts.actors import of_user
from apps.audit.services import events
from apps.captures.core.extraction import KINDS, What, statements
from apps.captures.core.spans import readable, stretches
from apps.captures.core.transcript import Role
from apps.captures.models import (
    Capture,
    CaptureChunk,
    CaptureState,
    ChunkState,
)
from apps.captures.services import asking
from apps.captures.services.asking import Stretch
from apps.consolidation.services import policies
from apps.consolidation.services.policies import InForce
from apps.curation.core.screen import screen
from apps.kernel import clock
from apps.kernel.errors import Busy, Error, Forbidden, Invalid, ReadOnly
from apps.memories.services import bulk
from apps.memories.services.drafts import Draft

logger = structlog.get_logger(__name__)

CHUNK_BYTES = 32 * 1024
ATTEMPTS = 3  # of a chunk before it is set aside
BATCH = 20  # statements that become memories in one transaction
TAG = "captured"  # of every memory made of a capture
_LEASE = timedelta(minutes=2)
_LATER = timedelta(minutes=5)  # for what is nobody's fault: a closed space, a backlog
_UNSAFE = {"secret", "instruction"}  # kinds of marks that keep a statement out of the memories

_BYTES = """
SELECT substring(data FROM greatest(%(start)s - start, 0)::int + 1
                 FOR (least(%(end)s - start, length(data)) - greatest(%(start)s - start, 0))::int)
  FROM captures_capturepart
 WHERE capture_id = %(capture)s AND start < %(end)s AND start + length(data) > %(start)s
 ORDER BY start
"""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A statement that may become a memory, or the reason why not.

    Attributes:
        span: bytes of the capture that say it; empty where the rules took it word for word.
    """

    what: What
    text: str
    span: tuple[int, ...] = ()
    left_out: str = ""


def distil() -> int:
    """Cut what is complete and distil one chunk that is due; 0 when there was nothing to do."""
    cut = _cut_next()
    chunk = _claim()
    if chunk is None:
        return int(cut)
    try:
        _distil(chunk)
    except Error as error:  # the space is closed, or too much waits: nobody's fault
        _put_back(chunk, error)
    except Exception as error:
        logger.exception("capture_chunk_failed", chunk=chunk.pk)
        _failed(chunk, error)
    return 1


@transaction.atomic
def _cut_next() -> bool:
    """Cut the oldest complete capture into chunks."""
    due = Capture.objects.uncut().select_for_update(skip_locked=True, of=("self",)).first()
    if due is None:
        return False
    now = clock.now()
    data = b"".join(bytes(part) for part in due.parts.values_list("data", flat=True))
    CaptureChunk.objects.bulk_create(
        CaptureChunk(
            capture=due, number=number, start=start, end=end, role=role, next_attempt_at=now
        )
        for number, ((start, end), role) in enumerate(stretches(data, size=CHUNK_BYTES), start=1)
    )
    return True


@transaction.atomic
def _claim() -> CaptureChunk | None:
    """The chunk that waits longest, for two minutes ours; one begun too often is set aside."""
    now = clock.now()
    due = CaptureChunk.objects.due(now).select_for_update(skip_locked=True, of=("self",))
    chunk = due.select_related("capture__space", "capture__author__owner", "capture__owner").first()
    if chunk is None:
        return None
    if chunk.attempts >= ATTEMPTS:  # it took its workers with it
        _set_aside(chunk, chunk.error or "Lost")
        return None
    chunk.attempts += 1
    chunk.next_attempt_at = now + _LEASE
    chunk.save(update_fields=["attempts", "next_attempt_at"])
    return chunk


def _distil(chunk: CaptureChunk) -> None:
    """Turn what a chunk says into memories, from its cursor on.

    Raises:
        Error: the space takes no memories now; the chunk waits.
    """
    capture = chunk.capture
    if not capture.author.is_active or not capture.owner.is_active:
        raise Forbidden("Its author is switched off.")
    told = policies.in_force(capture.space)
    found = _found(chunk, _bytes(chunk), told)
    while chunk.cursor < len(found):
        batch = found[chunk.cursor : chunk.cursor + BATCH]
        _write(chunk, batch, importance=told.policy.distil_importance)
    _done(chunk)


def _found(chunk: CaptureChunk, data: bytes, told: InForce) -> list[_Kept]:
    """Statements of a chunk, the same ones in the same order however often it is asked.

    Rules find the same again. What a model found is kept with the chunk before the first of it is
    written.

    Raises:
        ModelUnavailable: the model does not answer now, or today's budget is spent.
        UnansweredError: it answered nothing that could be used.
    """
    model = asking.model(told.policy)
    if chunk.found is None and chunk.cursor == 0 and model is not None:
        CaptureChunk.objects.filter(pk=chunk.pk).update(
            next_attempt_at=clock.now() + asking.patience() + _LEASE
        )
        stretch = Stretch(chunk.capture, chunk.start, data, _role(chunk))
        answered = asking.ask(model, told.policy, stretch)
        if answered is not None:
            _keep(chunk, answered, told.version)
    if chunk.found is not None:
        return [_judged(what, text, tuple(span)) for what, text, *span in chunk.found]
    chunk.made_by, chunk.policy_version = "rules", told.version
    return [_judged(one.what, one.text) for one in statements(readable(data), role=_role(chunk))]


def _keep(chunk: CaptureChunk, answered: asking.Found, version: int) -> None:
    """Keep what a model found; where somebody else was faster, what they found."""
    mine = CaptureChunk.objects.filter(pk=chunk.pk, found__isnull=True, cursor=0, state=chunk.state)
    mine.update(
        found=answered.rows,
        made_by=answered.made_by,
        policy_version=version,
        counts=dict(answered.counts),
    )
    chunk.refresh_from_db(fields=["found", "made_by", "policy_version", "counts", "cursor"])


def _bytes(chunk: CaptureChunk) -> bytes:
    """What a chunk holds.

    Raises:
        ValueError: some of its bytes are not there.
    """
    values = {"capture": chunk.capture_id, "start": chunk.start, "end": chunk.end}
    with connection.cursor() as cursor:
        cursor.execute(_BYTES, values)
        data = b"".join(bytes(part) for (part,) in cursor.fetchall())
    if len(data) != chunk.end - chunk.start:
        raise ValueError("bytes of the chunk are missing")
    return data


def _role(chunk: CaptureChunk) -> Role:
    return cast("Role", chunk.role)


def _judged(what: What, text: str, span: tuple[int, ...] = ()) -> _Kept:
    return _Kept(what, text, span, unsafe(text))


def unsafe(text: str) -> str:
    """Why a statement becomes no memory, whoever said it: a secret, a planted instruction; or
    empty."""
    codes = sorted(mark.code for mark in screen(text) if mark.kind in _UNSAFE)
    return codes[0] if codes else ""


@transaction.atomic
def _write(chunk: CaptureChunk, batch: Sequence[_Kept], *, importance: float) -> None:
    """Memories of a batch and the place after it, in one transaction."""
    capture = chunk.capture
    drafts = [_draft(chunk, kept, importance) for kept in batch if not kept.left_out]
    results = bulk.remember_many(actor=of_user(capture.author), drafts=drafts)
    counts = Counter(chunk.counts)
    for result in results:
        if isinstance(result.error, ReadOnly | Forbidden | Busy):
            raise result.error
        if isinstance(result.error, Invalid) and result.error.attr == "space":
            raise result.error
        name = "failed" if result.error else "memories" if result.created else "repeated"
        counts[name] += 1
    counts.update(f"left_out.{kept.left_out}" for kept in batch if kept.left_out)
    chunk.counts = dict(counts)
    chunk.cursor += len(batch)
    chunk.save(update_fields=["counts", "cursor", "made_by", "policy_version"])


def _draft(chunk: CaptureChunk, kept: _Kept, importance: float) -> Draft:
    capture = chunk.capture
    return Draft(
        text=kept.text,
        kind=KINDS[kept.what],
        space=capture.space.public_id,
        tags=(TAG,),
        metadata={
            "capture": str(capture.public_id),
            "chunk": chunk.number,
            "what": kept.what,
            **({"bytes": list(kept.span)} if kept.span else {}),
        },
        session_id=capture.session_id,
        importance=importance,
        occurred_at=capture.occurred_at,
    )


@transaction.atomic
def _done(chunk: CaptureChunk) -> None:
    chunk.state, chunk.attempts, chunk.error = ChunkState.DONE, 0, ""
    chunk.found = None  # its words stand in memories now
    chunk.save(update_fields=["state", "attempts", "error", "found", "made_by", "policy_version"])
    _settle(chunk)


@transaction.atomic
def _put_back(chunk: CaptureChunk, error: Error) -> None:
    """Try again later; that does not count against the chunk."""
    chunk.refresh_from_db(fields=["cursor", "counts"])
    chunk.attempts, chunk.error = 0, error.code
    chunk.next_attempt_at = clock.now() + _LATER
    chunk.save(update_fields=["attempts", "error", "next_attempt_at"])


@transaction.atomic
def _failed(chunk: CaptureChunk, error: Exception) -> None:
    """Try again, a little later each time, or set it aside."""
    chunk.error = getattr(error, "reason", type(error).__name__)[:100]
    if chunk.attempts >= ATTEMPTS:
        _set_aside(chunk, chunk.error)
        return
    chunk.next_attempt_at = clock.now() + _LEASE * chunk.attempts
    chunk.save(update_fields=["error", "next_attempt_at"])


def _set_aside(chunk: CaptureChunk, error: str) -> None:
    """A chunk that cannot be distilled waits for somebody to try it again; it is never dropped."""
    chunk.state, chunk.error = ChunkState.ASIDE, error
    chunk.save(update_fields=["state", "error"])
    _settle(chunk)


def _settle(chunk: CaptureChunk) -> None:
    """The capture's state once none of its chunks waits, under the lock of its row."""
    capture = Capture.objects.select_for_update(of=("self",)).get(pk=chunk.capture_id)
    states = set(capture.chunks.values_list("state", flat=True))
    if ChunkState.WAITING in states:
        return
    capture.state = CaptureState.ASIDE if ChunkState.ASIDE in states else CaptureState.DONE
    capture.save(update_fields=["state"])
    events.record(
        action="capture.distil",
        by=events.By(organisation=capture.organisation.public_id),
        space=capture.space.public_id,
        object_type="capture",
        object_ids=[capture.public_id],
        detail=_total(capture),
    )


def _total(capture: Capture) -> dict[str, int]:
    total: Counter[str] = Counter()
    for counts in capture.chunks.values_list("counts", flat=True):
        total.update(counts)
    return dict(total)
