"""`/candidates`: the review queue."""

from typing import Any
from uuid import UUID

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.audit.api.reads import RecordsReads
from apps.canon.api.serializers import ChangeProposalOut
from apps.curation.api.serializers import (
    ApproveIn,
    AskIn,
    CandidateOut,
    DecidedOut,
    DecideIn,
    DeferIn,
    EditIn,
    EscalateIn,
    JoinIn,
    MergeIn,
    RejectIn,
    SplitIn,
    UndoIn,
)
from apps.curation.models import Candidate, CandidateStatus
from apps.curation.services import (
    candidates,
    escalation,
    exhibits,
    leases,
    postponing,
    regrouping,
    several,
    undoing,
)
from apps.kernel import clock
from apps.kernel.views import BaseViewSet


class CandidateFilter(django_filters.FilterSet):  # type: ignore[misc]  # it has no types
    """By default what is pending; `?status=` asks for others."""

    status = django_filters.MultipleChoiceFilter(
        choices=CandidateStatus.choices, method="with_status", label="Default: pending."
    )
    target = django_filters.UUIDFilter(field_name="target__public_id")
    reason = django_filters.CharFilter(method="with_reason", max_length=60, label="One exact code.")
    language = django_filters.CharFilter(
        method="with_language", max_length=10, label="Of one of its notes."
    )
    contributor = django_filters.UUIDFilter(
        method="with_contributor", label="A person, one of whose notes it is made of."
    )
    score_min = django_filters.NumberFilter(field_name="decision__score", lookup_expr="gte")
    score_max = django_filters.NumberFilter(field_name="decision__score", lookup_expr="lte")
    since = django_filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")
    until = django_filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="lt")
    deferred = django_filters.BooleanFilter(
        method="with_deferred", label="True: only what is put off. Default: either."
    )
    mine = django_filters.BooleanFilter(
        method="with_mine", label="True: only what a colleague left to you."
    )

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

    def with_reason(self, queryset: Any, _: str, value: str) -> Any:
        return queryset.because(value)

    def with_language(self, queryset: Any, _: str, value: str) -> Any:
        return queryset.said_in(value)

    def with_contributor(self, queryset: Any, _: str, value: UUID) -> Any:
        return queryset.said_by(value)

    def with_deferred(self, queryset: Any, _: str, value: bool) -> Any:  # noqa: FBT001  its signature
        put_off = queryset.deferred(clock.now()).values("pk")
        return queryset.filter(pk__in=put_off) if value else queryset.exclude(pk__in=put_off)

    def with_mine(self, queryset: Any, _: str, value: bool) -> Any:  # noqa: FBT001  its signature
        return queryset.asked_of(self.request.auth.user.pk) if value else queryset


class CandidateViewSet(RecordsReads, mixins.ListModelMixin, BaseViewSet[Candidate]):
    """Facts proposed for spaces where the asker reviews."""

    reads = "candidate"
    reach = "review"
    queryset = Candidate.objects.select_related(
        "target", "decision", "published", "reviewer", "held_by", "assignee"
    )
    serializer_class = CandidateOut
    filterset_class = CandidateFilter
    scopes = dict.fromkeys(
        ("list", "retrieve", "next", "release", "approve", "reject", "merge", "edit", "split",
         "join", "defer", "ask", "undo", "decide", "canon"),
        "review",
    )  # fmt: skip

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """Members of everything on the page in one query."""
        rows = [] if not args else args[0] if kwargs.get("many") else [args[0]]
        context = {
            **self.get_serializer_context(),
            "members": exhibits.members_of(rows),
            "company": exhibits.company_of(rows, self.actor),
            "approvals": exhibits.approvals_of(rows),
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

    @extend_schema(request=EscalateIn, responses={201: ChangeProposalOut})
    @action(detail=True, methods=["post"], filterset_class=None)
    def canon(self, request: Request, id: str) -> Response:
        """Propose it as canon of its space; one that is pending is approved with it."""
        data = self.parsed(EscalateIn)
        candidate = self.get_object()
        made = escalation.propose_from_request(actor=self.actor, candidate=candidate, **data)
        location = f"/api/v1/canon/proposals/{made.public_id}"
        return Response(ChangeProposalOut(made).data, status=201, headers={"Location": location})

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

    @extend_schema(request=None, responses={200: CandidateOut, 204: None})
    @action(detail=False, methods=["post"], pagination_class=None, filterset_class=None)
    def next(self, request: Request) -> Response:
        """The next request to judge, held for you for 15 minutes; 204 when nothing waits."""
        taken = leases.take_next(actor=self.actor)
        return Response(status=204) if taken is None else self._answer(taken)

    @extend_schema(request=None, responses={200: CandidateOut})
    @action(detail=True, methods=["post"], filterset_class=None)
    def release(self, request: Request, id: str) -> Response:
        """Let it go, so that others may judge it at once."""
        return self._answer(leases.release(actor=self.actor, candidate=self.get_object()))

    @extend_schema(request=DeferIn, responses={200: CandidateOut})
    @action(detail=True, methods=["post"], filterset_class=None)
    def defer(self, request: Request, id: str) -> Response:
        """Put it off until a moment; until then it is not in the queue."""
        data = self.parsed(DeferIn)
        candidate = self.get_object()
        return self._answer(postponing.defer(actor=self.actor, candidate=candidate, **data))

    @extend_schema(request=AskIn, responses={200: CandidateOut})
    @action(detail=True, methods=["post"], filterset_class=None)
    def ask(self, request: Request, id: str) -> Response:
        """Leave it to another reviewer of its space, with a question."""
        data = self.parsed(AskIn)
        candidate = self.get_object()
        return self._answer(postponing.ask(actor=self.actor, candidate=candidate, **data))

    @extend_schema(request=UndoIn, responses={200: CandidateOut})
    @action(detail=True, methods=["post"], filterset_class=None)
    def undo(self, request: Request, id: str) -> Response:
        """Take back what was done last, within 30 days; what was published is withdrawn."""
        data = self.parsed(UndoIn)
        candidate = self.get_object()
        return self._answer(undoing.undo(actor=self.actor, candidate=candidate, **data))

    @extend_schema(request=DecideIn, responses={200: DecidedOut(many=True)})
    @action(detail=False, methods=["post"], pagination_class=None, filterset_class=None)
    def decide(self, request: Request) -> Response:
        """One verdict on up to 200 requests; each is decided alone and answered for."""
        data = self.parsed(DecideIn)
        tickets = [several.Ticket(one["id"], one["revision"]) for one in data.pop("items")]
        results = several.decide(actor=self.actor, tickets=tickets, **data)
        return Response(DecidedOut(results, many=True).data)

    def _answer(self, candidate: Candidate) -> Response:
        return Response(self.get_serializer(candidate).data)
