"""A shared memory on its way to canon. The way from a promotion request is
`curation.services.escalation.propose_from_request`, which ends here.
"""

from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from apps.canon.models import ChangeProposal, Origin, ProposalSource, ProposalStatus
from apps.canon.services import drafting, proposals
from apps.kernel import locks
from apps.kernel.errors import Conflict
from apps.memories.models import Memory

if TYPE_CHECKING:
    from apps.accounts.actors import Actor


class AlreadyCanon(Conflict):
    """These words are canon already."""

    code = "already_canon"


@transaction.atomic
def propose_from_memory(
    *,
    actor: "Actor",
    memory: UUID,
    title: str = "",
    path: str = "",
    reason: str = "",
    request: UUID | None = None,
) -> ChangeProposal:
    """Propose that what a shared memory says becomes canon of its space.

    Asked twice, it answers with the proposal that is open. The words go to the end of the document
    at `path` when there is one, else into a new document.

    Args:
        actor: anybody who writes to the memory's space.
        memory: public id of a shared, active memory that is not sensitive.
        title: of a new document; how the memory begins, if left out.
        path: of the document; made of the title and taken by nobody, if left out.
        reason: why, for who reviews it.
        request: public id of the promotion request that the memory came from.

    Raises:
        Invalid: no such memory, or a path that breaks a rule or is taken; `attr` names the field.
        AlreadyCanon: a standing document was made of it; says which.
        Forbidden, ReadOnly: the space takes no writes from this actor.
    """
    found = drafting.sources(actor, [memory])[0]
    locks.transaction_lock(f"canon:escalate:{found.pk}")  # two at once are one
    if (known := _known(actor, found)) is not None:
        return known
    name = title.strip() or drafting.title_of(found)
    return proposals.propose(
        actor=actor,
        draft=proposals.Draft(
            space=found.space.public_id,
            path=path or drafting.free_path(found.space, name),
            title=name,
            reason=reason,
            memories=[memory],
            origin=Origin.REQUEST if request else Origin.MEMORY,
            request=request,
        ),
    )


def _known(actor: "Actor", memory: Memory) -> ChangeProposal | None:
    """The open proposal made of these words.

    Raises:
        AlreadyCanon: they are.
    """
    named = ProposalSource.objects.filter(memory=memory, revision=memory.revision)
    rows = ChangeProposal.objects.visible_to(actor).filter(sources__in=named, space=memory.space)
    merged = rows.filter(status=ProposalStatus.MERGED, document__retired_at__isnull=True)
    if (canon := merged.first()) is not None:
        raise AlreadyCanon(f"This is canon already, in {canon.path}.")
    found: ChangeProposal | None = rows.open().order_by("pk").first()
    return found
