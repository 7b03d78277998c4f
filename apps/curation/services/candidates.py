"""What reviewers do: approve, reject, merge, edit. One service for the API and the desk."""

from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from apps.audit.services import events
from apps.curation.models import Candidate, CandidateStatus
from apps.curation.services import publication, screening
from apps.kernel import clock, limits
from apps.kernel.errors import Conflict, Forbidden, Invalid, PreconditionFailed
from apps.memories.models import Memory, Status
from apps.memories.services import memories
from apps.spaces import access
from apps.spaces.models import Space, SwitchKind
from apps.spaces.services import switches, tree, writing

if TYPE_CHECKING:
    from apps.accounts.actors import Actor


class AlreadyDecided(Conflict):
    """Somebody has decided on this already."""

    code = "already_decided"


@transaction.atomic
def approve(
    *,
    actor: "Actor",
    candidate: Candidate,
    reason: str = "",
    expected_revision: int | None = None,
    target: UUID | None = None,
    supersedes: UUID | None = None,
) -> Candidate:
    """Publish a candidate into its target space, or into a wider one that is named.

    With `supersedes` it takes the place of a shared memory, which stops being true when this starts
    and is kept: questions about the time before still find it. Members that were edited, retracted
    or withdrawn from promotion since are left out.

    Raises:
        Forbidden: the actor does not review the target.
        AlreadyDecided: it is no longer pending.
        PreconditionFailed: it changed since the reviewer saw `expected_revision`.
        Conflict: none of its members stands as it was shown, or not the one whose words it has.
        Invalid: the text holds a secret, personal data or an instruction; or what it supersedes is
            no active memory, with other words, of the space it is published to or of one below it.
        ReadOnly: the target takes no writes.
        Paused: promotion is paused.
    """
    locked = lock(actor, candidate, expected_revision)
    switches.check(SwitchKind.PROMOTION, locked.target.organisation_id)
    space = _wider(actor, locked.target, target) if target else locked.target
    writing.check_open(space)
    old = _replaced(actor, space, supersedes) if supersedes else None
    sources = _standing(locked)
    if not sources:
        raise Conflict("None of its members stands as it was shown; nothing was published.")
    wording = next((memory for memory in sources if memory.text == locked.text), None)
    if wording is None and not locked.edited:
        raise Conflict(
            "The note whose words would be published changed or was withdrawn. The next run brings"
            " the request up to date; to publish these words all the same, edit them."
        )
    screening.refuse(locked.text, sources)
    locked.published = publication.publish(
        target=space,
        wording=wording or sources[0],
        sources=sources,
        by=actor.by,
        text=locked.text,
        editor=actor.user,
        reason=reason,
    )
    if old is not None:
        _replace(actor, old, locked.published, reason)
    return settle(actor, locked, CandidateStatus.APPROVED, "candidate.approve", reason)


@transaction.atomic
def reject(
    *,
    actor: "Actor",
    candidate: Candidate,
    reason: str,
    expected_revision: int | None = None,
) -> Candidate:
    """Turn a candidate down; it stays rejected until its members change.

    Raises:
        Invalid: no reason given.
        Forbidden, AlreadyDecided, PreconditionFailed: as for `approve`.
    """
    if not reason.strip():
        raise Invalid("A rejection needs a reason.", attr="reason")
    locked = lock(actor, candidate, expected_revision)
    writing.check_open(locked.target)
    return settle(actor, locked, CandidateStatus.REJECTED, "candidate.reject", reason)


@transaction.atomic
def merge(
    *,
    actor: "Actor",
    candidate: Candidate,
    into: UUID,
    reason: str = "",
    expected_revision: int | None = None,
) -> Candidate:
    """The fact is published already: link this candidate's members to that memory.

    Raises:
        Invalid: `into` is no active memory of the target space.
        Forbidden, AlreadyDecided, PreconditionFailed, ReadOnly: as for `approve`.
    """
    locked = lock(actor, candidate, expected_revision)
    writing.check_open(locked.target)
    published = Memory.objects.select_related("space").filter(
        public_id=into, space=locked.target, status=Status.ACTIVE
    )
    memory = published.first()
    if memory is None:
        raise Invalid("There is no such memory in the target space.", attr="into")
    publication.corroborate(published=memory, sources=_standing(locked), by=actor.by)
    locked.published = memory
    return settle(actor, locked, CandidateStatus.MERGED, "candidate.merge", reason)


