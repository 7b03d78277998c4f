"""Erasures: asking for one, how far each is, and its certificate. For administrators."""

import json
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as say_in
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.desk import words
from apps.desk.actors import actor_of
from apps.desk.base import DeskAdmin
from apps.governance.models import Erasure
from apps.governance.querysets import governed_by
from apps.governance.services import erasures
from apps.kernel.admin import display
from apps.kernel.errors import Error


class ErasureAdmin(DeskAdmin):
    """Erasures of the organisation's people, newest first."""

    section = _("Erasures")
    list_display = ("asked", "person_id_told", "status", "rows")
    list_display_links = ("asked",)
    list_select_related = ("person",)
    ordering = ("-pk",)
    list_before_template = "desk/parts/start_erasure.html"
    actions = None

    def has_view_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        """Nobody but administrators; reviewing opens nothing here."""
        return (
            super().has_view_permission(request, obj) and governed_by(actor_of(request)) is not None
        )

    def pages(self) -> list[URLPattern]:
        return [
            path("start", self.posted(self.start), name=self.url_name("start")),
            path(
                "<uuid:public_id>/certificate",
                self.guarded(self.certificate),
                name=self.url_name("certificate"),
            ),
        ]

    @display(description=_("Asked for"), ordering="created_at")
    def asked(self, erasure: Erasure) -> str:
        return f"{erasure.created_at:%Y-%m-%d %H:%M} UTC"

    @display(description=_("Id of the person"))
    def person_id_told(self, erasure: Erasure) -> str:
        return str(erasure.person.public_id)

    @display(description=_("State"), ordering="state")
    def status(self, erasure: Erasure) -> SafeString:
        label = words.label(erasure.get_state_display())
        return format_html('<span class="d-state d-state-{}">{}</span>', erasure.state, label)

    @display(description=_("Rows"))
    def rows(self, erasure: Erasure) -> str:
        return f"{sum(erasure.counts.values()):,}"

    def start(self, request: HttpRequest) -> HttpResponse:
        """Queue an erasure, or say why not."""
        try:
            person = _named(request)
            reason = request.POST.get("reason", "")[:2000]
            erasure = erasures.request(actor=actor_of(request), person=person, reason=reason)
        except Error as error:
            self.say(request, error.detail, failed=True)
            return redirect(self.url("changelist"))
        self.say(request, say_in("The person was shut out; the rest is under way."))
        return redirect(self.url("change", erasure.public_id))

    def certificate(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        """The signed certificate as a file."""
        erasure: Erasure = self.found(request, public_id)
        if erasure.certificate is None:
            raise Http404(say_in("There is no certificate yet."))
        name = f"erasure-{erasure.public_id}.json"
        return HttpResponse(
            json.dumps(erasure.certificate, indent=2),
            content_type="application/json",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    def show(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        erasure: Erasure = self.found(request, public_id)
        return self.page(
            request,
            "desk/erasure.html",
            title=_("Erasure"),
            erasure=erasure,
            counts=sorted(erasure.counts.items()),
        )


def _named(request: HttpRequest) -> User:
    """The person whose address was typed twice, so that a slip erases nobody.

    Raises:
        Error: the addresses differ, or nobody of the organisation has it.
    """
    address = request.POST.get("email", "").strip().lower()
    if address != request.POST.get("again", "").strip().lower():
        raise Error(say_in("The two addresses differ; nobody was erased."))
    person = User.objects.filter(
        email=address, personal_space__organisation_id=governed_by(actor_of(request))
    ).first()
    if person is None:
        raise Error(say_in("Nobody in the organisation has this address."))
    found: User = person
    return found
