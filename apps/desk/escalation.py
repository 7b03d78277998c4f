"""From what is shared to canon: a proposal with the memory as its source, reviewed over there."""

from uuid import UUID

from django import forms
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as say_in
from django.utils.translation import gettext_lazy as _

from apps.accounts.actors import Actor
from apps.canon.models import ChangeProposal
from apps.canon.services import proposals
from apps.canon.services.proposals import Draft
from apps.curation.models import Candidate, CandidateStatus
from apps.curation.services import candidates
from apps.kernel.errors import Conflict
from apps.memories.models import Memory, Status
from apps.spaces.models import SpaceKind


class EscalateForm(forms.Form):
    """What the document is called, and why it should be canon."""

    title = forms.CharField(
        label=_("Title of the document"),
        required=False,
        max_length=200,
        help_text=_("Empty: the first words of the memory."),
    )
    reason = forms.CharField(
        label=_("Why it should be canon"),
        required=False,
        max_length=1900,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


def fits(memory: Memory | None) -> bool:
    """Whether a memory can be the source of a proposal: shared, in force and not sensitive."""
    return (
        memory is not None
        and memory.status == Status.ACTIVE
        and memory.sensitivity == "normal"
        and memory.space.kind != SpaceKind.PERSONAL
    )


@transaction.atomic
def of_request(
    *, actor: Actor, candidate: Candidate, expected_revision: int, title: str = "", reason: str = ""
) -> ChangeProposal:
    """Open a proposal about what a request published; one that waits is approved first.

    Both or neither.

    Raises:
        Conflict: nothing came of the request, or other reviewers have to approve it first.
        kernel.errors.Error: as `candidates.approve` and `proposals.propose`.
    """
    if candidate.status == CandidateStatus.PENDING:
        candidate = candidates.approve(
            actor=actor, candidate=candidate, reason=reason, expected_revision=expected_revision
        )
        if candidate.published is None:
            raise Conflict(
                say_in(
                    "Other reviewers have to approve it first. Approve it, and propose it later."
                )
            )
    if candidate.published is None:
        raise Conflict(say_in("Nothing of it was published."))
    return of_memory(actor=actor, memory=candidate.published, title=title, reason=reason)


def of_memory(*, actor: Actor, memory: Memory, title: str = "", reason: str = "") -> ChangeProposal:
    """Open a proposal about a shared memory, for its space.

    Raises:
        kernel.errors.Error: as `proposals.propose`.
    """
    draft = Draft(
        space=memory.space.public_id, memories=[memory.public_id], title=title, reason=reason
    )
    return proposals.propose(actor=actor, draft=draft)


def proposals_of(actor: Actor, memory: Memory) -> list[ChangeProposal]:
    """Proposals that the person sees and that a memory is a source of, newest first."""
    seen = ChangeProposal.objects.visible_to(actor)
    return list(seen.filter(sources__memory=memory).order_by("-pk")[:10])


def address_of(proposal: ChangeProposal) -> str:
    """Of its page at the desk."""
    page: UUID = proposal.public_id
    return reverse("desk:canon_changeproposal_change", args=[page])
