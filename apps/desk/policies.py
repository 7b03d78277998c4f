"""Policies: which version is in force where, what it says, and changing it."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as say_in
from django.utils.translation import gettext_lazy as _

from apps.accounts.actors import Actor
from apps.curation.core.policy import DEFAULT, PRESETS, Difference, differences
from apps.curation.models import Policy
from apps.curation.services import policies
from apps.curation.services.policies import Policies
from apps.desk.actors import actor_of
from apps.desk.forms import PolicyForm
from apps.desk.preview import PreviewPage, managed, replayed
from apps.desk.text import excerpt
from apps.desk.times import moment
from apps.kernel.admin import display
from apps.kernel.errors import Error
from apps.spaces import access
from apps.spaces.models import Space
from apps.spaces.services import versions

_VERSIONS = 30


class PolicyAdmin(PreviewPage):
    """Every version of the policies of spaces the person reviews, newest first."""

    section = _("Policies")
    list_display = ("of", "number", "why", "by", "when")
    list_display_links = ("of",)
    list_select_related = ("space", "author")
    list_before_template = "desk/parts/policies_in_force.html"
    ordering = ("-created_at", "-pk")
    actions = None

    def pages(self) -> list[URLPattern]:
        return [
            *super().pages(),
            path("change/<uuid:space_id>", self.guarded(self.edit), name=self.url_name("edit")),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        shown = {"in_force": _in_force(actor_of(request))}
        return super().changelist_view(request, {**shown, **(extra_context or {})})

    @display(description=_("Space"), ordering="space__name")
    def of(self, policy: Policy) -> SafeString:
        return excerpt(policy.space.name, 60)

    @display(description=_("Version"), ordering="version")
    def number(self, policy: Policy) -> str:
        return f"v{policy.version}"

    @display(description=_("Reason"))
    def why(self, policy: Policy) -> SafeString:
        return format_html('<span class="d-says">{}</span>', excerpt(policy.reason, 120))

    @display(description=_("By"))
    def by(self, policy: Policy) -> str:
        return str(policy.author) if policy.author else "MemoryHub"

    @display(description=_("When"), ordering="created_at")
    def when(self, policy: Policy) -> SafeString:
        return moment(policy.created_at)

    def show(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        policy: Policy = self.found(request, public_id)
        newest = Policy.objects.filter(space=policy.space_id).in_force().get()
        manages = access.of(actor_of(request)).allows("manage", policy.space_id)
        return self.page(
            request,
            "desk/policy.html",
            title=say_in("Policy"),
            policy=policy,
            newest=newest,
            may_change=manages,
            values=_compared(DEFAULT.values() | policy.values),
            against=_against(policy, newest),
            changes=_changes(policy, newest),
            versions=_versions(policy.space),
        )

    def edit(self, request: HttpRequest, space_id: UUID) -> HttpResponse:
        """The form for a new version; needs `manage` on the space, else it does not exist.

        "Compare" shows what would change; somebody else's version in between is shown, too.
        """
        space = managed(actor_of(request), space_id)
        current = policies.in_force(space.organisation_id, space.pk)
        start = PRESETS.get(request.GET.get("preset", ""), current.policy).values()
        own = versions.newest(Policy.objects, space)
        form = PolicyForm(request.POST or None, initial=start | {"expected_version": own})
        form.fields["why"].required = "compare" not in request.POST
        refusal = None
        if form.is_valid() and "compare" not in request.POST:
            made = _put_in_force(actor_of(request), space, form)
            if isinstance(made, Policy):
                self.say(request, say_in("Version %(n)d is in force.") % {"n": made.version})
                return redirect(self.url("change", made.public_id))
            refusal = made
        asked = start | (form.values if form.is_bound else {})
        return self.page(
            request, "desk/policy_form.html",
            title=say_in("Policy of %(space)s") % {"space": space.name}, space=space,
            form=form, current=current, own=own, presets=PRESETS, refusal=refusal,
            compared=form.is_bound, changes=differences(current.policy.values(), asked),
            preview=_previewed(actor_of(request), space, form, start),
        )  # fmt: skip


def _put_in_force(actor: Actor, space: Space, form: PolicyForm) -> Policy | Error:
    """The new version, or why there is none."""
    try:
        return policies.change(
            actor=actor,
            space=space,
            values=form.values,
            reason=form.cleaned_data["why"],
            expected_version=form.cleaned_data["expected_version"],
        )
    except Error as error:
        return error


def _against(policy: Policy, newest: Policy) -> str:
    """What the changes of a version are told against: what is in force, or what was before it."""
    if policy.pk != newest.pk:
        return f"v{newest.version}, in force"
    return f"v{policy.version - 1}" if policy.version > 1 else "the built-in defaults"


def _changes(policy: Policy, newest: Policy) -> list[Difference]:
    """From the version before to the one in force; from the one in force to an older one."""
    if policy.pk != newest.pk:
        return differences(newest.values, policy.values)
    before = Policy.objects.filter(space=policy.space_id, version=policy.version - 1).first()
    return differences(before.values if before else DEFAULT.values(), policy.values)


def _previewed(
    actor: Actor, space: Space, form: PolicyForm, start: dict[str, Any]
) -> dict[str, Any] | None:
    """What the form's values would have done lately; None while one of them is wrong."""
    if not form.is_bound:
        return replayed(actor, space, start)
    wrong = form.errors.keys() - {"why"}
    return None if wrong else replayed(actor, space, form.values)


def _versions(space: Space) -> list[tuple[Policy, list[Difference]]]:
    """The newest versions of a space, each with what it changed of the one before."""
    rows = Policy.objects.filter(space=space).select_related("author").order_by("-version")
    shown = list(rows[: _VERSIONS + 1])
    before = [row.values for row in shown[1:]] + [DEFAULT.values()]
    pairs = zip(shown, before, strict=True)
    return [(row, differences(old, row.values)) for row, old in pairs][:_VERSIONS]


def _in_force(actor: Actor) -> list[dict[str, Any]]:
    """A row per space the actor reviews: its own version, an inherited one or the default."""
    resolved = access.of(actor)
    if resolved.organisation_id is None:
        return []
    known = Policies(resolved.organisation_id)
    own = {row.space_id: row for row in Policy.objects.visible_to(actor).in_force()}
    spaces = Space.objects.filter(pk__in=resolved.ids("review")).order_by("kind", "name")
    return [
        {
            "space": space,
            "own": own.get(space.pk),
            "version": known.of(space.pk).version,
            "may_change": resolved.allows("manage", space.pk),
        }
        for space in spaces
    ]


def _compared(values: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    """(name, value, default) in the order of the policy; unknown names of other versions last."""
    defaults = DEFAULT.values()
    return [(name, value, defaults.get(name)) for name, value in values.items()]
