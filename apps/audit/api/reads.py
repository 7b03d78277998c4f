"""One event per read: mixed into the views that show what people keep."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from apps.audit.services import events


class RecordsReads(GenericViewSet[Any]):
    """Answers to GET and HEAD are recorded before they are given: no record, no answer.

    Put it first among the bases. `reads` is what is read, as events name it ("memory");
    `reads_by_post` are the actions that only read although they are asked by POST.
    """

    reads: str
    reads_by_post: tuple[str, ...] = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """After the checks, have the handler recorded."""
        super().initial(request, *args, **kwargs)
        method = (request.method or "").lower()
        handler = getattr(self, method, None)
        only_reads = method in {"get", "head"} or self.action in self.reads_by_post
        if only_reads and handler is not None:
            setattr(self, method, partial(self._recorded, handler))

    def _recorded(
        self, handler: Callable[..., Response], request: Request, *args: Any, **kwargs: Any
    ) -> Response:
        response = handler(request, *args, **kwargs)
        by: events.By = request.auth.by  # type: ignore[union-attr]  # the Actor
        events.record(
            action=f"{self.reads}.read",
            by=by,
            object_type=self.reads,
            object_ids=_shown(response.data, kwargs.get("id")),
            detail={"view": self.action},
        )
        return response


def _shown(data: Any, asked: UUID | None) -> list[UUID]:
    """The one that was asked for, or what stands on a page."""
    if asked is not None:
        return [asked]
    rows = data.get("results", []) if isinstance(data, dict) else data
    return [UUID(str(row["id"])) for row in rows if "id" in row]  # figures have none
