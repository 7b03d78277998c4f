"""Taking back a split or a join: the notes are where they were, and what they state is open again.

What a ruling moved stands beside it by row ids. Only what no run and no reviewer has moved on since
goes back; the rest is where it is for a reason of its own.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from apps.curation.models import (
    Candidate,
    CandidateMember,
    CandidateStatus,
    Cluster,
    ClusterMember,
    Ruling,
    RulingKind,
)
from apps.curation.services import candidates, regrouping, rulings
from apps.kernel import clock
from apps.kernel.errors import Conflict, Forbidden
from apps.spaces import access
from apps.spaces.models import Space
from apps.spaces.services import writing

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

_DECIDED = (CandidateStatus.APPROVED, CandidateStatus.REJECTED, CandidateStatus.MERGED)


def last(candidate: Candidate) -> Ruling | None:
    """The newest split or join of a request that can be taken back; None without one."""
    said = Ruling.objects.in_force().filter(candidate=candidate).exclude(before={})
    return said.order_by("-pk").first()


def is_newest(candidate: Candidate, ruling: Ruling) -> bool:
    """Whether the request's words and notes are still those that the ruling left."""
    return bool(ruling.before["revision"] == candidate.revision)


def take_back(*, actor: "Actor", candidate: Candidate, ruling: Ruling, reason: str) -> None:
    """Put back what a ruling on a locked, pending request moved, and keep that it was taken back.

    Runs inside the caller's transaction.

    Raises:
        Conflict: a later run or another reviewer has gone on with what it moved.
        Forbidden, ReadOnly: the actor does not review a space it concerns, or that is closed.
    """
    if ruling.said == RulingKind.APART:
        _unsplit(actor, candidate, ruling.before)
    else:
        _unjoin(actor, candidate, ruling.before)
    Ruling.objects.create(
        organisation_id=candidate.target.organisation_id,
        said=RulingKind.LIFTED,
        candidate=candidate,
        reviewer=actor.user,
        takes_back=ruling,
        reason=reason,
        created_at=clock.now(),
    )


def _unsplit(actor: "Actor", candidate: Candidate, before: Mapping[str, Any]) -> None:
    kept = {one["memory"]: one for one in before["members"]}
    there = ClusterMember.objects.filter(cluster_id=before["cluster"], memory__in=kept)
    back = set(there.values_list("memory_id", flat=True))
    if not back:
        raise Conflict("A later run has put these notes elsewhere; join the requests instead.")
    _end_requests(actor, before["cluster"])
    there.update(cluster=candidate.cluster_id)
    CandidateMember.objects.bulk_create(
        CandidateMember(
            candidate=candidate,
            memory_id=memory,
            person_id=kept[memory]["person"],
            revision=kept[memory]["revision"],
            link=kept[memory]["link"],
            independent=kept[memory]["independent"],
        )
        for memory in sorted(back)
    )
    if before["canonical"] in back:
        _lead_again(candidate, before["canonical"])
    _bring_in_line(candidate)


def _end_requests(actor: "Actor", cluster: int) -> None:
    """The split-off notes ask for nothing of their own any more."""
    own = Candidate.objects.filter(cluster=cluster)
    if own.filter(status__in=_DECIDED).exists():
        raise Conflict("What was split off was decided on since; take that decision back first.")
    for request in own.pending():
        locked = candidates.lock(actor, request, None)
        candidates.settle(
            actor, locked, CandidateStatus.WITHDRAWN, "candidate.withdraw", "split taken back"
        )


def _lead_again(candidate: Candidate, memory: int) -> None:
    """The note that stood for the cluster does so again, with its words unless they were edited."""
    Cluster.objects.filter(pk=candidate.cluster_id).update(canonical=memory)
    candidate.cluster.canonical_id = memory
    if not candidate.edited:
        said = (one.text for one in rulings.shown([candidate])[candidate.pk]
                if one.member.memory_id == memory)  # fmt: skip
        candidate.text = next(said, candidate.text)


def _unjoin(actor: "Actor", candidate: Candidate, before: Mapping[str, Any]) -> None:
    other = _joined(actor, before["other"])
    target = Space.objects.select_related("organisation").get(pk=before["target"])
    for space in (target, other.target):
        if not access.of(actor).allows("review", space.pk):
            raise Forbidden("You do not review every space this concerns.")
        writing.check_open(space)
    CandidateMember.objects.filter(candidate=candidate, memory__in=before["members"]).delete()
    ClusterMember.objects.filter(
        cluster=candidate.cluster_id, memory__in=before["moved"]
    ).update(cluster=other.cluster_id)  # fmt: skip
    candidate.target = target
    _bring_in_line(candidate)
    other.status = CandidateStatus.PENDING
    other.reviewer, other.decided_at, other.reason = None, None, ""
    other.revision += 1
    other.save()
    candidates.record(actor, other, "candidate.undo", "")


def _joined(actor: "Actor", pk: int) -> Candidate:
    """The request that was joined to another one, locked; as it was withdrawn then."""
    rows = Candidate.objects.visible_to(actor).select_related("target__organisation", "decision")
    other: Candidate | None = (
        rows.select_for_update(of=("self",), skip_locked=True).filter(pk=pk).first()
    )
    if other is None or other.status != CandidateStatus.WITHDRAWN:
        raise Conflict("The other request is not where the join left it.")
    same = Candidate.objects.pending().filter(cluster=other.cluster_id, target=other.target_id)
    if same.exists():
        raise Conflict("Another request about the same is pending by now; decide on that one.")
    return other


def _bring_in_line(candidate: Candidate) -> None:
    shown = rulings.shown([candidate])[candidate.pk]
    if not shown:
        raise Conflict("None of its notes is shared any more.")
    regrouping.bring_in_line(candidate, shown)
