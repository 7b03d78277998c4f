"""People of the organisation, with their roles, agents and tokens. For administrators."""

from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as say_in
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import AgentToken, User
from apps.accounts.services import deactivation
from apps.desk import words
from apps.desk.actors import actor_of
from apps.desk.base import DeskAdmin
from apps.desk.templatetags.desk import ago
from apps.desk.text import excerpt
from apps.desk.tokens import STATES, state_of
from apps.kernel.admin import display
from apps.spaces import access
from apps.spaces.models import ROLE_PERMISSIONS, Space, SpaceRole


class PersonAdmin(DeskAdmin):
    """Everybody who belongs to the organisation, on and off."""

    section = _("People")
    list_display = ("called", "role", "state", "with_agents", "seen")
    list_display_links = ("called",)
    search_fields = ("name", "email")
    ordering = ("name", "pk")
    list_filter = ("is_active", "membership__role")
    actions = None

    def has_view_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        """Nobody but administrators; reviewing opens nothing here."""
        if not super().has_view_permission(request, obj):
            return False
        return access.administered(actor_of(request)) is not None

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        people: QuerySet[User] = User.objects.administered_by(actor_of(request))
        on = Q(agents__is_active=True)
        return people.select_related("membership").annotate(
            agents_on=Count("agents", filter=on, distinct=True)
        )

    def pages(self) -> list[URLPattern]:
        one = "<uuid:public_id>"
        return [path(f"{one}/switch", self.posted(self.switch), name=self.url_name("switch"))]

    @display(description=_("Person"), ordering="name")
    def called(self, person: User) -> SafeString:
        return format_html(
            '{}<div class="d-code">{}</div>', excerpt(person.name, 60), person.email or ""
        )

    @display(description=_("Role"), ordering="membership__role")
    def role(self, person: Any) -> str:
        return words.label(person.membership.get_role_display())

    @display(description=_("State"), ordering="is_active")
    def state(self, person: User) -> SafeString:
        return _state(person)

    @display(description=_("Active agents"), ordering="agents_on")
    def with_agents(self, person: Any) -> int:
        return int(person.agents_on)

    @display(description=_("Last sign-in"), ordering="last_login")
    def seen(self, person: User) -> str:
        return ago(person.last_login) or say_in("Never")

    def show(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        person: User = self.found(request, public_id)
        agents = person.agents.order_by("name", "pk")
        tokens = AgentToken.objects.filter(Q(user=person) | Q(user__owner=person))
        tokens = tokens.select_related("user__owner", "replacement").order_by("-created_at", "-pk")
        return self.page(
            request,
            "desk/person.html",
            title=say_in("Person"),
            person_shown=person,
            state=_state(person),
            own=person.pk == request.user.pk,
            roles=_roles(person),
            agents=[(agent, _state(agent)) for agent in agents],
            tokens=[(token, STATES[state_of(token)]) for token in tokens[:50]],
        )

    def switch(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        """Switch the person off, with agents, tokens and sessions, or on again."""
        person: User = self.found(request, public_id)
        by = actor_of(request).by
        if person.pk == request.user.pk:
            self.say(request, say_in("Nobody switches themselves off."), failed=True)
        elif request.POST.get("on") == "1":
            deactivation.reactivate(user=person, by=by, reason="desk")
            self.say(request, say_in("The person may sign in again. Agents and tokens stay off."))
        else:
            deactivation.deactivate(user=person, by=by, reason="desk")
            self.say(
                request, say_in("The person is switched off, with every agent, token and session.")
            )
        return redirect(self.url("change", public_id))


def _state(user: User) -> SafeString:
    if user.is_active:
        return format_html('<span class="d-pill d-pill-good">{}</span>', _("on"))
    return format_html('<span class="d-pill d-pill-bad">{}</span>', _("switched off"))


def _roles(person: User) -> list[tuple[Space, str]]:
    """Shared spaces with the role that the person holds there."""
    names = person.groups.values_list("name", flat=True)
    held = {}
    for name in names:
        kind, _sep, rest = name.partition(":")
        public_id, _sep, role = rest.rpartition(":")
        if kind == "space" and role in ROLE_PERMISSIONS:
            held[public_id] = role
    spaces = Space.objects.filter(public_id__in=held).order_by("kind", "name")
    return [(space, str(SpaceRole(held[str(space.public_id)]).label)) for space in spaces]
