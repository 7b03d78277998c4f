"""Exports of what is a person's or lies in a space, complete, in pages."""

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Prefetch, Q, QuerySet

from apps.audit.services import events
from apps.captures.models import Capture, CapturePart
from apps.governance.core import exchange
from apps.governance.core.exchange import Place
from apps.kernel import clock, cursors
from apps.kernel.errors import Forbidden, Invalid
from apps.memories.models import Confirmation, Memory, Outcome, Provenance
from apps.recall.models import Feedback
from apps.spaces import access
from apps.spaces.models import Space

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

PAGE = 1_000  # records
_PURPOSE = "export"
_BATCH = 100
_CONTENT = (
    "text", "kind", "language", "tags", "metadata", "importance", "sensitivity", "status",
    "occurred_at", "valid_from", "valid_to", "expires_at",
)  # fmt: skip
_OF_CAPTURE = (
    "session_id", "title", "state", "size", "sha256", "occurred_at", "created_at", "completed_at",
)  # fmt: skip
_OWN = ("session_id", "source", "revision", "corroborated_at", "created_at", "updated_at")

Rows = QuerySet[Any]


@dataclass(frozen=True, slots=True)
class _Section:
    """Records of one kind: the rows, and what becomes of a batch of at most `batch` of them."""

    rows: Rows
    told: Callable[[list[Any]], Iterable[dict[str, Any]]]
    batch: int = _BATCH


@dataclass(frozen=True, slots=True)
class Export:
    """What is exported for whom.

    Attributes:
        of: `person` or `space`.
        id: public id of either.
    """

    actor: "Actor"
    of: str
    id: str
    sections: tuple[_Section, ...]

    def records(self, after: str = "", limit: int = PAGE) -> Iterator[dict[str, Any]]:
        """Records after a cursor, at most `limit` of them, then `more` or `end`.

        Raises:
            Invalid: the cursor is none of an export.
        """
        try:
            place = exchange.place(cursors.opened(after, purpose=_PURPOSE)) if after else Place()
        except ValueError as error:
            raise Invalid("The cursor is none that an export gave.", attr="after") from error
        if not after:
            manifest = {
                "type": "manifest",
                "format": exchange.FORMAT,
                "of": self.of,
                "id": self.id,
                "made_at": clock.now().isoformat(),
            }
            place = place.after(exchange.line(manifest), section=0, row=0)
            yield manifest
        last = place.records + limit
        for record, section, row in self._rows(place):
            if place.records >= last:
                yield {"type": "more", "cursor": cursors.seal(place.cursor(), purpose=_PURPOSE)}
                return
            place = place.after(exchange.line(record), section=section, row=row)
            yield record
        yield {"type": "end", "records": place.records, "sha256": place.digest}

    def _rows(self, place: Place) -> Iterator[tuple[dict[str, Any], int, int]]:
        for number, section in enumerate(self.sections):
            if number < place.section:
                continue
            row = place.row if number == place.section else 0
            while batch := list(section.rows.filter(pk__gt=row).order_by("pk")[: section.batch]):
                for one, record in zip(batch, section.told(batch), strict=True):
                    yield record, number, one.pk
                row = batch[-1].pk


def of_person(*, actor: "Actor") -> Export:
    """Everything the actor and their agents keep and said. Recorded.

    Raises:
        Forbidden: an agent asks, or a credential limited to spaces.
    """
    if actor.user.is_agent or actor.token_spaces is not None:
        raise Forbidden("People export what is theirs, by a credential without limits to spaces.")
    person = actor.principal
    theirs = Q(owner=person) | Q(space__person=person)
    memories = Memory.objects.visible_to(actor).filter(theirs)
    said = Confirmation.objects.filter(person=person).select_related("memory")
    outcomes = Outcome.objects.visible_to(actor).prefetch_related("uses")
    notes = Feedback.objects.filter(person=person).select_related("memory", "recall")
    sections = (
        _Section(_loaded(memories), lambda batch: _memories(actor, batch)),
        _Section(said, lambda batch: map(_confirmation, batch)),
        _Section(outcomes, lambda batch: map(_outcome, batch)),
        _Section(notes, lambda batch: map(_feedback, batch)),
        *_transcripts(actor),
    )
    _record(actor, "person.export", None, [person.public_id])
    return Export(actor, "person", str(person.public_id), sections)


def _transcripts(actor: "Actor") -> Iterator[_Section]:
    """The person's transcripts, and their bytes part by part: each may be large."""
    captures = Capture.objects.visible_to(actor)
    parts = CapturePart.objects.filter(capture__in=captures.values("pk"))
    yield _Section(captures.select_related("author"), lambda batch: map(_capture, batch))
    yield _Section(parts.select_related("capture"), lambda batch: map(_part, batch), batch=1)


def of_space(*, actor: "Actor", space: Space) -> Export:
    """Everything that lies in a space. Recorded.

    Raises:
        Forbidden: the actor does not both manage and read the space, and it is not their own.
    """
    resolved = access.of(actor)
    own = space.person_id == actor.principal.pk and not actor.user.is_agent
    managed = resolved.allows("manage", space.pk) and resolved.allows("read", space.pk)
    if not own and not managed:
        raise Forbidden("Who manages a space and reads it exports it.")
    memories = Memory.objects.visible_to(actor).filter(space=space)
    section = _Section(_loaded(memories), lambda batch: _memories(actor, batch))
    _record(actor, "space.export", space, [space.public_id])
    return Export(actor, "space", str(space.public_id), (section,))


