"""What reviewers do: approve, reject, merge, edit. One service for the API and the desk."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from apps.audit.services import events
from apps.curation.core import approval, rejections
from apps.curation.core.approval import Proposal
from apps.curation.models import Approval, Candidate, CandidateStatus
from apps.curation.services import leases, policies, publication, screening
from apps.kernel import clock, limits
from apps.kernel.errors import Conflict, Forbidden, Invalid, PreconditionFailed
from apps.memories.models import Memory, Status
from apps.memories.services import memories
from apps.spaces import access
from apps.spaces.core.ancestry import at_or_below
from apps.spaces.models import Space, SwitchKind
from apps.spaces.services import switches, tree, writing

if TYPE_CHECKING:
    from apps.accounts.actors import Actor


class AlreadyDecided(Conflict):
    """Somebody has decided on this already."""

    code = "already_decided"


class AlreadyApproved(Conflict):
    """You approved this already; somebody else has to approve it, too."""

    code = "already_approved"


class OwnRequest(Forbidden):
    """Somebody else has to approve what you said yourself."""

    code = "own_request"


_WHY_NOT: Mapping[approval.Refusal, str] = {
    "sole_contributor": "You alone said it; somebody else has to approve it.",
    "own_words": "These are your own words; somebody else has to approve them.",
    "reworded": "You are behind it and it was reworded; somebody else has to approve it.",
}


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
    or withdrawn from promotion since are left out. Where the policy asks for several approvals it
    stays pending until so many reviewers approved this revision for the same space.

    Raises:
        Forbidden: the actor does not review the target.
        OwnRequest: the actor is the only one behind it, or these are the actor's words.
        AlreadyDecided: it is no longer pending.
        AlreadyApproved: by the actor, and another reviewer's approval is missing.
        Held: another reviewer is judging it right now.
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
    _check_stake(actor, sources, wording)
    screening.refuse(locked.text, sources)
    if _wants_more(actor, locked, space, old):
        return _endorse(actor, locked, reason)
    placed = publication.publish(
        target=space,
        wording=wording or sources[0],
        sources=sources,
        by=actor.by,
        text=locked.text,
        editor=actor.user,
        reason=reason,
    )
    locked.published, locked.made = placed.memory, placed.made
    _mark_linked(locked, placed.linked)
    if old is not None:
        _replace(actor, old, placed.memory, reason)
    return settle(actor, locked, CandidateStatus.APPROVED, "candidate.approve", reason)


@transaction.atomic
def reject(
    *,
    actor: "Actor",
    candidate: Candidate,
    reason: str = "",
    kind: str = "",
    expected_revision: int | None = None,
) -> Candidate:
    """Turn a candidate down; it stays rejected until its members change.

    Args:
        actor: a reviewer of its target.
        candidate: a pending request.
        reason: in words; needed for the kind "other" and without a kind.
        kind: one of `core.rejections.KINDS`.
        expected_revision: what the reviewer saw.

    Raises:
        Invalid: no reason given, or there is no such kind.
        Forbidden, AlreadyDecided, Held, PreconditionFailed: as for `approve`.
    """
    try:
        told = rejections.sentence(kind, reason)
    except ValueError as error:
        raise Invalid(f"{error}.", attr="kind") from error
    if not told:
        raise Invalid("A rejection needs a reason.", attr="reason")
    locked = lock(actor, candidate, expected_revision)
    writing.check_open(locked.target)
    return settle(actor, locked, CandidateStatus.REJECTED, "candidate.reject", told)


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
    fresh = publication.corroborate(published=memory, sources=_standing(locked), by=actor.by)
    locked.published, locked.made = memory, False
    _mark_linked(locked, fresh)
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
        Held: another reviewer is judging it right now.
        PreconditionFailed: it changed since the reviewer saw `expected_revision`.
    """
    locked = read_anew(actor, candidate)
    if locked.status != CandidateStatus.PENDING:
        raise AlreadyDecided(f"This was {locked.status} already.")
    leases.check(locked, actor)
    check_revision(locked, expected_revision)
    return locked


def read_anew(actor: "Actor", candidate: Candidate) -> Candidate:
    """The request, locked, whatever became of it.

    Raises:
        Forbidden: the actor does not review its target.
    """
    related = ("target__organisation", "decision", "published", "reviewer", "held_by", "assignee")
    rows = Candidate.objects.select_for_update(of=("self",)).select_related(*related)
    locked = rows.get(pk=candidate.pk)
    if not access.of(actor).allows("review", locked.target_id):
        raise Forbidden("You do not review this space.")
    return locked


def check_revision(locked: Candidate, expected: int | None) -> None:
    """A reviewer decides on what was on the screen, and on nothing else.

    Raises:
        PreconditionFailed: it changed since.
    """
    if expected is not None and expected != locked.revision:
        raise PreconditionFailed("It changed since you saw it; look at it again.")


def approvals_needed(space: Space) -> int:
    """How many reviewers have to approve what is published to a space, by the policy in force."""
    return policies.in_force(space.organisation_id, space.pk).policy.approvals


def let_go(candidate: Candidate) -> None:
    """Nobody holds it any more; the caller saves it."""
    candidate.held_by = candidate.held_until = None


def _check_stake(actor: "Actor", sources: Sequence[Memory], wording: Memory | None) -> None:
    proposal = Proposal(
        contributors={source.owner_id for source in sources},
        author=wording.owner_id if wording else None,
    )
    why = approval.refusal(proposal, actor.principal.pk)
    if why is not None:
        raise OwnRequest(_WHY_NOT[why])


def _wants_more(actor: "Actor", locked: Candidate, space: Space, old: Memory | None) -> bool:
    """Whether other reviewers have to approve the same, after this approval, which is kept."""
    needed = approvals_needed(space)
    if needed == 1:
        return False
    same = locked.approvals.filter(revision=locked.revision, target=space, supersedes=old)
    given = set(same.values_list("reviewer_id", flat=True))
    missing = approval.missing(given, needed, actor.user.pk)
    if missing and actor.user.pk in given:
        raise AlreadyApproved
    Approval.objects.update_or_create(
        candidate=locked,
        revision=locked.revision,
        reviewer=actor.user,
        defaults={"target": space, "supersedes": old, "created_at": clock.now()},
    )
    return bool(missing)


def _endorse(actor: "Actor", locked: Candidate, reason: str) -> Candidate:
    let_go(locked)
    locked.save(update_fields=["held_by", "held_until"])
    record(actor, locked, "candidate.endorse", reason)
    return locked


def _mark_linked(candidate: Candidate, sources: Collection[int]) -> None:
    """Which members the decision linked to what is published: what taking it back unlinks."""
    candidate.members.filter(memory__in=sources).update(linked=True)


def _standing(candidate: Candidate) -> list[Memory]:
    """Members as they were shown, locked."""
    shown = dict(candidate.members.values_list("memory_id", "revision"))
    return publication.standing(candidate.target.organisation_id, shown)


def _replaced(actor: "Actor", space: Space, public_id: UUID) -> Memory:
    """The named memory, locked: one that everybody who reads it will read its successor of."""
    below = Space.objects.filter(pk__in=access.of(actor).ids("review"))
    parent_of = tree.parents(space.organisation_id)
    homes = at_or_below([space.pk], parent_of)
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
    candidate.assignee = candidate.deferred_until = None
    let_go(candidate)
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
