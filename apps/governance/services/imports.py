"""Bringing an export in: by the ordinary way of writing, once."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from apps.audit.services import events
from apps.kernel import clock
from apps.kernel.errors import Error, Forbidden, Invalid
from apps.memories.models import Memory, Provenance, Source, Status
from apps.memories.services import bulk
from apps.memories.services.drafts import Draft
from apps.spaces.models import Space
from apps.spaces.services import writing

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

_BATCH = 500
_URN = "urn:uuid:"


@dataclass(frozen=True, slots=True)
class Line:
    """One memory of a file: the line it stands in, its id there, and what it says."""

    number: int
    id: UUID | None
    draft: Draft


@dataclass(slots=True)
class Imported:
    """What an import did: memories that are new, those that were there, lines left out."""

    created: int = 0
    present: int = 0
    skipped: int = 0


def bring_in(
    *, actor: "Actor", lines: Sequence[Line], space: UUID | None = None, skipped: int = 0
) -> Imported:
    """Write what is not there yet into one space, as the actor's own words.

    Known is what has its id there, what an earlier import brought, and what the actor says there
    already; such lines change nothing.

    Args:
        space: public id; None for the actor's personal space.
        skipped: lines that the reader left out, for the answer.

    Raises:
        Forbidden, ReadOnly, Invalid: the space takes no writes from this actor.
        Error: the first line that cannot be written; `attr` names line and field. Earlier batches
            stay, and are known the next time.
    """
    if actor.user.is_agent:
        raise Forbidden("People import, in person.")
    target = writing.writable_space(actor, space)
    done = Imported(skipped=skipped)
    for start in range(0, len(lines), _BATCH):
        _write(actor, target, lines[start : start + _BATCH], done)
    events.record(
        action="memory.import",
        by=actor.by,
        space=target.public_id,
        object_type="space",
        object_ids=[target.public_id],
        detail=asdict(done),
    )
    return done


@transaction.atomic
def _write(actor: "Actor", target: Space, lines: Sequence[Line], done: Imported) -> None:
    Space.objects.select_for_update(no_key=True).get(pk=target.pk)  # two imports of one file
    known = _known(actor, target, lines)
    fresh: dict[str, Line] = {}
    for line in lines:
        if line.id in known or line.draft.content_hash in known or line.draft.content_hash in fresh:
            done.present += 1
        else:
            fresh[line.draft.content_hash] = line
    wanted = list(fresh.values())
    drafts = [replace(line.draft, space=target.public_id, source=Source.IMPORT) for line in wanted]
    if not drafts:
        return
    results = bulk.remember_many(actor=actor, drafts=drafts)
    links = []
    for line, result in zip(wanted, results, strict=True):
        if result.error is not None:
            raise _named(line, result.error)
        assert result.memory is not None, "no error means a memory"  # noqa: S101
        done.created += 1
        if line.id is not None:
            links.append(
                Provenance(
                    memory=result.memory, source_uri=f"{_URN}{line.id}", created_at=clock.now()
                )
            )
    Provenance.objects.bulk_create(links)


def _known(actor: "Actor", target: Space, lines: Sequence[Line]) -> set[UUID | str]:
    """Ids and hashes of what is in the space already."""
    ids = [line.id for line in lines if line.id is not None]
    here = Memory.objects.filter(space=target)
    found: set[UUID | str] = set(here.filter(public_id__in=ids).values_list("public_id", flat=True))
    brought = Provenance.objects.filter(
        memory__space=target,
        memory__author=actor.user,
        source_uri__in=[f"{_URN}{one}" for one in ids],
    )
    found |= {UUID(uri.removeprefix(_URN)) for uri in brought.values_list("source_uri", flat=True)}
    said = here.filter(
        Q(author=actor.user) & Q(status__in=[Status.ACTIVE, Status.QUARANTINED]),
        content_hash__in=[line.draft.content_hash for line in lines],
    )
    return found | set(said.values_list("content_hash", flat=True))


def _named(line: Line, error: Error) -> Error:
    where = f"lines.{line.number}.{error.attr or 'non_field_errors'}"
    return Invalid(f"line {line.number}: {error.detail}", attr=where)
