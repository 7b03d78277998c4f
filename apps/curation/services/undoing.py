"""Taking a decision back: the request waits again, as it did before."""

from typing import TYPE_CHECKING, Literal

from django.db import transaction

from apps.audit.services import events
from apps.curation.core.undo import Obstacle, is_late, obstacle
from apps.curation.models import Candidate, CandidateStatus, Ruling, RulingKind
from apps.curation.services import candidates, exhibits, publication, reversals
from apps.kernel import clock
from apps.kernel.errors import Conflict, Forbidden
from apps.memories.models import Memory, MemoryRevision, Status
from apps.memories.services import memories
from apps.spaces import access
from apps.spaces.services import writing

if TYPE_CHECKING:
    from apps.accounts.actors import Actor


class NothingToUndo(Conflict):
    """There is nothing here that a reviewer decided and could take back."""

    code = "nothing_to_undo"


class TooLate(Conflict):
    """This was decided more than 30 days ago; it stays."""

    code = "too_late"


Step = Literal["decided", "postponed", "edited", "split", "joined"]
_BY_POLICY = "The policy decided this, no reviewer. What it published can be retracted."


@transaction.atomic
def undo(
    *,
    actor: "Actor",
    candidate: Candidate,
    reason: str = "",
    expected_revision: int | None = None,
) -> Candidate:
    """Take back what was last done with a request; it waits for a reviewer again.

    An approval takes what it published out of every search, and brings back what that had taken
    the place of; a merge takes its links off again. Of a pending request: it is no longer put off
    or left to a colleague; else the later of an edit, whose words go, and of a split or a join,
    whose notes go back.

    Raises:
        NothingToUndo: nothing was decided, or by the policy.
        TooLate: it was done 30 days ago.
        Conflict: another request about the same is pending by now, or a run has gone on with what a
            split or a join moved.
        Forbidden: the actor does not review the spaces it concerns.
        Held, PreconditionFailed, ReadOnly: as for `candidates.approve`.
    """
    locked = candidates.read_anew(actor, candidate)
    candidates.check_revision(locked, expected_revision)
    writing.check_open(locked.target)
    if locked.status == CandidateStatus.PENDING:
        _undo_pending(actor, locked, expected_revision, reason)
        candidates.record(actor, locked, "candidate.undo", reason)
        return locked
    why = _why_not(locked)
    if why is not None:
        raise why
    _check_alone(locked)
    if locked.published is not None:
        _take_back(actor, locked, locked.published, reason)
    _reopen(actor, locked, reason)
    return locked


def step(candidate: Candidate) -> Step | None:
    """What `undo` would take back; None when it would refuse."""
    if candidate.status != CandidateStatus.PENDING:
        return None if _why_not(candidate) else "decided"
    try:
        return _of_pending(candidate)[0]
    except Conflict:
        return None


def _why_not(candidate: Candidate) -> Conflict | None:
    """Why the decision on a request stays."""
    found = obstacle(
        candidate.status,
        decided_at=candidate.decided_at,
        by_reviewer=candidate.reviewer_id is not None,
        now=clock.now(),
    )
    return None if found is None else _error(found)


def _of_pending(candidate: Candidate) -> tuple[Step, Ruling | None]:
    """What was done last with a pending request, and the ruling where it was one."""
    if _postponed(candidate):
        return "postponed", None
    ruling = reversals.last(candidate)
    late = ruling is not None and is_late(ruling.created_at, clock.now())
    ruled_last = ruling is not None and not late and reversals.is_newest(candidate, ruling)
    if candidate.edited and not ruled_last:
        return "edited", None
    if ruling is None:
        raise NothingToUndo
    if late:
        raise TooLate
    return ("split" if ruling.said == RulingKind.APART else "joined"), ruling


def _error(found: Obstacle) -> Conflict:
    if found == "too_late":
        return TooLate()
    return NothingToUndo(_BY_POLICY if found == "by_policy" else "")


def _postponed(candidate: Candidate) -> bool:
    return candidate.deferred_until is not None or candidate.assignee_id is not None


def _undo_pending(
    actor: "Actor", locked: Candidate, expected_revision: int | None, reason: str
) -> None:
    last, ruling = _of_pending(locked)
    candidates.lock(actor, locked, expected_revision)  # who holds it decides
    if ruling is not None:
        reversals.take_back(actor=actor, candidate=locked, ruling=ruling, reason=reason)
        return
    if last == "postponed":
        locked.deferred_until = locked.assignee = None
    else:
        locked.text, locked.edited = _own_words(locked), False
        locked.revision += 1
    locked.save(update_fields=["deferred_until", "assignee", "text", "edited", "revision"])


def _own_words(candidate: Candidate) -> str:
    """What the notes say: those of the canonical one, or of the earliest that is still shared."""
    judged = candidate.members.filter(memory=candidate.cluster.canonical_id).first()
    if judged is not None:
        revisions = MemoryRevision.objects.filter(memory=judged.memory_id, number=judged.revision)
        for text in revisions.values_list("text", flat=True):
            return str(text)
    shown = exhibits.members_of([candidate])[candidate.pk]
    if not shown:
        raise Conflict("None of its notes is shared any more; the words stay as they were edited.")
    return shown[0].text


def _check_alone(locked: Candidate) -> None:
    same = Candidate.objects.pending().filter(cluster=locked.cluster_id, target=locked.target_id)
    if same.exists():
        raise Conflict("Another request about the same is pending by now; decide on that one.")


def _take_back(actor: "Actor", locked: Candidate, published: Memory, reason: str) -> None:
    for memory in filter(None, (published, published.supersedes if locked.made else None)):
        if not access.of(actor).allows("review", memory.space_id):
            raise Forbidden("You do not review every space this concerns.")
        writing.check_open(memory.space)
    links = list(locked.members.filter(linked=True).values_list("memory_id", flat=True))
    if not locked.made:
        publication.unlink(published=published, sources=links, by=actor.by, reason=reason)
        return
    publication.withdraw(published=published, sources=links, actor=actor, reason=reason)
    if published.supersedes is not None:
        old = memories.lock(published.supersedes)
        if old.status == Status.SUPERSEDED:
            publication.restore(old=old, actor=actor, reason=reason)


def _reopen(actor: "Actor", locked: Candidate, reason: str) -> None:
    decided = locked.status
    locked.members.filter(linked=True).update(linked=False)
    locked.status = CandidateStatus.PENDING
    locked.published, locked.made = None, False
    locked.reviewer, locked.decided_at, locked.reason = None, None, ""
    locked.revision += 1
    locked.save()
    events.record(
        action="candidate.undo",
        by=actor.by,
        space=locked.target.public_id,
        object_type="candidate",
        object_ids=[locked.public_id],
        reason=reason,
        detail={"decision": str(decided)},
    )
