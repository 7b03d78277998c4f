"""The form that leads from what is shared to canon, and what came of it."""

from uuid import UUID

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.actors import Actor
from apps.canon.models import ChangeProposal
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


def proposals_of(actor: Actor, memory: Memory) -> list[ChangeProposal]:
    """Proposals that the person sees and that a memory is a source of, newest first."""
    seen = ChangeProposal.objects.visible_to(actor)
    return list(seen.filter(sources__memory=memory).order_by("-pk")[:10])


def address_of(proposal: ChangeProposal) -> str:
    """Of its page at the desk."""
    page: UUID = proposal.public_id
    return reverse("desk:canon_changeproposal_change", args=[page])
