"""From a promotion request to canon: what the reviewer let everybody know, they may stand by."""

from typing import TYPE_CHECKING

from django.db import transaction

from apps.canon.models import ChangeProposal
from apps.canon.services import escalation
from apps.curation.models import Candidate, CandidateStatus
from apps.curation.services import candidates
from apps.kernel.errors import Conflict
from apps.memories.models import Status

if TYPE_CHECKING:
    from apps.accounts.actors import Actor


class NotPublished(Conflict):
    """Nothing of this request is shared that could become canon."""

    code = "not_published"


@transaction.atomic
def propose_from_request(
    *,
    actor: "Actor",
    candidate: Candidate,
    title: str = "",
    path: str = "",
    reason: str = "",
    expected_revision: int | None = None,
) -> ChangeProposal:
    """Propose what a promotion request says as canon of the space that it is for.

    One that is pending is approved first, in the same transaction and by the same rules, where one
    approval is enough. The proposal names the request and rests on the published memory, which
    rests on the members; git and the audit name the request, never them.

    Args:
        actor: a reviewer of the request's target. Canon needs another one: nobody approves what
            they proposed.
        candidate: pending, approved, or merged into a memory.
        title, path, reason: as for `canon.services.escalation.propose_from_memory`.
        expected_revision: of a pending request, what the reviewer saw.

    Raises:
        NotPublished: it was turned down or taken back, or several have to approve it first.
        AlreadyCanon, Invalid, ReadOnly: as for `propose_from_memory`.
        Forbidden, OwnRequest, Held, PreconditionFailed: as for `candidates.approve`.
    """
    found = candidates.read_anew(actor, candidate)
    if found.status == CandidateStatus.PENDING:
        if candidates.approvals_needed(found.target) > 1:
            raise NotPublished("Several reviewers have to approve this request first.")
        found = candidates.approve(
            actor=actor, candidate=found, reason=reason, expected_revision=expected_revision
        )
    if found.published is None or found.published.status != Status.ACTIVE:
        raise NotPublished
    return escalation.propose_from_memory(
        actor=actor,
        memory=found.published.public_id,
        title=title,
        path=path,
        reason=reason,
        request=found.public_id,
    )
