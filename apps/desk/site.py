"""The desk's admin site: who gets in, and what is on it."""

from collections.abc import Callable
from typing import Any, cast

from csp.decorators import csp_update
from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as say_in
from django.utils.translation import gettext_lazy as _

from apps.accounts import actors
from apps.accounts.attempts import WINDOW_SECONDS
from apps.accounts.models import User
from apps.audit.services import events
from apps.desk import dashboard, home, reads, signing_in, switches
from apps.desk.actors import actor_of, may_enter
from apps.kernel.admin import AdminSite

View = Callable[..., HttpResponse]


def relaxed(view: View) -> View:
    """`view` with what the theme needs; everywhere else the strict policy of the settings holds."""
    decorated: Any = csp_update(settings.DESK_CONTENT_SECURITY_POLICY)(view)
    loosened: View = decorated
    return loosened


class Desk(AdminSite):  # type: ignore[misc]
    """Reviewers' site, and that of who administers or audits. Staff flags open nothing here."""

    site_header = "MemoryHub desk"
    site_title = "MemoryHub"
    index_title = _("Overview")
    enable_nav_sidebar = True
    login_form = signing_in.DoorForm
    login_template = "desk/login.html"
    index_template = "desk/home.html"

    def has_permission(self, request: HttpRequest) -> bool:
        return may_enter(request)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """The theme asks for names that our users do not have; `person` answers to them."""
        context: dict[str, Any] = super().each_context(request)
        if self.has_permission(request):
            user = actor_of(request).user
            context["person"] = {
                "get_full_name": user.name,
                "get_username": user.email,
                "email": user.email,
                "has_usable_password": user.has_usable_password(),
            }
            context["switches"] = switches.in_force(request)
            context["templates"] = {"navigation": "desk/parts/navigation.html"}
        return context

    def admin_view(self, view: View, cacheable: bool = False) -> View:  # noqa: FBT001, FBT002
        inner: View = super().admin_view(view, cacheable)
        return relaxed(inner)

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The form says when too many attempts failed; the status says it to programs."""
        shown = {**signing_in.context(request), **(extra_context or {})}
        answer = relaxed(self._door)(request, shown)
        form = (getattr(answer, "context_data", None) or {}).get("form")
        if form is not None and form.has_error(NON_FIELD_ERRORS, "too_many_attempts"):
            answer.status_code = 429
            answer["Retry-After"] = str(WINDOW_SECONDS)
        return answer

    def _door(self, request: HttpRequest, shown: dict[str, Any]) -> HttpResponse:
        """The login page, or the way in for whoever is signed in already."""
        if request.method == "GET" and self.has_permission(request):
            return HttpResponseRedirect(reverse("desk:index"))
        around = {
            **self.each_context(request),
            "title": say_in("Log in"),
            "app_path": request.get_full_path(),
            **shown,
        }
        request.current_app = self.name
        page = signing_in.Door.as_view(
            extra_context=around,
            authentication_form=self.login_form,
            template_name=self.login_template,
        )
        answer: Any = page(request)
        return cast("HttpResponse", answer)

    def logout(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Recorded before the session is gone."""
        if request.method == "POST" and isinstance(request.user, User):
            who = request.user
            events.record(
                action="session.close",
                by=actors.of_user(who).by,
                object_type="user",
                object_ids=[who.public_id],
            )
        answer: HttpResponse = super().logout(request, extra_context)
        return answer

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        shown = home.overview(request)
        candidates = [
            row.public_id for name in ("queue", "published") for row in shown.get(name, ())
        ]
        reads.record(request, "candidate", candidates, view="home")
        page: TemplateResponse = super().index(request, {**shown, **(extra_context or {})})
        return page

    def get_urls(self) -> list[Any]:
        """Without Django's redirect to any object of any table."""
        kept = [url for url in super().get_urls() if getattr(url, "name", "") != "view_on_site"]
        return [path("standing", self.admin_view(self.standing), name="standing"), *kept]

    def standing(self, request: HttpRequest) -> JsonResponse:
        """Figures that change while the first page is looked at."""
        return JsonResponse(dashboard.standing(request))

    def _get_colors(self, key: str, *args: Any) -> dict[str, dict[str, str]]:
        """None inline: the palette is in `desk.css`, so the policy allows no inline styles."""
        return {}


desk = Desk(name="desk")
