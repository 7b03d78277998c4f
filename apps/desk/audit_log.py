"""The audit log of the organisation: filters, single events, and whether the seals still hold."""

from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.translation import gettext as say_in
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.audit.models import AuditEvent, PendingEvent, Seal
from apps.audit.services import checkups, keys, seals
from apps.desk.actors import actor_of
from apps.desk.base import DeskAdmin, query_of
from apps.spaces import access

_PER_PAGE = 50
_LISTED_OBJECTS = 5


class AuditForm(forms.Form):
    """What to look for; everything may stay empty."""

    action = forms.CharField(label=_("Action"), required=False, max_length=60)
    actor = forms.CharField(label=_("Who: address or id"), required=False, max_length=254)
    object = forms.UUIDField(label=_("About the id"), required=False)
    request_id = forms.CharField(label=_("Request"), required=False, max_length=64)
    since = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )


class AuditAdmin(DeskAdmin):
    """For auditors and administrators of the organisation: who did what, never what it says."""

    section = _("Audit")
    actions = None

    def has_view_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        """Reviewing opens nothing here."""
        return super().has_view_permission(request, obj) and may_audit(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def pages(self) -> list[URLPattern]:
        return [path("verify", self.posted(self.verify), name=self.url_name("verify"))]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        self._demand(request)
        form = AuditForm(request.GET or None)
        found = self.get_queryset(request).order_by("-id")
        if form.is_bound:
            found = _narrowed(found, form.cleaned_data) if form.is_valid() else found.none()
        page = Paginator(found, _PER_PAGE).get_page(request.GET.get("page"))
        rows = list(page)
        names = _names(rows)
        return self.page(
            request,
            "desk/audit.html",
            title=str(self.section),
            list_url=None,
            form=form,
            rows=[(row, names.get(row.actor), row.object_ids[:_LISTED_OBJECTS]) for row in rows],
            pages=page,
            query=query_of(request),
            checkup=checkups.last(),
            **_sealing(),
        )

    def verify(self, request: HttpRequest) -> HttpResponse:
        """Have the worker read the whole log; the page shows what it found."""
        self._demand(request)
        checkups.request(by=actor_of(request).by)
        self.say(request, say_in("The worker reads the whole log now."))
        return redirect(self.url("changelist"))

    def show(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        self._demand(request)
        event: AuditEvent = self.found(request, public_id)
        return self.page(
            request,
            "desk/audit_event.html",
            title=say_in("Event"),
            event=event,
            who=_names([event]),
            detail=sorted((str(name), str(value)) for name, value in event.detail.items()),
        )

    def _demand(self, request: HttpRequest) -> None:
        """Raises PermissionDenied for who neither audits nor administers."""
        if not self.has_view_permission(request):
            raise PermissionDenied


def may_audit(request: HttpRequest) -> bool:
    """Whether the person reads the audit of the organisation."""
    return access.of(actor_of(request)).organisation_role in {"auditor", "admin"}


def _narrowed(events: QuerySet[AuditEvent], asked: dict[str, Any]) -> QuerySet[AuditEvent]:
    if asked["action"]:
        events = events.filter(action=asked["action"])
    if asked["actor"]:
        events = events.filter(actor=_person(asked["actor"]))
    if asked["object"]:
        events = events.filter(object_ids__contains=[asked["object"]])
    if asked["request_id"]:
        events = events.filter(request_id=asked["request_id"])
    if asked["since"]:
        events = events.filter(created_at__date__gte=asked["since"])
    if asked["until"]:
        events = events.filter(created_at__date__lte=asked["until"])
    return events


def _person(named: str) -> UUID | None:
    """Public id of an address, or the id itself; None, which no event of a person has."""
    try:
        return UUID(named)
    except ValueError:
        found = User.objects.filter(email=named.strip().lower()).values_list("public_id", flat=True)
        known: UUID | None = found.first()
        return known or UUID(int=0)


def _names(rows: list[AuditEvent]) -> dict[UUID, SafeString | str]:
    ids = {pk for row in rows for pk in (row.actor, row.owner) if pk}
    return dict(User.objects.filter(public_id__in=ids).values_list("public_id", "name"))


def _sealing() -> dict[str, Any]:
    """The last seal, whether its signature is right, and how many events wait for one."""
    row = Seal.objects.order_by("-number").first()
    head = seals.head_of(row) if row else None
    return {
        "seal": row,
        "signature": keys.check(head, keys.trusted()) if head else None,
        "unsealed": PendingEvent.objects.count(),
    }
