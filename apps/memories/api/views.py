"""`/memories` and `/outcomes`."""

from collections import Counter
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from apps.audit.api.reads import RecordsReads
from apps.kernel import clock, limits
from apps.kernel.errors import Error, Invalid
from apps.kernel.views import BaseViewSet
from apps.memories.api.filters import MemoryFilter
from apps.memories.api.serializers import (
    BulkIn,
    BulkOut,
    ConfirmationOut,
    EvidenceIn,
    MemoryIn,
    MemoryOut,
    MemoryPatch,
    OneMemoryOut,
    OutcomeIn,
    OutcomeOut,
    ProvenanceOut,
    RememberedOut,
    RevisionOut,
)
from apps.memories.models import Memory, Outcome
from apps.memories.services import bulk, evidence, memories
from apps.memories.services.drafts import Draft

IF_MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="ETag you read; a stale one answers 412.",
)
# Made once: making their fields costs a write more than using them. They keep nothing of a request.
_MEMORY_IN, _MEMORY_OUT = MemoryIn(), MemoryOut()
EXPIRED = OpenApiParameter("expired", OpenApiTypes.BOOL, description="Also find it once expired.")


class MemoryViewSet(RecordsReads, mixins.ListModelMixin, BaseViewSet[Memory]):
    """Memories the asker may see."""

    reads = "memory"
    queryset = Memory.objects.select_related("space", "author", "owner", "supersedes")
    serializer_class = MemoryOut
    filterset_class = MemoryFilter

    @extend_schema(request=MemoryIn, responses={201: RememberedOut, 200: RememberedOut})
    def create(self, request: Request) -> Response:
        """Remember one. 201: kept. 200: you had said so already, which now counts as confirmed.

        A credential without `read` is told `id` and `created` only.
        """
        draft = MemoryIn.draft(_MEMORY_IN.run_validation(self.request.data))
        result = memories.remember(actor=self.actor, draft=draft)
        data = {"id": str(result.memory.public_id), "created": result.created}
        if "read" in self.actor.scopes:
            data = {**_MEMORY_OUT.to_representation(result.memory), **data}
        headers = {"ETag": result.memory.etag, "Location": f"/api/v1/memories/{data['id']}"}
        return Response(data, status=201 if result.created else 200, headers=headers)

    @extend_schema(request=BulkIn, responses={200: BulkOut})
    @action(detail=False, methods=["post"], pagination_class=None, filterset_class=None)
    def bulk(self, request: Request) -> Response:
        """Remember up to 1,000; each item has its own result unless `atomic`."""
        data = self.parsed(BulkIn)
        limits.check_bulk(len(data["items"]))  # before the work of reading them
        drafts = [_draft(item) for item in data["items"]]
        results = bulk.remember_many(actor=self.actor, drafts=drafts, atomic=data["atomic"])
        items = [_item(position, result) for position, result in enumerate(results)]
        counts = Counter(item["result"] for item in items)
        answer = {name: counts[name] for name in ("created", "repeated", "failed")}
        return Response({**answer, "items": items})

    @extend_schema(responses={200: OneMemoryOut}, parameters=[EXPIRED])
    def retrieve(self, request: Request, id: str) -> Response:
        """One memory, whatever its status; an expired one only with `?expired=true`."""
        memory = self.get_object()
        told = OneMemoryOut(memory, context={"person": self.actor.principal.pk, "view": self})
        return Response(told.data, headers={"ETag": memory.etag})

    @extend_schema(request=MemoryPatch, responses={200: MemoryOut}, parameters=[IF_MATCH])
    def partial_update(self, request: Request, id: str) -> Response:
        """Edit: a new revision, the old one stays in the history."""
        memory = memories.revise(
            actor=self.actor,
            memory=self.get_object(),
            changes=self.parsed(MemoryPatch),
            if_match=request.headers.get("If-Match"),
        )
        return Response(
            MemoryOut(memory, context={"view": self}).data, headers={"ETag": memory.etag}
        )

    @extend_schema(responses={200: MemoryOut}, parameters=[IF_MATCH])
    def destroy(self, request: Request, id: str) -> Response:
        """Retract: it leaves every search; its history stays."""
        memory = memories.retract(
            actor=self.actor, memory=self.get_object(), if_match=request.headers.get("If-Match")
        )
        return Response(
            MemoryOut(memory, context={"view": self}).data, headers={"ETag": memory.etag}
        )

    @extend_schema(responses={200: RevisionOut(many=True)})
    @action(detail=True, methods=["get"], pagination_class=None, filterset_class=None)
    def history(self, request: Request, id: str) -> Response:
        """Every revision, oldest first."""
        revisions = self.get_object().revisions.select_related("recorded_by")
        return Response(RevisionOut(revisions, many=True).data)

    @extend_schema(responses={200: ProvenanceOut(many=True)})
    @action(detail=True, methods=["get"], pagination_class=None, filterset_class=None)
    def provenance(self, request: Request, id: str) -> Response:
        """What it was derived from and who contributed."""
        links = list(
            self.get_object()
            .provenance.select_related("source_memory", "contributor")
            .order_by("id")
        )
        sources = [pk for link in links if (pk := link.source_memory_id) is not None]
        visible = Memory.objects.visible_to(self.actor).filter(pk__in=sources)
        context = {"readable": set(visible.values_list("pk", flat=True))}
        return Response(ProvenanceOut(links, many=True, context=context).data)

    @extend_schema(request=EvidenceIn, responses={201: ConfirmationOut})
    @action(detail=True, methods=["post"], filterset_class=None)
    def confirm(self, request: Request, id: str) -> Response:
        """You have seen that it holds."""
        note = self.parsed(EvidenceIn).get("note", "")
        confirmation = evidence.confirm(actor=self.actor, memory=self.get_object(), note=note)
        return Response(ConfirmationOut(confirmation).data, status=201)

    @extend_schema(request=EvidenceIn, responses={201: ConfirmationOut})
    @action(detail=True, methods=["post"], filterset_class=None)
    def contradict(self, request: Request, id: str) -> Response:
        """You have seen that it does not hold."""
        note = self.parsed(EvidenceIn).get("note", "")
        confirmation = evidence.contradict(actor=self.actor, memory=self.get_object(), note=note)
        return Response(ConfirmationOut(confirmation).data, status=201)

    def get_queryset(self) -> Any:
        """Single reads do not find what has expired unless asked to."""
        queryset: Any = super().get_queryset()
        if self.action == "list" or self.request.query_params.get("expired") == "true":
            return queryset
        return queryset.live(clock.now())

    def filter_queryset(self, queryset: Any) -> Any:
        """List filters are for the list only."""
        return super().filter_queryset(queryset) if self.action == "list" else queryset


