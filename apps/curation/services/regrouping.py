"""Reviewers split requests and join them; what they say stays, whatever later runs find alike."""

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction

from apps.curation.core.rules import differences
from apps.curation.models import (
    Candidate,
    CandidateMember,
    CandidateStatus,
    Cluster,
    ClusterMember,
    Link,
)
from apps.curation.services import attention, candidates, rulings
from apps.curation.services.assessment import members_hash
from apps.curation.services.rulings import Shown
from apps.kernel import clock
from apps.kernel.errors import Conflict, Forbidden, Invalid
from apps.spaces import access
from apps.spaces.core.ancestry import nearest_shared
from apps.spaces.models import Space
from apps.spaces.services import grants, tree, writing

if TYPE_CHECKING:
    from apps.accounts.actors import Actor


@transaction.atomic
def split(
    *,
    actor: "Actor",
    candidate: Candidate,
    members: Collection[UUID],
    reason: str = "",
    expected_revision: int | None = None,
) -> Candidate:
    """Take members off a request: they state another fact than those that stay.

    Members with the same words as a chosen one go with it. What goes has a cluster of its own at
    once, and a request as soon as a run finds that it deserves one.

    Args:
        actor: a reviewer of the target.
        candidate: a pending request.
        members: ids of members as the request shows them.
        reason: for the audit.
        expected_revision: what the reviewer saw.

    Raises:
        Invalid: no such member, none at all, or nothing would be left.
        Forbidden, AlreadyDecided, PreconditionFailed, ReadOnly: as for `approve`.
    """
    locked = candidates.lock(actor, candidate, expected_revision)
    writing.check_open(locked.target)
    shown = rulings.shown([locked])[locked.pk]
    gone = _chosen(shown, members)
    rest = [one for one in shown if one not in gone]
    if not rest:
        raise Invalid("Leave at least one note that says something else.", attr="members")
    made = Cluster.objects.create(
        organisation_id=locked.target.organisation_id,
        canonical_id=_first(gone).member.memory_id,
        created_at=clock.now(),
    )
    rulings.record(
        actor=actor,
        said="apart",
        candidate=locked,
        sides=(rest, gone),
        reason=reason,
        before={
            "revision": locked.revision + 1,
            "cluster": made.pk,
            "canonical": locked.cluster.canonical_id,
            "members": [_kept(one.member) for one in gone],
        },
    )
    _move(gone, made)
    CandidateMember.objects.filter(pk__in=[one.member.pk for one in gone]).delete()
    bring_in_line(locked, rest)
    candidates.record(actor, locked, "candidate.split", reason)
    return locked


@transaction.atomic
def join(
    *,
    actor: "Actor",
    candidate: Candidate,
    other: UUID,
    reason: str = "",
    expected_revision: int | None = None,
) -> Candidate:
    """Make one request of two: all that both show states one fact.

    The request asks for the nearest space above both; the other one is withdrawn.

    Args:
        actor: a reviewer of both targets, and of the space above both.
        candidate: the pending request that stays.
        other: the pending request that goes.
        reason: for the audit.
        expected_revision: of `candidate`, as the reviewer saw it.

    Raises:
        Invalid: there is no such other request.
        Conflict: a certain rule keeps two of the notes apart.
        Forbidden, AlreadyDecided, PreconditionFailed, ReadOnly: as for `approve`.
    """
    second = Candidate.objects.visible_to(actor).filter(public_id=other).first()
    if second is None or second.pk == candidate.pk:
        raise Invalid("There is no such other request.", attr="other")
    locked, added = _both(actor, candidate, second, expected_revision)
    target = _above(actor, locked, added)
    for space in (locked.target, added.target, target):
        writing.check_open(space)
    shown = rulings.shown([locked, added])
    mine, theirs = shown[locked.pk], shown[added.pk]
    _check_agreement(mine, theirs)
    known = {one.member.memory_id for one in mine}
    new = [one for one in theirs if one.member.memory_id not in known]
    rulings.record(
        actor=actor,
        said="together",
        candidate=locked,
        sides=(mine, theirs),
        reason=reason,
        before={
            "revision": locked.revision + 1,
            "other": added.pk,
            "target": locked.target_id,
            "members": [one.member.memory_id for one in new],
            "moved": [one.member.memory_id for one in theirs],
        },
    )
    _move(theirs, locked.cluster)
    CandidateMember.objects.bulk_create(_joined(locked, one) for one in new)
    candidates.settle(actor, added, CandidateStatus.WITHDRAWN, "candidate.withdraw", "joined")
    locked.target = target
    bring_in_line(locked, [*mine, *theirs])
    candidates.record(actor, locked, "candidate.join", reason)
    return locked


