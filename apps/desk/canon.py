"""Canon on the desk: documents as a tree, their revisions, and proposals with what they change."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as say_in
from django.utils.translation import gettext_lazy as _

from apps.canon.core import changes, front
from apps.canon.models import ChangeProposal, Document, Revision
from apps.canon.services import merging, proposals, reading, remoting
from apps.desk import words
from apps.desk.actors import actor_of
from apps.desk.base import DeskAdmin
from apps.desk.canon_forms import ApprovalForm, CommentForm, WithdrawalForm
from apps.desk.templatetags.desk import ago
from apps.desk.text import excerpt
from apps.kernel.admin import display
from apps.kernel.errors import Error
from apps.spaces.models import Space

_MOST = 200  # revisions on a page


class DocumentAdmin(DeskAdmin):
    """Documents of the spaces the person reads, folder by folder."""

    section = _("Canon")
    list_display = ("place", "title", "where", "revision", "since")
    list_before_template = "desk/parts/canon_remotes.html"
    list_display_links = ("place",)
    list_select_related = ("space", "head")
    search_fields = ("path", "head__title")
    ordering = ("path_key",)
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Document]:
        rows = super().get_queryset(request).filter(retired_at__isnull=True)
        return rows.select_related("space", "head")

    def pages(self) -> list[URLPattern]:
        one = "remotes/<uuid:space>"
        return [path(f"{one}/push", self.posted(self.push), name=self.url_name("push"))]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Above the documents stands where they are pushed, and what became of it."""
        shown = {"remotes": remoting.standings(actor_of(request)), **(extra_context or {})}
        return super().changelist_view(request, shown)

    def push(self, request: HttpRequest, space: UUID) -> HttpResponse:
        """Have a space's remote pushed to now, or say why not."""
        actor = actor_of(request)
        row = Space.objects.visible_to(actor).filter(public_id=space).first()
        if row is None:
            raise Http404(say_in("There is no such thing."))
        try:
            remoting.ask(actor=actor, space=row)
        except Error as error:
            self.say(request, error.detail, failed=True)
        else:
            self.say(request, say_in("It is being pushed; look again in a moment."))
        return redirect(self.url("changelist"))

    @display(description=_("Document"), ordering="path_key")
    def place(self, document: Document) -> SafeString:
        """The file below its folders, which are set back."""
        folder, _, name = document.path.rpartition("/")
        inner = f"{folder}/" if folder else ""
        return format_html(
            '<span class="d-quiet">{}</span>{}', excerpt(inner, 120), excerpt(name, 120)
        )

    @display(description=_("Title"), ordering="head__title")
    def title(self, document: Document) -> SafeString:
        return excerpt(document.head.title if document.head else "")

    @display(description=_("Space"), ordering="space__name")
    def where(self, document: Document) -> SafeString:
        return excerpt(document.space.name, 60)

    @display(description=_("Revision"), ordering="head__number")
    def revision(self, document: Document) -> int:
        return document.head.number if document.head else 0

    @display(description=_("Since"), ordering="head__merged_at")
    def since(self, document: Document) -> str:
        return ago(document.head.merged_at) if document.head else ""

    def found(self, request: HttpRequest, public_id: UUID) -> Document:
        """Retired ones, too: their history is asked for by its address."""
        rows = Document.objects.visible_to(actor_of(request)).select_related("space", "head")
        document = rows.filter(public_id=public_id).first()
        if document is None:
            raise Http404(say_in("There is no such document."))
        return document

    def show(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        """One revision, and beside it what it changed or what lies between two of them."""
        document = self.found(request, public_id)
        revisions = list(document.revisions.order_by("-number")[:_MOST])
        shown = _numbered(revisions, request.GET.get("revision")) or revisions[0]
        before = _numbered(revisions, request.GET.get("against"))
        if before is None:
            before = _numbered(revisions, str(shown.number - 1))
        return self.page(
            request,
            "desk/canon_document.html",
            title=shown.title,
            document=document,
            shown=shown,
            before=before,
            body=front.split(shown.content)[1],
            lines=changes.between(before.content if before else "", shown.content),
            revisions=revisions,
            open_proposals=document.proposals.open().order_by("-pk")[:20],
        )


class ProposalAdmin(DeskAdmin):
    """Proposals for the spaces the person reads, open ones first."""

    section = _("Canon proposals")
    list_display = ("what", "where", "author_name", "state", "age")
    list_display_links = ("what",)
    ordering = ("-decided_at", "-pk")  # in PostgreSQL no time comes first
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[ChangeProposal]:
        related = ("space__organisation", "document__head", "base", "author", "owner", "decided_by")
        return super().get_queryset(request).select_related(*related)

    def pages(self) -> list[URLPattern]:
        return [
            path(f"<uuid:public_id>/{name}", self.posted(view), name=self.url_name(name))
            for name, view in (
                ("approve", self.approve),
                ("comment", self.comment),
                ("merge", self.merge),
                ("withdraw", self.withdraw),
            )
        ]

    @display(description=_("Proposal"), ordering="path")
    def what(self, proposal: ChangeProposal) -> SafeString:
        told = f"{words.label(proposal.get_change_display())}: {proposal.path}"
        return format_html('<span class="d-says" dir="auto">{}</span>', excerpt(told))

    @display(description=_("Space"), ordering="space__name")
    def where(self, proposal: ChangeProposal) -> SafeString:
        return excerpt(proposal.space.name, 60)

    @display(description=_("By"), ordering="author__name")
    def author_name(self, proposal: ChangeProposal) -> SafeString:
        return excerpt(proposal.author.name, 60)

    @display(description=_("State"), ordering="status")
    def state(self, proposal: ChangeProposal) -> str:
        return words.label(proposal.get_status_display())

    @display(description=_("Age"), ordering="created_at")
    def age(self, proposal: ChangeProposal) -> str:
        return ago(proposal.created_at)

    def show(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        return self._page(request, self.found(request, public_id))

    def approve(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        """Of the bytes that the page showed."""
        form = ApprovalForm(request.POST)
        return self._done(
            request, public_id, form, proposals.approve, say_in("You approved these bytes.")
        )

    def comment(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        """A turn in the discussion."""
        form = CommentForm(request.POST)
        return self._done(
            request, public_id, form, proposals.comment, say_in("Your comment was added.")
        )

    def merge(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        """What the page showed becomes canon."""
        form = ApprovalForm(request.POST)
        return self._done(request, public_id, form, merging.merge, say_in("It is canon now."))

    def withdraw(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        """By its author, or with a reason by a reviewer."""
        form = WithdrawalForm(request.POST)
        return self._done(
            request, public_id, form, proposals.withdraw, say_in("The proposal is closed.")
        )

    def _done(
        self, request: HttpRequest, public_id: UUID, form: Any, deed: Any, said: str
    ) -> HttpResponse:
        proposal: ChangeProposal = self.found(request, public_id)
        if not form.is_valid():
            return self._page(request, proposal, status=400)
        try:
            deed(actor=actor_of(request), proposal=proposal, **form.cleaned_data)
        except Error as error:
            return self._page(request, self.found(request, public_id), refusal=error)
        self.say(request, said)
        return redirect(self.url("change", public_id))

    def _page(
        self,
        request: HttpRequest,
        proposal: ChangeProposal,
        *,
        refusal: Error | None = None,
        status: int = 200,
    ) -> HttpResponse:
        actor = actor_of(request)
        return self.page(
            request,
            "desk/canon_proposal.html",
            title=proposal.path,
            status=status,
            proposal=proposal,
            body=front.split(proposal.content)[1],
            lines=reading.lines(proposal),
            found=merging.readiness(proposal),
            approvals=proposal.approvals.select_related("person"),
            comments=proposal.comments.select_related("author"),
            own=actor.principal.pk in {proposal.author_id, proposal.owner_id},
            comment_form=CommentForm(),
            withdrawal_form=WithdrawalForm(),
            refusal=refusal,
        )


def _numbered(revisions: list[Revision], number: str | None) -> Revision | None:
    return next((each for each in revisions if str(each.number) == number), None)
