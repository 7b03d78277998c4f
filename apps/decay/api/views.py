"""`/decay-runs`, `/decay-forecasts` and `/memories/{id}/strength`."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.audit.api.reads import RecordsReads
from apps.decay.api.serializers import (
    DecayRunIn,
    DecayRunOut,
    ForecastIn,
    ForecastOut,
    StrengthOut,
)
from apps.decay.models import DecayRun
from apps.decay.services import explaining, forecasts, runs
from apps.kernel.pagination import IdPagination
from apps.kernel.views import BaseViewSet
from apps.memories.models import Memory


class DecayRunViewSet(
    RecordsReads, mixins.ListModelMixin, mixins.RetrieveModelMixin, BaseViewSet[DecayRun]
):
    """Runs of decay of the asker's organisation, newest first."""

    reads = "decay_run"
    reach = "review"
    queryset = DecayRun.objects.select_related("requested_by", "undone_by")
    serializer_class = DecayRunOut
    pagination_class = IdPagination
    filterset_class = None
    scopes = {"list": "review", "retrieve": "review", "create": "review", "undo": "manage"}

    @extend_schema(request=DecayRunIn, responses={202: DecayRunOut})
    def create(self, request: Request) -> Response:
        """Queue a run; a real one needs `manage` on the organisation's space. 409 while one is."""
        run = runs.request(actor=self.actor, dry=self.parsed(DecayRunIn)["dry"])
        headers = {"Location": f"/api/v1/decay-runs/{run.public_id}"}
        return Response(DecayRunOut(run).data, status=202, headers=headers)

    @extend_schema(request=None, responses={202: DecayRunOut})
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, id: str) -> Response:
        """Bring back what the run archived; needs `manage` on the organisation's space."""
        run = runs.ask_to_undo(actor=self.actor, run=self.get_object())
        return Response(DecayRunOut(run).data, status=202)


class ForecastViewSet(RecordsReads, BaseViewSet[Any]):
    """What a policy would archive by when."""

    reads = "decay_forecast"
    reads_by_post = ("create",)
    serializer_class = ForecastIn
    idempotent = False
    reach = "review"
    scopes = {"create": "review"}
    filterset_class = None

    @extend_schema(operation_id="decay_forecast", request=ForecastIn, responses={200: ForecastOut})
    def create(self, request: Request) -> Response:
        """Try half-lives and a floor on the memories of now. No effect."""
        asked = self.parsed(ForecastIn)
        return Response(ForecastOut(forecasts.seen_by(self.actor, **asked)).data)


class StrengthViewSet(RecordsReads, BaseViewSet[Memory]):
    """How strong a memory is."""

    reads = "memory"
    queryset = Memory.objects.all()
    serializer_class = StrengthOut
    scopes = {"retrieve": "read"}
    filterset_class = None

    @extend_schema(operation_id="memories_strength", responses={200: StrengthOut})
    def retrieve(self, request: Request, id: UUID) -> Response:
        """Strength, what it comes from, and when it fades; computed, never stored."""
        found = explaining.explain(actor=self.actor, memory=id)
        return Response(StrengthOut(asdict(found)).data)
