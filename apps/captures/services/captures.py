"""Taking transcripts in, giving them back byte for byte, and deleting them."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from apps.audit.services import events
from apps.captures import guards
from apps.captures.models import Capture, CapturePart, CaptureState, ChunkState
from apps.captures.services import backlog
from apps.kernel import clock, jobs
from apps.kernel.errors import Conflict, Forbidden, Invalid, LimitExceeded
from apps.spaces import access
from apps.spaces.models import Space
from apps.spaces.services import writing

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

PART_BYTES = 2 * 1024 * 1024
MOST_OPEN = 20  # captures of a person that are being uploaded: what is begun waits for nothing


@dataclass(frozen=True, slots=True)
class About:
    """What is said of a capture beside its bytes."""

    session_id: str = ""
    title: str = ""
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Captured:
    """A capture; `created` is False when the same bytes had been captured before."""

    capture: Capture
    created: bool


def capture(*, actor: "Actor", data: bytes, about: About) -> Captured:
    """Keep a whole transcript in the actor's personal space; the same bytes again are the same one.

    Raises:
        Forbidden, ReadOnly: the actor writes to no personal space, or it takes no writes.
        Invalid: no bytes.
        LimitExceeded: more than 2 MiB; upload it in parts.
        Backlogged: too many chunks wait to be distilled.
    """
    space = _personal(actor)
    _check_part(data, attr="text")
    digest = hashlib.sha256(data).hexdigest()
    earlier = _same(actor, space, digest)
    if earlier is not None:
        return Captured(earlier, created=False)
    backlog.admit()
    try:
        with transaction.atomic():
            made = _begun(actor, space, about)
            CapturePart.objects.create(capture=made, start=0, data=data)
            made.size = len(data)
            _close(actor, made, digest, None)
    except IntegrityError:  # the same bytes came twice at once
        earlier = _same(actor, space, digest)
        if earlier is None:
            raise
        return Captured(earlier, created=False)
    return Captured(made, created=True)


@transaction.atomic
def begin(*, actor: "Actor", about: About) -> Capture:
    """An empty capture, to be filled by `append` and closed by `complete`.

    Raises:
        Forbidden, ReadOnly: the actor writes to no personal space, or it takes no writes.
        LimitExceeded: the person and their agents have `MOST_OPEN` such captures.
        Backlogged: too many chunks wait to be distilled.
    """
    space = _personal(actor)
    backlog.admit()
    begun = Capture.objects.filter(owner=actor.principal, state=CaptureState.OPEN)
    if begun.count() >= MOST_OPEN:
        raise LimitExceeded(
            f"{MOST_OPEN} captures are still being uploaded; complete or delete one first."
        )
    return _begun(actor, space, about)


@transaction.atomic
def append(*, actor: "Actor", capture: Capture, offset: int, data: bytes) -> Capture:
    """Add a part that begins at byte `offset`; a part that came already is taken once.

    Raises:
        Conflict: the capture is complete, or the part does not begin where the last one ended.
        Invalid: no bytes.
        LimitExceeded: more than 2 MiB, or the capture would become larger than
            `CAPTURE_MAX_BYTES`.
        Forbidden, ReadOnly: the actor may not write there, or it takes no writes.
    """
    _personal(actor)
    _check_part(data, attr="body")
    locked = _locked(capture)
    if locked.state != CaptureState.OPEN:
        raise Conflict("The capture is complete; nothing can be added.")
    if offset < locked.size and _has(locked, offset, data):
        return locked
    if offset != locked.size:
        raise Conflict(f"The next part begins at byte {locked.size:,}, not at {offset:,}.")
    if locked.size + len(data) > settings.CAPTURE_MAX_BYTES:
        raise LimitExceeded(
            f"The capture would have {locked.size + len(data):,} bytes; the limit is"
            f" {settings.CAPTURE_MAX_BYTES:,} bytes.",
            attr="body",
        )
    CapturePart.objects.create(capture=locked, start=offset, data=data)
    locked.size += len(data)
    locked.save(update_fields=["size"])
    return locked


@transaction.atomic
def complete(*, actor: "Actor", capture: Capture, sha256: str = "") -> Capture:
    """Close an uploaded capture; it is distilled from now on. Twice is fine.

    Args:
        actor: who closes it.
        capture: the capture.
        sha256: of all bytes, in hex, to be compared; empty to trust what came.

    Raises:
        Invalid: it has no bytes, or others than `sha256` says.
        Forbidden, ReadOnly: the actor may not write there, or it takes no writes.
    """
    space = _personal(actor)
    locked = _locked(capture)
    digest = locked.sha256 or _digest(locked)
    if not locked.size:
        raise Invalid("The capture has no bytes yet.", attr="sha256")
    if sha256 and sha256.lower() != digest:
        raise Invalid(f"The bytes that came have the SHA-256 {digest}.", attr="sha256")
    if locked.state == CaptureState.OPEN:
        _close(actor, locked, digest, _same(actor, space, digest))
    return locked


@transaction.atomic
def delete(*, actor: "Actor", capture: Capture) -> None:
    """Delete the transcript; memories that were made of it stay.

    Raises:
        Forbidden, ReadOnly: the actor may not write there, or it takes no writes.
        Error: a room above has a reason to keep it, such as a legal hold.
    """
    _personal(actor)
    locked = _locked(capture)
    guards.check(locked)
    public_id = locked.public_id
    space = locked.space.public_id
    locked.delete()
    _record("capture.delete", actor, public_id, space)


@transaction.atomic
def retry(*, actor: "Actor", capture: Capture) -> int:
    """Try the chunks again that were set aside, from where each had come; returns how many.

    Raises:
        Forbidden, ReadOnly: the actor may not write there, or it takes no writes.
    """
    space = _personal(actor)
    locked = _locked(capture)
    aside = locked.chunks.filter(state=ChunkState.ASIDE)
    found = aside.update(
        state=ChunkState.WAITING, attempts=0, error="", next_attempt_at=clock.now()
    )
    if found:
        locked.state = CaptureState.WAITING
        locked.save(update_fields=["state"])
        _record("capture.retry", actor, locked.public_id, space.public_id)
        jobs.enqueue("captures.distil")
    return found


def content(capture: Capture) -> Iterator[bytes]:
    """The bytes as they came, part by part."""
    for data in capture.parts.order_by("start").values_list("data", flat=True).iterator(1):
        yield bytes(data)


def _begun(actor: "Actor", space: Space, about: About) -> Capture:
    now = clock.now()
    return Capture.objects.create(
        organisation_id=space.organisation_id,
        space=space,
        author=actor.user,
        owner=actor.principal,
        session_id=about.session_id,
        title=about.title,
        occurred_at=about.occurred_at or now,
        created_at=now,
    )


def _close(actor: "Actor", capture: Capture, digest: str, same_as: Capture | None) -> None:
    capture.sha256, capture.completed_at, capture.same_as = digest, clock.now(), same_as
    capture.state = CaptureState.WAITING if same_as is None else CaptureState.DONE
    capture.save(update_fields=["sha256", "completed_at", "same_as", "state", "size"])
    _record("capture.create", actor, capture.public_id, capture.space.public_id, capture.size)
    if same_as is None:
        jobs.enqueue("captures.distil")


def _personal(actor: "Actor") -> Space:
    """The actor's personal space, if the actor may write to it."""
    if access.of(actor).personal_id is None:
        raise Forbidden("Captures go into a personal space, and you write to none.")
    return writing.writable_space(actor)


