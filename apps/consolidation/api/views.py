"""`/consolidation/...`: runs, proposals, changes and policies of the archivist."""

from typing import Any

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.audit.api.reads import RecordsReads
from apps.consolidation.api.serializers import (
    AgreeIn,
    ArchivistPolicyIn,
    ArchivistPolicyOut,
    ArchivistProposalOut,
    ChangeOut,
    ConsolidationIn,
    ConsolidationRunOut,
    RefuseIn,
)
from apps.consolidation.models import (
    ArchivistPolicy,
    Change,
    ConsolidationRun,
    Proposal,
    ProposalKind,
    ProposalStatus,
)
from apps.consolidation.services import exhibits, policies, proposals, runs, undoing
from apps.kernel.pagination import IdPagination
from apps.kernel.views import BaseViewSet
from apps.spaces.api.named import named_space


class SpaceFilter(django_filters.FilterSet):  # type: ignore[misc]  # it has no types
    """`?space=` narrows to one."""

    space = django_filters.UUIDFilter(field_name="space__public_id")

    class Meta:
        model = Change
        fields: list[str] = []


class ConsolidationRunFilter(SpaceFilter):
    """Runs of one space."""

    class Meta:
        model = ConsolidationRun
        fields: list[str] = []


class ProposalFilter(SpaceFilter):
    """By default what is pending; `?status=` asks for others."""

    status = django_filters.MultipleChoiceFilter(
        choices=ProposalStatus.choices, method="with_status", label="Default: pending."
    )
    kind = django_filters.MultipleChoiceFilter(choices=ProposalKind.choices)

    class Meta:
        model = Proposal
        fields: list[str] = []

    def filter_queryset(self, queryset: Any) -> Any:
        """Pending unless asked otherwise."""
        if not self.form.cleaned_data.get("status"):
            queryset = queryset.pending()
        return super().filter_queryset(queryset)

    def with_status(self, queryset: Any, _: str, value: list[str]) -> Any:
        return queryset.filter(status__in=value) if value else queryset


class ConsolidationRunViewSet(
    RecordsReads,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    BaseViewSet[ConsolidationRun],
):
    """Runs of spaces that the asker reviews or owns."""

    reads = "consolidation_run"
    queryset = ConsolidationRun.objects.select_related("space", "requested_by")
    serializer_class = ConsolidationRunOut
    filterset_class = ConsolidationRunFilter
    pagination_class = IdPagination
    scopes = dict.fromkeys(("list", "retrieve", "create"), "review")

    @extend_schema(request=ConsolidationIn, responses={202: ConsolidationRunOut})
    def create(self, request: Request) -> Response:
        """Queue a run of one space; 409 while another one is under way."""
        data = self.parsed(ConsolidationIn)
        space = named_space(self.actor, data["space"])
        run = runs.request(actor=self.actor, space=space, dry=data["dry"])
        headers = {"Location": f"/api/v1/consolidation/runs/{run.public_id}"}
        return Response(ConsolidationRunOut(run).data, status=202, headers=headers)


class ProposalViewSet(RecordsReads, mixins.ListModelMixin, BaseViewSet[Proposal]):
    """What the archivist proposes for spaces that the asker reviews or owns."""

    reads = "archivist_proposal"
    queryset = Proposal.objects.select_related("space", "target", "lead", "result", "reviewer")
    serializer_class = ArchivistProposalOut
    filterset_class = ProposalFilter
    pagination_class = IdPagination
    scopes = dict.fromkeys(("list", "retrieve", "approve", "reject"), "review")

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """Sources of everything on the page in two queries."""
        rows = [] if not args else args[0] if kwargs.get("many") else [args[0]]
        context = {**self.get_serializer_context(), "shown": exhibits.shown(rows)}
        return ArchivistProposalOut(*args, **{**kwargs, "context": context})

    @extend_schema(responses={200: ArchivistProposalOut})
    def retrieve(self, request: Request, id: str) -> Response:
        """One proposal with its sources."""
        return self._answer(self.get_object())

    @extend_schema(request=AgreeIn, responses={200: ArchivistProposalOut})
    @action(detail=True, methods=["post"], filterset_class=None)
    def approve(self, request: Request, id: str) -> Response:
        """Carry it out; 409 when a source changed since it was shown."""
        data = self.parsed(AgreeIn)
        proposal = self.get_object()
        return self._answer(proposals.approve(actor=self.actor, proposal=proposal, **data))

    @extend_schema(request=RefuseIn, responses={200: ArchivistProposalOut})
    @action(detail=True, methods=["post"], filterset_class=None)
    def reject(self, request: Request, id: str) -> Response:
        """Turn it down; it comes back only when the words of its sources change."""
        data = self.parsed(RefuseIn)
        proposal = self.get_object()
        return self._answer(proposals.reject(actor=self.actor, proposal=proposal, **data))

    def _answer(self, proposal: Proposal) -> Response:
        return Response(self.get_serializer(proposal).data)


class ChangeViewSet(
    RecordsReads, mixins.ListModelMixin, mixins.RetrieveModelMixin, BaseViewSet[Change]
):
    """What became of several memories in spaces that the asker reviews or owns."""

    reads = "change"
    queryset = Change.objects.select_related(
        "space", "result", "decided_by", "undone_by"
    ).prefetch_related("sources__memory")
    serializer_class = ChangeOut
    filterset_class = SpaceFilter
    pagination_class = IdPagination
    scopes = dict.fromkeys(("list", "retrieve", "undo"), "review")

    @extend_schema(request=RefuseIn, responses={200: ChangeOut})
    @action(detail=True, methods=["post"], filterset_class=None)
    def undo(self, request: Request, id: str) -> Response:
        """Restore its sources as they were and retract its result."""
        data = self.parsed(RefuseIn)
        change = undoing.undo(actor=self.actor, change=self.get_object(), **data)
        return Response(ChangeOut(change).data)


class ArchivistPolicyViewSet(
    RecordsReads,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    BaseViewSet[ArchivistPolicy],
):
    """Policy versions of the archivist in spaces that the asker reviews or owns, newest first."""

    reads = "archivist_policy"
    queryset = ArchivistPolicy.objects.select_related("space", "author")
    serializer_class = ArchivistPolicyOut
    pagination_class = IdPagination
    scopes = {"list": "review", "retrieve": "review", "create": "manage"}

    @extend_schema(request=ArchivistPolicyIn, responses={201: ArchivistPolicyOut})
    def create(self, request: Request) -> Response:
        """A new version; for who manages the space or owns it, with a reason."""
        data = self.parsed(ArchivistPolicyIn)
        data["space"] = named_space(self.actor, data["space"])
        policy = policies.change(actor=self.actor, **data)
        return Response(ArchivistPolicyOut(policy).data, status=201)
