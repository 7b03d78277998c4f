"""Pages leave an event each, as answers of the API do: no record, no page."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from apps.audit.services import events
from apps.desk.actors import actor_of

View = Callable[..., HttpResponse]
_NOUNS = {
    "curationrun": "run",
    "agenttoken": "token",
    "auditevent": "audit",
    "changeproposal": "proposal",
    "proposal": "archivist_proposal",
    "groupmapping": "mapping",
    "scimtoken": "scim_token",
    "modelcall": "usage",
}  # as the API calls them


def recorded(view: View, model_name: str) -> View:
    """`view`, whose pages are on record; redirects and figures for scripts show nothing kept.

    Also a page that answers a form: it shows the same again.
    """
    noun = _NOUNS.get(model_name, model_name)
    name = getattr(view, "__name__", "page").removesuffix("_view")

    @wraps(view)
    def _recorded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if isinstance(response, TemplateResponse):
            record(request, noun, _shown(response, kwargs.get("public_id")), view=name)
        return response

    return _recorded


def record(request: HttpRequest, noun: str, shown: Iterable[UUID], *, view: str) -> None:
    """One event: who saw which of these on which page."""
    events.record(
        action=f"{noun}.read",
        by=actor_of(request).by,
        object_type=noun,
        object_ids=shown,
        detail={"view": f"desk.{view}"},
    )


def _shown(response: TemplateResponse, asked: UUID | None) -> list[UUID]:
    """The one that was asked for, or what stands on the list."""
    if asked is not None:
        return [asked]
    listed = (response.context_data or {}).get("cl")
    rows = listed.result_list if listed is not None else ()
    return [row.public_id for row in rows]
