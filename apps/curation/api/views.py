"""`/candidates`, `/runs` and `/policies`: the review queue and the engine behind it."""

from typing import Any

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.audit.api.reads import RecordsReads
from apps.curation.api.replay import ReplayMixin
from apps.curation.api.serializers import (
    ApproveIn,
    CandidateOut,
    DecisionOut,
    EditIn,
    JoinIn,
    MergeIn,
    PolicyIn,
    PolicyOut,
    RejectIn,
    RunDetailOut,
    RunIn,
    RunOut,
    SplitIn,
)
from apps.curation.models import Candidate, CandidateStatus, CurationRun, Policy
from apps.curation.services import candidates, exhibits, policies, regrouping, runs
from apps.kernel.errors import Invalid
from apps.kernel.pagination import IdPagination
from apps.kernel.views import BaseViewSet
from apps.spaces import access
from apps.spaces.models import Space


class CandidateFilter(django_filters.FilterSet):  # type: ignore[misc]  # it has no types
    """By default what is pending; `?status=` asks for others."""

    status = django_filters.MultipleChoiceFilter(
        choices=CandidateStatus.choices, method="with_status", label="Default: pending."
    )
    target = django_filters.UUIDFilter(field_name="target__public_id")

    class Meta:
        model = Candidate
        fields: list[str] = []

    def filter_queryset(self, queryset: Any) -> Any:
        """Pending unless asked otherwise."""
        if not self.form.cleaned_data.get("status"):
            queryset = queryset.pending()
        return super().filter_queryset(queryset)

    def with_status(self, queryset: Any, _: str, value: list[str]) -> Any:
        return queryset.filter(status__in=value) if value else queryset


class CandidateViewSet(RecordsReads, mixins.ListModelMixin, BaseViewSet[Candidate]):
    """Facts proposed for spaces where the asker reviews."""

    reads = "candidate"
    reach = "review"
    queryset = Candidate.objects.select_related("target", "decision", "published", "reviewer")
    serializer_class = CandidateOut
    filterset_class = CandidateFilter
    scopes = dict.fromkeys(
        ("list", "retrieve", "approve", "reject", "merge", "edit", "split", "join"), "review"
    )

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """Members of everything on the page in one query."""
        rows = [] if not args else args[0] if kwargs.get("many") else [args[0]]
        context = {
            **self.get_serializer_context(),
            "members": exhibits.members_of(rows),
            "company": exhibits.company_of(rows, self.actor),
        }
        return CandidateOut(*args, **{**kwargs, "context": context})

    @extend_schema(responses={200: CandidateOut})
    def retrieve(self, request: Request, id: str) -> Response:
        """One candidate with its evidence."""
        return self._answer(self.get_object())

    @extend_schema(request=ApproveIn, responses={200: CandidateOut})
    @action(detail=True, methods=["post"], filterset_class=None)
    def approve(self, request: Request, id: str) -> Response:
        """Publish it, with every source that still stands as it was shown."""
        data = self.parsed(ApproveIn)
        candidate = self.get_object()
        return self._answer(candidates.approve(actor=self.actor, candidate=candidate, **data))

    @extend_schema(request=RejectIn, responses={200: CandidateOut})
    @action(detail=True, methods=["post"], filterset_class=None)
    def reject(self, request: Request, id: str) -> Response:
        """Turn it down; it comes back only when its members change."""
        data = self.parsed(RejectIn)
        candidate = self.get_object()
        return self._answer(candidates.reject(actor=self.actor, candidate=candidate, **data))

    @extend_schema(request=MergeIn, responses={200: CandidateOut})
    @action(detail=True, methods=["post"], filterset_class=None)
    def merge(self, request: Request, id: str) -> Response:
        """Link its members to a memory that is published already."""
        data = self.parsed(MergeIn)
        candidate = self.get_object()
        return self._answer(candidates.merge(actor=self.actor, candidate=candidate, **data))

    @extend_schema(request=EditIn, responses={200: CandidateOut})
    @action(detail=True, methods=["post"], filterset_class=None)
    def edit(self, request: Request, id: str) -> Response:
        """Change the words that would be published."""
        data = self.parsed(EditIn)
        candidate = self.get_object()
        return self._answer(candidates.edit(actor=self.actor, candidate=candidate, **data))

    @extend_schema(request=SplitIn, responses={200: CandidateOut})
    @action(detail=True, methods=["post"], filterset_class=None)
    def split(self, request: Request, id: str) -> Response:
        """Take members off that state another fact; no later run puts them together again."""
        data = self.parsed(SplitIn)
        candidate = self.get_object()
        return self._answer(regrouping.split(actor=self.actor, candidate=candidate, **data))

    @extend_schema(request=JoinIn, responses={200: CandidateOut})
    @action(detail=True, methods=["post"], filterset_class=None)
    def join(self, request: Request, id: str) -> Response:
        """Make one request of two that state the same fact; no later run takes them apart."""
        data = self.parsed(JoinIn)
        candidate = self.get_object()
        return self._answer(regrouping.join(actor=self.actor, candidate=candidate, **data))

    def _answer(self, candidate: Candidate) -> Response:
        return Response(self.get_serializer(candidate).data)


class RunViewSet(RecordsReads, mixins.ListModelMixin, ReplayMixin):
    """Curation runs of the asker's organisation."""

    reach = "review"
    reads = "run"
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
        space = Space.objects.visible_to(self.actor).filter(public_id=data["space"]).first()
        if space is None:
            raise Invalid("There is no such space.", attr="space")
        policy = policies.change(actor=self.actor, **{**data, "space": space})
        return Response(PolicyOut(policy).data, status=201)