def _check_part(data: bytes, *, attr: str) -> None:
    if not data:
        raise Invalid(f"{attr} must not be empty.", attr=attr)
    if len(data) > PART_BYTES:
        raise LimitExceeded(
            f"{attr} has {len(data):,} bytes; the limit is {PART_BYTES:,} bytes, more is uploaded"
            " in parts.",
            attr=attr,
        )


def _same(actor: "Actor", space: Space, digest: str) -> Capture | None:
    found: Capture | None = Capture.objects.filter(
        space=space, author=actor.user, sha256=digest, same_as__isnull=True
    ).first()
    return found


def _locked(capture: Capture) -> Capture:
    rows = Capture.objects.select_for_update(of=("self",)).select_related("space")
    locked: Capture = rows.get(pk=capture.pk)
    return locked


def _has(capture: Capture, offset: int, data: bytes) -> bool:
    """Whether this very part came before."""
    part = capture.parts.filter(start=offset).first()
    return part is not None and bytes(part.data) == data


def _digest(capture: Capture) -> str:
    digest = hashlib.sha256()
    for data in content(capture):
        digest.update(data)
    return digest.hexdigest()


def _record(action: str, actor: "Actor", public_id: UUID, space: UUID, size: int = 0) -> None:
    events.record(
        action=action,
        by=actor.by,
        space=space,
        object_type="capture",
        object_ids=[public_id],
        detail={"bytes": size} if size else None,
    )