@transaction.atomic
def edit(
    *, actor: "Actor", candidate: Candidate, text: str, expected_revision: int | None = None
) -> Candidate:
    """Change the text that would be published; the members stay as they are.

    Raises:
        Invalid, LimitExceeded: the text is blank or too long.
        Forbidden, AlreadyDecided, PreconditionFailed: as for `approve`.
    """
    if not text.strip():
        raise Invalid("text must not be blank.", attr="text")
    limits.check_text(text)
    screening.refuse(text)
    locked = lock(actor, candidate, expected_revision)
    writing.check_open(locked.target)
    locked.text, locked.edited = text, True
    locked.revision += 1
    locked.save(update_fields=["text", "edited", "revision"])
    record(actor, locked, "candidate.edit", "")
    return locked


def lock(actor: "Actor", candidate: Candidate, expected_revision: int | None) -> Candidate:
    """The pending request, locked and read anew.

    Raises:
        Forbidden: the actor does not review its target.
        AlreadyDecided: it is no longer pending.
        PreconditionFailed: it changed since the reviewer saw `expected_revision`.
    """
    locked = (
        Candidate.objects.select_for_update(of=("self",))
        .select_related("target__organisation", "decision", "published", "reviewer")
        .get(pk=candidate.pk)
    )
    if not access.of(actor).allows("review", locked.target_id):
        raise Forbidden("You do not review this space.")
    if locked.status != CandidateStatus.PENDING:
        raise AlreadyDecided(f"This was {locked.status} already.")
    if expected_revision is not None and expected_revision != locked.revision:
        raise PreconditionFailed("It changed since you saw it; look at it again.")
    return locked


def _standing(candidate: Candidate) -> list[Memory]:
    """Members as they were shown, locked."""
    shown = dict(candidate.members.values_list("memory_id", "revision"))
    return publication.standing(candidate.target.organisation_id, shown)


def _replaced(actor: "Actor", space: Space, public_id: UUID) -> Memory:
    """The named memory, locked: one that everybody who reads it will read its successor of."""
    below = Space.objects.filter(pk__in=access.of(actor).ids("review"))
    parent_of = tree.parents(space.organisation_id)
    homes = tree.at_or_below([space.pk], parent_of)
    found = Memory.objects.visible_to(actor).filter(
        public_id=public_id,
        status=Status.ACTIVE,
        space__in=below.filter(pk__in=homes | {space.pk}).exclude(kind="personal"),
    )
    old: Memory | None = (
        found.select_for_update(of=("self",)).select_related("space__organisation").first()
    )
    if old is None:
        raise Invalid(
            "You review no such memory in the space this is published to.", attr="supersedes"
        )
    writing.check_open(old.space)
    return old


def _replace(actor: "Actor", old: Memory, new: Memory, reason: str) -> None:
    if old.pk == new.pk:
        raise Invalid("It says the same; merge the request into it instead.", attr="supersedes")
    Memory.objects.filter(pk=new.pk).update(supersedes=old)
    memories.supersede(actor=actor, old=old, new=new)
    events.record(
        action="memory.supersede",
        by=actor.by,
        space=old.space.public_id,
        object_type="memory",
        object_ids=[old.public_id, new.public_id],
        reason=reason,
    )


def _wider(actor: "Actor", proposed: Space, public_id: UUID) -> Space:
    """The named space when it lies at or above the proposed one and the actor reviews it."""
    space: Space | None = proposed
    while space is not None and space.public_id != public_id:
        space = space.parent
    if space is None or not access.of(actor).allows("review", space.pk):
        raise Invalid("You review no such space above the proposed one.", attr="target")
    return space


def settle(
    actor: "Actor", candidate: Candidate, status: str, action: str, reason: str
) -> Candidate:
    """Close a locked request with a reviewer's decision."""
    candidate.status = status
    candidate.reviewer = actor.user
    candidate.reason = reason
    candidate.decided_at = clock.now()
    candidate.revision += 1
    candidate.save()
    record(actor, candidate, action, reason)
    return candidate


def record(actor: "Actor", candidate: Candidate, action: str, reason: str) -> None:
    """Append what a reviewer did with a request to the audit."""
    events.record(
        action=action,
        by=actor.by,
        space=candidate.target.public_id,
        object_type="candidate",
        object_ids=[candidate.public_id],
        reason=reason,
    )