def _chosen(shown: Sequence[Shown], members: Collection[UUID]) -> list[Shown]:
    """The named members, and those that say the very same."""
    named = [one for one in shown if one.member.public_id in set(members)]
    if not members or len(named) < len(set(members)):
        raise Invalid("Name members that the request shows.", attr="members")
    words = {(one.reading.letters, one.reading.facets) for one in named}
    return [one for one in shown if (one.reading.letters, one.reading.facets) in words]


def _both(
    actor: "Actor", candidate: Candidate, other: Candidate, expected_revision: int | None
) -> tuple[Candidate, Candidate]:
    """Both requests, locked in one order whoever asks."""
    expected = {candidate.pk: expected_revision, other.pk: None}
    first, second = sorted((candidate, other), key=lambda one: one.pk)
    found = {one.pk: candidates.lock(actor, one, expected[one.pk]) for one in (first, second)}
    return found[candidate.pk], found[other.pk]


def _above(actor: "Actor", one: Candidate, two: Candidate) -> Space:
    """The nearest space at or above both targets."""
    parent_of = tree.parents(one.target.organisation_id)
    if one.target_id == two.target_id:
        return one.target
    nearest = nearest_shared((one.target_id, two.target_id), parent_of)
    if nearest is None or not access.of(actor).allows("review", nearest):
        raise Forbidden("You do not review the space above both.")
    return Space.objects.select_related("organisation").get(pk=nearest)


def _check_agreement(mine: Sequence[Shown], theirs: Sequence[Shown]) -> None:
    codes = {
        code for one in mine for two in theirs for code in differences(one.reading, two.reading)
    }
    if codes:
        raise Conflict(
            f"They differ for certain ({', '.join(sorted(codes))}), so they stay two facts. Split"
            " off the notes that differ first."
        )


def _move(shown: Iterable[Shown], cluster: Cluster) -> None:
    memories = [one.member.memory_id for one in shown]
    ClusterMember.objects.filter(memory__in=memories).update(cluster=cluster)


def _kept(member: CandidateMember) -> dict[str, Any]:
    return {
        "memory": member.memory_id,
        "person": member.person_id,
        "revision": member.revision,
        "link": member.link,
        "independent": member.independent,
    }


def _joined(candidate: Candidate, shown: Shown) -> CandidateMember:
    member = shown.member
    return CandidateMember(
        candidate=candidate,
        memory_id=member.memory_id,
        revision=member.revision,
        person_id=member.person_id,
        link=Link.REVIEWER,
        independent=member.independent,
    )


def bring_in_line(candidate: Candidate, shown: Sequence[Shown]) -> None:
    """Save a locked request with its new members and target, as the next run will find it."""
    if not candidate.edited and candidate.text not in {one.text for one in shown}:
        candidate.text = _first(shown).text
    memories = {one.member.memory_id for one in shown}
    if candidate.cluster.canonical_id not in memories:
        Cluster.objects.filter(pk=candidate.cluster_id).update(
            canonical=_first(shown).member.memory_id
        )
    candidate.members_hash = members_hash(
        {one.member.memory_id: one.member.revision for one in shown}
    )
    candidate.revision += 1
    attention.rank(candidate, grants.readers([candidate.target_id]))
    candidate.save(
        update_fields=["text", "members_hash", "revision", "target", "readers", "ranked_at"]
    )


def _first(shown: Sequence[Shown]) -> Shown:
    """The note the hub learned first, of people who speak for themselves where there are such."""
    return min(
        shown,
        key=lambda one: (not one.member.independent, one.member.memory.created_at, one.member.pk),
    )
