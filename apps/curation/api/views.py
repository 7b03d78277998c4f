"""`/runs` and `/policies`: the engine behind the review queue."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.audit.api.reads import RecordsReads
from apps.curation.api.replay import ReplayMixin
from apps.curation.api.serializers import (
    DecisionOut,
    PolicyIn,
    PolicyOut,
    RunDetailOut,
    RunIn,
    RunOut,
)
from apps.curation.models import CurationRun, Policy
from apps.curation.services import policies, runs
from apps.kernel.pagination import IdPagination
from apps.kernel.views import BaseViewSet
from apps.spaces import access
from apps.spaces.api.named import named_space


class RunViewSet(RecordsReads, mixins.ListModelMixin, ReplayMixin):
    """Curation runs of the asker's organisation."""

    reach = "review"
    reads = "run"
    reads_by_post = ("replay",)
    queryset = CurationRun.objects.select_related("requested_by")
    serializer_class = RunOut
    scopes = dict.fromkeys(
        ("list", "retrieve", "create", "cancel", "decisions", "replay"), "review"
    )

    def get_queryset(self) -> Any:
        """Reports only where they are shown."""
        found = super().get_queryset()
        return found if self.action == "retrieve" else found.defer("report")

    @extend_schema(responses={200: RunDetailOut})
    def retrieve(self, request: Request, id: str) -> Response:
        """One run; of a dry one also what it would have decided."""
        run = self.get_object()
        known = set(map(str, access.of(self.actor).public_ids.values()))
        run.report = [  # a run decides about spaces that the asker may know nothing of
            row if row["target"] in known else {**row, "target": None} for row in run.report
        ]
        return Response(RunDetailOut(run).data)

    @extend_schema(request=RunIn, responses={202: RunOut})
    def create(self, request: Request) -> Response:
        """Queue a run; 409 while another one is under way."""
        run = runs.request(actor=self.actor, dry=self.parsed(RunIn)["dry"])
        headers = {"Location": f"/api/v1/runs/{run.public_id}"}
        return Response(RunOut(run).data, status=202, headers=headers)

    @extend_schema(request=None, responses={200: RunOut})
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, id: str) -> Response:
        """End it before its next part, with nothing half-done; 409 when it has ended."""
        return Response(RunOut(runs.cancel(actor=self.actor, run=self.get_object())).data)

    @extend_schema(responses={200: DecisionOut(many=True)})
    @action(detail=True, methods=["get"], pagination_class=IdPagination)
    def decisions(self, request: Request, id: str) -> Response:
        """What the run newly decided, newest first."""
        found: Any = self.get_object().decisions.all()
        page: Any = self.paginate_queryset(found)
        return self.get_paginated_response(DecisionOut(page, many=True).data)


class PolicyViewSet(
    RecordsReads, mixins.ListModelMixin, mixins.RetrieveModelMixin, BaseViewSet[Policy]
):
    """Policy versions of spaces where the asker reviews, newest first."""

    reach = "review"
    reads = "policy"
    queryset = Policy.objects.select_related("space", "author")
    serializer_class = PolicyOut
    scopes = {"list": "review", "retrieve": "review", "create": "manage"}

    @extend_schema(request=PolicyIn, responses={201: PolicyOut})
    def create(self, request: Request) -> Response:
        """A new version; needs `manage` on the space and a reason."""
        data = self.parsed(PolicyIn)
        data["space"] = named_space(self.actor, data["space"])
        policy = policies.change(actor=self.actor, **data)
        return Response(PolicyOut(policy).data, status=201)
