"""Merging: the one way that bytes become canon, one transaction at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from apps.audit.services import events
from apps.canon.core import documents, paths, review
from apps.canon.models import (
    Change,
    ChangeProposal,
    Document,
    ProposalStatus,
    Revision,
    Section,
)
from apps.canon.services import checks, indexing, proposals, rules
from apps.kernel import clock, isolation, jobs, locks
from apps.kernel.errors import Conflict
from apps.spaces.services import writing

if TYPE_CHECKING:
    from apps.accounts.actors import Actor


class ChecksFailed(Conflict):
    """A check of this proposal fails."""

    code = "checks_failed"


class ApprovalsMissing(Conflict):
    """This proposal lacks approvals of its present bytes."""

    code = "approvals_missing"


@dataclass(frozen=True, slots=True)
class Readiness:
    """Where a proposal stands: its checks and its approvals."""

    checks: Sequence[checks.Check]
    standing: review.Standing

    @property
    def ready(self) -> bool:
        """Nothing keeps it from being merged by who may."""
        return self.standing.enough and all(check.ok for check in self.checks)


def readiness(proposal: ChangeProposal) -> Readiness:
    """Where a proposal stands now; its space, document, author and owner must be loaded."""
    standing = review.standing(
        path=proposal.path,
        sha256=proposal.sha256,
        approvals=[
            review.Approval(one.person.public_id, one.sha256)
            for one in proposal.approvals.select_related("person")
        ],
        writers={proposal.author.public_id, proposal.owner.public_id},
        reviewers=rules.reviewers_of(proposal.space),
        rules=rules.of_space(proposal.space).rules,
    )
    return Readiness(checks.of(proposal), standing)


@transaction.atomic
def merge(*, actor: "Actor", proposal: ChangeProposal, sha256: str = "") -> Revision:
    """Make a proposal's bytes canon. Merges of an organisation wait for each other.

    Args:
        actor: a reviewer of the space; may be the author once others have approved.
        proposal: open, with its checks passed and its approvals given.
        sha256: of the bytes the actor means; "" for those that are there.

    Raises:
        Forbidden: the actor does not review the space.
        NotOpen: it was merged or turned down.
        PreconditionFailed: its bytes are others by now.
        ChecksFailed, ApprovalsMissing: what is missing, in words.
        ReadOnly: the space takes no writes.
    """
    locks.transaction_lock(f"canon:{proposal.organisation_id}")
    locked = proposals.lock(actor, proposal, sha256)
    proposals.check_reviews(actor, locked)
    writing.check_open(locked.space)
    found = readiness(locked)
    _refuse(found)
    revision = _write(actor, locked, found.standing.counted)
    locked.status, locked.document = ProposalStatus.MERGED, revision.document
    proposals.close(actor, locked)
    _record(actor, locked, revision)
    jobs.enqueue("canon.mirror", locked.space_id)
    return revision


def _refuse(found: Readiness) -> None:
    failed = [check for check in found.checks if not check.ok]
    if failed:
        raise ChecksFailed(" ".join(check.detail for check in failed))
    if found.standing.missing:
        raise ApprovalsMissing(
            f"{found.standing.missing} more people must approve the present bytes."
        )
    if found.standing.owners:
        raise ApprovalsMissing("Somebody who answers for this path must approve it.")


def _write(actor: "Actor", proposal: ChangeProposal, approvers: Sequence[UUID]) -> Revision:
    now = clock.now()
    document = proposal.document or Document.objects.create(
        organisation_id=proposal.organisation_id,
        space=proposal.space,
        path=proposal.path,
        path_key=paths.key(proposal.path),
        created_at=now,
    )
    retires = proposal.change == Change.RETIRE
    revision = Revision.objects.create(
        document=document,
        space=proposal.space,
        number=document.head.number + 1 if document.head else 1,
        position=_position(proposal.space_id),
        proposal=proposal,
        content=proposal.content,
        sha256=documents.digest(proposal.content),
        retires=retires,
        witness=_witness(actor, proposal, approvers),
        merged_at=now,
        **_about(proposal, document),
    )
    standing = Section.objects.filter(revision__document=document, known_to__isnull=True)
    standing.update(known_to=now)
    if not retires:
        indexing.index(revision, documents.read(revision.content))
    document.head, document.retired_at = revision, now if retires else None
    document.save(update_fields=["head", "retired_at"])
    return revision


def _position(space_id: int) -> int:
    newest = Revision.objects.filter(space=space_id).aggregate(newest=Max("position"))["newest"]
    return (newest or 0) + 1


def _about(proposal: ChangeProposal, document: Document) -> dict[str, Any]:
    """What the front matter says; of a retired document the title it had."""
    if proposal.change == Change.RETIRE:
        return {"title": document.head.title if document.head else proposal.path}
    told = documents.read(proposal.content).front
    return {
        "title": told.title,
        "description": told.description,
        "tags": list(told.tags),
        "owner_team": told.owner,
        "effective_from": told.effective_from,
        "effective_to": told.effective_to,
        "matter": {**told.extra, **({"globs": list(told.globs)} if told.globs else {})},
    }


def _witness(actor: "Actor", proposal: ChangeProposal, approvers: Sequence[UUID]) -> dict[str, Any]:
    """Public ids only: what git is told cannot be taken back from who cloned it."""
    with isolation.reaching("organisation"):
        named = [
            f"memory {source.memory.public_id} revision {source.revision}"
            for source in proposal.sources.select_related("memory").order_by("pk")
        ]
    if proposal.request is not None:
        named.append(f"request {proposal.request}")
    return {
        "proposal": str(proposal.public_id),
        "author": str(proposal.author.public_id),
        "merged_by": str(actor.user.public_id),
        "approvers": [str(one) for one in approvers],
        "sources": named,
        "approved": proposal.sha256,
    }


def _record(actor: "Actor", proposal: ChangeProposal, revision: Revision) -> None:
    events.record(
        action="canon.merge",
        by=actor.by,
        space=proposal.space.public_id,
        object_type="document",
        object_ids=[revision.document.public_id, proposal.public_id],
        detail={
            "sha256": revision.sha256,
            "number": revision.number,
            "position": revision.position,
        },
    )
