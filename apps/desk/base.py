"""What every page of the desk has in common: reading by `visible_to`, public ids in addresses."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as say_in
from django.views.decorators.http import require_POST

from apps.desk.actors import actor_of
from apps.desk.reads import recorded
from apps.kernel.admin import ChangeList, ModelAdmin
from apps.kernel.errors import Error

View = Callable[..., HttpResponse]


class DeskChangeList(ChangeList):  # type: ignore[misc]
    """Rows link by public id; a page is read in two steps, so that a far one costs no more."""

    def get_results(self, request: HttpRequest) -> None:
        """First the keys of the page, then its rows: what is passed over is not joined."""
        super().get_results(request)
        page: Any = vars(self)["result_list"]
        self.result_list = self.queryset.filter(pk__in=list(page.values_list("pk", flat=True)))

    def url_for_result(self, result: Any) -> str:
        return reverse(f"desk:{self.opts.app_label}_{self.opts.model_name}_change",
                       args=[result.public_id])  # fmt: skip


class Pages(Paginator):  # type: ignore[type-arg]
    """Below a list stands what it lists and how many, by the name in the sidebar."""

    template_name = "desk/parts/pages.html"


class DeskAdmin(ModelAdmin):
    """A list and a page per object, both behind the site's door and narrowed to the actor.

    What the actor may not see answers 404, as what does not exist.
    """

    change_list_template = "desk/change_list.html"
    list_fullwidth = True
    paginator = Pages
    section: Any = ""  # may be a translation made when it is shown

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(self.admin_site.has_permission(request))

    def has_view_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return bool(self.admin_site.has_permission(request))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Only what the actor may see; the list orders it."""
        model: Any = self.model
        rows: QuerySet[Any] = model.objects.visible_to(actor_of(request))
        return rows

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[DeskChangeList]:
        return DeskChangeList

    def get_urls(self) -> list[URLPattern]:
        """Only these: the theme's and Django's own pages for editing do not exist here."""
        return [
            path("", self.guarded(self.changelist_view), name=self.url_name("changelist")),
            *self.pages(),
            path("<uuid:public_id>/", self.guarded(self.show), name=self.url_name("change")),
        ]

    def pages(self) -> list[URLPattern]:
        """Further addresses of this model."""
        return []

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        answer: HttpResponse = super().changelist_view(
            request, {"title": self.section, **(extra_context or {})}
        )
        return answer

    def show(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        """The page of one object."""
        raise NotImplementedError

    def url_name(self, page: str) -> str:
        """Name of an address, without the site's namespace."""
        return f"{self.opts.app_label}_{self.opts.model_name}_{page}"

    def url(self, page: str, *args: object) -> str:
        """Address of a page of this model."""
        return reverse(f"desk:{self.url_name(page)}", args=args)

    def guarded(self, view: View) -> View:
        """`view` behind the site's door, with its content policy and CSRF check, on record."""
        guarded: View = self.admin_site.admin_view(recorded(view, self.opts.model_name or ""))
        return guarded

    def posted(self, view: View) -> View:
        """`guarded`, for POST only."""
        return self.guarded(require_POST(view))

    def found(self, request: HttpRequest, public_id: UUID) -> Any:
        """The object, if the actor may see it.

        Raises:
            Http404: it does not exist or is not the actor's to see.
        """
        row: Model | None = self.get_queryset(request).filter(public_id=public_id).first()
        if row is None:
            raise Http404(say_in("There is no such thing."))
        return row

    def page(
        self,
        request: HttpRequest,
        template: str,
        *,
        title: Any,
        status: int = 200,
        refusal: Error | None = None,
        **context: Any,
    ) -> TemplateResponse:
        """A page of the desk around `template`; a refusal goes before the status."""
        request.current_app = self.admin_site.name
        around = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "section": self.section,
            "list_url": self.url("changelist"),
            "refusal": refusal,
        }
        status = refusal.status if refusal else status
        return TemplateResponse(request, template, around | context, status=status)

    def say(self, request: HttpRequest, text: Any, *, failed: bool = False) -> None:
        """A sentence on the next page."""
        messages.add_message(request, messages.ERROR if failed else messages.SUCCESS, text)


def query_of(request: HttpRequest) -> str:
    """What the address asks for, without the number of the page: for links to other pages."""
    asked = request.GET.copy()
    asked.pop("page", None)
    return asked.urlencode()