def _loaded(memories: Rows) -> Rows:
    return memories.select_related("space", "author", "owner", "supersedes").prefetch_related(
        "revisions__recorded_by",
        Prefetch("provenance", Provenance.objects.select_related("source_memory", "contributor")),
        Prefetch("confirmations", Confirmation.objects.select_related("user")),
        "outcome_uses__outcome",
    )


def _memories(actor: "Actor", batch: list[Memory]) -> Iterator[dict[str, Any]]:
    """Memories with their history and evidence; words of others only where the actor sees them."""
    links = [link for one in batch for link in one.provenance.all()]
    sources = [link.source_memory_id for link in links if link.source_memory_id is not None]
    seen = Memory.objects.visible_to(actor).filter(pk__in=sources)
    readable = set(seen.values_list("pk", flat=True))
    said: dict[int, list[Feedback]] = {}
    for note in Feedback.objects.visible_to(actor).filter(memory__in=batch).order_by("pk"):
        said.setdefault(note.memory_id, []).append(note)
    for memory in batch:
        yield {
            "type": "memory",
            "id": str(memory.public_id),
            "space": str(memory.space.public_id),
            "author": {"id": str(memory.author.public_id), "name": memory.author.name},
            "owner": {"id": str(memory.owner.public_id), "name": memory.owner.name},
            **{name: _plain(getattr(memory, name)) for name in (*_CONTENT, *_OWN)},
            "supersedes": str(memory.supersedes.public_id) if memory.supersedes else None,
            "revisions": [_revision(one) for one in memory.revisions.all()],
            "provenance": [_link(one, readable) for one in memory.provenance.all()],
            "confirmations": [_evidence(one, actor) for one in memory.confirmations.all()],
            "outcomes": [_use(one) for one in memory.outcome_uses.all()],
            "feedback": [_verdict(one) for one in said.get(memory.pk, [])],
        }


def _revision(one: Any) -> dict[str, Any]:
    return {
        "number": one.number,
        "recorded_at": _plain(one.recorded_at),
        "recorded_by": str(one.recorded_by.public_id) if one.recorded_by else None,
        "reason": one.reason,
        **{name: _plain(getattr(one, name)) for name in _CONTENT},
    }


def _link(one: Provenance, readable: set[int]) -> dict[str, Any]:
    source = one.source_memory if one.source_memory_id in readable else None
    return {
        "source": str(source.public_id) if source else None,
        "source_uri": one.source_uri,
        "contributor": str(one.contributor.public_id) if one.contributor else None,
        "created_at": _plain(one.created_at),
    }


def _evidence(one: Confirmation, actor: "Actor") -> dict[str, Any]:
    mine = one.person_id == actor.principal.pk
    return {"stance": one.stance, "note": one.note if mine else "", "at": _plain(one.created_at)}


def _use(one: Any) -> dict[str, Any]:
    outcome = one.outcome
    return {
        "success": outcome.success,
        "kind": outcome.kind,
        "occurred_at": _plain(outcome.occurred_at),
    }


def _verdict(one: Feedback) -> dict[str, Any]:
    return {"verdict": one.verdict, "note": one.note, "at": _plain(one.updated_at)}


def _confirmation(one: Confirmation) -> dict[str, Any]:
    return {
        "type": "confirmation",
        "memory": str(one.memory.public_id),
        "stance": one.stance,
        "note": one.note,
        "created_at": _plain(one.created_at),
    }


def _outcome(one: Outcome) -> dict[str, Any]:
    return {
        "type": "outcome",
        "id": str(one.public_id),
        "task": one.task,
        "success": one.success,
        "kind": one.kind,
        "occurred_at": _plain(one.occurred_at),
        "memories": [str(use.named) for use in one.uses.all()],
    }


def _capture(one: Capture) -> dict[str, Any]:
    return {
        "type": "capture",
        "id": str(one.public_id),
        "author": {"id": str(one.author.public_id), "name": one.author.name},
        **{name: _plain(getattr(one, name)) for name in _OF_CAPTURE},
    }


def _part(one: CapturePart) -> dict[str, Any]:
    """Bytes from `start` on, in Base64: they need not be text."""
    return {
        "type": "capture_part",
        "capture": str(one.capture.public_id),
        "start": one.start,
        "base64": b64encode(bytes(one.data)).decode(),
    }


def _feedback(one: Feedback) -> dict[str, Any]:
    return {"type": "feedback", "memory": str(one.memory.public_id),
            "recall": str(one.recall.public_id), **_verdict(one)}  # fmt: skip


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _record(actor: "Actor", action: str, space: Space | None, ids: list[Any]) -> None:
    events.record(
        action=action,
        by=actor.by,
        space=space.public_id if space else None,
        object_type="space" if space else "user",
        object_ids=ids,
    )
