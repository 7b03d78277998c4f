"""What the archivist proposes: its words beside their sources, and the reviewer's word on it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as say_in
from django.utils.translation import gettext_lazy as _

from apps.consolidation.models import Proposal, ProposalStatus
from apps.consolidation.services import exhibits, proposals
from apps.desk import words
from apps.desk.actors import actor_of
from apps.desk.templatetags.desk import ago
from apps.desk.text import excerpt
from apps.desk.trials import TrialPage
from apps.kernel.admin import display
from apps.kernel.errors import Error

_REASON = 2_000
_WORDS = forms.Textarea(attrs={"rows": 2})


class AgreeForm(forms.Form):
    """Carry it out in the words that are shown."""

    reason = forms.CharField(label=_("Why"), required=False, max_length=_REASON, widget=_WORDS)


class RefuseForm(forms.Form):
    """Why it is turned down."""

    reason = forms.CharField(label=_("Why"), max_length=_REASON, widget=_WORDS)


class ArchivistProposalAdmin(TrialPage):
    """Proposals for spaces that the person reviews or owns, those that wait first."""

    section = _("The archivist's proposals")
    list_display = ("says", "what", "where", "state", "age")
    list_display_links = ("says",)
    list_select_related = ("space",)
    list_before_template = "desk/parts/try_prompt.html"
    ordering = ("-decided_at", "-pk")  # in PostgreSQL no time comes first
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Proposal]:
        rows = super().get_queryset(request).exclude(status=ProposalStatus.STALE)
        return rows.select_related("space", "target", "lead", "result", "reviewer")

    def pages(self) -> list[URLPattern]:
        return [
            *super().pages(),
            *(
                path(f"<uuid:public_id>/{name}", self.posted(view), name=self.url_name(name))
                for name, view in (("approve", self.approve), ("reject", self.reject))
            ),
        ]

    @display(description=_("What would be kept"))
    def says(self, proposal: Proposal) -> SafeString:
        return format_html('<span class="d-says" dir="auto">{}</span>', excerpt(proposal.text))

    @display(description=_("Proposal"), ordering="kind")
    def what(self, proposal: Proposal) -> str:
        return words.label(proposal.get_kind_display())

    @display(description=_("Space"), ordering="space__name")
    def where(self, proposal: Proposal) -> SafeString:
        return excerpt(proposal.space.name, 60)

    @display(description=_("State"), ordering="status")
    def state(self, proposal: Proposal) -> str:
        return words.told(words.TIDYING, proposal.status)

    @display(description=_("Age"), ordering="created_at")
    def age(self, proposal: Proposal) -> str:
        return ago(proposal.created_at)

    def show(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        return self._page(request, self.found(request, public_id))

    def approve(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        """As it is shown; 409 when a source changed since."""
        form = AgreeForm(request.POST)
        return self._done(
            request, public_id, form, proposals.approve, say_in("It was carried out.")
        )

    def reject(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        """It comes back only when the words of its sources change."""
        form = RefuseForm(request.POST)
        return self._done(request, public_id, form, proposals.reject, say_in("It was turned down."))

    def _done(
        self,
        request: HttpRequest,
        public_id: UUID,
        form: forms.Form,
        deed: Callable[..., Proposal],
        said: str,
    ) -> HttpResponse:
        proposal: Proposal = self.found(request, public_id)
        if not form.is_valid():
            return self._page(request, proposal, form=form, status=400)
        try:
            deed(actor=actor_of(request), proposal=proposal, **form.cleaned_data)
        except Error as error:
            return self._page(request, self.found(request, public_id), refusal=error)
        self.say(request, said)
        return redirect(self.url("changelist"))

    def _page(
        self,
        request: HttpRequest,
        proposal: Proposal,
        *,
        form: forms.Form | None = None,
        refusal: Error | None = None,
        status: int = 200,
    ) -> HttpResponse:
        return self.page(
            request,
            "desk/archivist_proposal.html",
            title=words.label(proposal.get_kind_display()),
            status=status,
            proposal=proposal,
            claims=_claims(proposal),
            sources=exhibits.shown([proposal])[proposal.pk],
            agree_form=AgreeForm(),
            refuse_form=form if isinstance(form, RefuseForm) else RefuseForm(),
            refusal=refusal,
        )


def _claims(proposal: Proposal) -> list[dict[str, Any]]:
    """Sentences with the numbers of their sources as the page counts them, from 1."""
    return [
        {"text": claim["text"], "sources": [cite + 1 for cite in claim["cites"]]}
        for claim in proposal.claims
    ]
