"""Spaces: where memories live, who has which role in them, and changing that."""

from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Case, Count, F, Q, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as say_in
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.curation.models import Candidate, Policy
from apps.desk import words
from apps.desk.actors import actor_of
from apps.desk.base import DeskAdmin
from apps.desk.text import excerpt
from apps.kernel.admin import display
from apps.kernel.errors import Error, Forbidden, Invalid
from apps.memories.models import Memory
from apps.spaces import access
from apps.spaces.models import Space, SpaceRole
from apps.spaces.services import grants


class MemberForm(forms.Form):
    """Somebody's role in a space; without one it is taken away."""

    email = forms.EmailField(label=_("E-mail address"))
    role = forms.ChoiceField(
        label=_("Role"), required=False, choices=[("", _("no role")), *SpaceRole.choices]
    )


class SpaceAdmin(DeskAdmin):
    """Spaces the person reads or manages, from the organisation downwards."""

    section = _("Spaces")
    list_display = ("called", "kind_told", "above", "held", "may", "state")
    list_display_links = ("called",)
    list_before_template = "desk/parts/exports.html"
    ordering = ("kind", "name", "pk")
    search_fields = ("name",)
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Space]:
        """With how many active memories each has; of one that is managed unread, none is told.

        What lies above it is named to who sees that, too.
        """
        rows: QuerySet[Space] = super().get_queryset(request)
        resolved = access.of(actor_of(request))
        readable = Q(pk__in=resolved.ids("read"))
        seen = Q(parent__in=resolved.ids("read") | resolved.ids("manage"))
        active = Q(memories__status="active")
        return rows.annotate(
            memories_held=Count("memories", filter=readable & active),
            name_above=Case(When(seen, then=F("parent__name")), default=Value("")),
        )

    def pages(self) -> list[URLPattern]:
        one = "<uuid:public_id>"
        return [path(f"{one}/member", self.posted(self.member), name=self.url_name("member"))]

    @display(description=_("Space"), ordering="name")
    def called(self, space: Space) -> SafeString:
        return excerpt(space.name, 80)

    @display(description=_("Kind"), ordering="kind")
    def kind_told(self, space: Space) -> str:
        return words.label(space.get_kind_display())

    @display(description=_("Below"), ordering="name_above")
    def above(self, space: Any) -> SafeString | str:
        return excerpt(space.name_above, 60) if space.name_above else "–"

    @display(description=_("Active memories"), ordering="memories_held")
    def held(self, space: Any) -> str:
        return f"{space.memories_held:,}"

    @display(description=_("Sharing"))
    def may(self, space: Space) -> str:
        """Whether curation may read it; shared spaces are read anyway."""
        if space.kind != "personal":
            return "–"
        said = {None: _("as the organisation"), True: _("yes"), False: _("no")}
        return str(said[space.share_for_promotion])

    @display(description=_("State"))
    def state(self, space: Space) -> SafeString:
        if space.read_only:
            return format_html('<span class="d-pill d-pill-warn">{}</span>', _("read-only"))
        return format_html('<span class="d-pill d-pill-good">{}</span>', _("open"))

    def show(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        return self._page(request, self.found(request, public_id), MemberForm())

    def member(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        """Give a role, or take it away; by the service that the API calls."""
        space: Space = self.found(request, public_id)
        form = MemberForm(request.POST)
        if not form.is_valid():
            return self._page(request, space, form)
        try:
            done = _give(request, space, **form.cleaned_data)
        except Error as error:
            return self._page(request, space, form, error)
        self.say(request, done)
        return redirect(self.url("change", public_id))

    def _page(
        self, request: HttpRequest, space: Space, form: MemberForm, refusal: Error | None = None
    ) -> HttpResponse:
        actor = actor_of(request)
        resolved = access.of(actor)
        shared = space.kind != "personal"
        visible = Space.objects.visible_to(actor)
        return self.page(
            request,
            "desk/space.html",
            title=say_in("Space"),
            space=space,
            members=[(who, SpaceRole(role).label) for who, role in grants.members(space)]
            if shared
            else [],
            below=visible.filter(parent=space).exclude(kind="personal").order_by("name"),
            manages=shared and resolved.allows("manage", space.pk),
            reads=resolved.allows("read", space.pk),
            newest=_newest(request, space),
            pending=Candidate.objects.visible_to(actor).pending().filter(target=space).count(),
            policy=Policy.objects.visible_to(actor).filter(space=space).in_force().first(),
            form=form,
            refusal=refusal,
        )


def _newest(request: HttpRequest, space: Space) -> QuerySet[Memory]:
    visible = Memory.objects.visible_to(actor_of(request)).filter(space=space, status="active")
    return visible.select_related("owner").order_by("-created_at", "-pk")[:5]


def _give(request: HttpRequest, space: Space, email: str, role: str) -> str:
    """What was done, in a sentence.

    Raises:
        Error: the person may not manage the space, or nobody of the organisation has the address.
    """
    actor = actor_of(request)
    if not access.of(actor).allows("manage", space.pk):
        raise Forbidden(say_in("You may not manage this space."))
    people = User.objects.filter(membership__organisation_id=space.organisation_id)
    person = people.filter(email=email.lower()).first()
    if person is None:
        raise Invalid(say_in("Nobody in this organisation has that address."))
    if role:
        grants.grant(space=space, person=person, role=role, by=actor.by)
    else:
        grants.withdraw(space=space, person=person, by=actor.by)
    access.forget(actor)
    return say_in("The role was changed.") if role else say_in("The role was taken away.")