class OutcomeViewSet(
    RecordsReads, mixins.ListModelMixin, mixins.RetrieveModelMixin, BaseViewSet[Outcome]
):
    """How tasks ended, as the asker and the asker's agents reported it."""

    reads = "outcome"
    queryset = Outcome.objects.select_related("reporter").prefetch_related("uses")
    serializer_class = OutcomeOut

    @extend_schema(request=OutcomeIn, responses={201: OutcomeOut})
    def create(self, request: Request) -> Response:
        """Report how a task ended and which memories it used."""
        outcome = evidence.report_outcome(actor=self.actor, **self.parsed(OutcomeIn))
        return Response(OutcomeOut(outcome).data, status=201)


def _draft(item: Any) -> Draft | Error:
    try:
        return MemoryIn.draft(_MEMORY_IN.run_validation(item))
    except ValidationError as error:
        return _as_domain_error(error)


def _as_domain_error(error: ValidationError) -> Error:
    """The first field error of one item."""
    attr, detail = next(iter(dict(error.detail).items()))  # type: ignore[arg-type]
    while isinstance(detail, dict | list) and detail:
        detail = next(iter(detail.values())) if isinstance(detail, dict) else detail[0]
    return Invalid(str(detail), attr=str(attr))


def _item(position: int, result: bulk.ItemResult) -> dict[str, Any]:
    if result.error is not None:
        error = result.error
        body = {"code": error.code, "detail": error.detail, "attr": error.attr}
        return {"index": position, "result": "failed", "id": None, "error": body}
    assert result.memory is not None, "a result is a memory or an error"  # noqa: S101
    outcome = "created" if result.created else "repeated"
    return {"index": position, "result": outcome, "id": result.memory.public_id, "error": None}
