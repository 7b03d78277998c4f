"""`/canon/documents`, `/canon/proposals` and `/canon/rules`."""

from typing import Any

import django_filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from apps.audit.api.reads import RecordsReads
from apps.canon.api.serializers import (
    ApproveProposalIn,
    CanonRevisionOut,
    ChangeProposalOut,
    CommentIn,
    CommentOut,
    DocumentOut,
    MergeProposalIn,
    OneDocumentOut,
    OneProposalOut,
    ProposalIn,
    ProposalPatch,
    RulesIn,
    RulesOut,
    WithdrawIn,
)
from apps.canon.models import (
    ChangeProposal,
    Document,
    ProposalStatus,
    ReviewRules,
)
from apps.canon.services import merging, proposals, reading, rules
from apps.kernel.errors import Invalid
from apps.kernel.fields import Moment
from apps.kernel.pagination import IdPagination
from apps.kernel.views import BaseViewSet
from apps.memories.models import Memory
from apps.spaces.api.named import named_space

REVISION = OpenApiParameter("revision", OpenApiTypes.STR, description="SHA-256 of a revision.")
AS_OF = OpenApiParameter("as_of", OpenApiTypes.DATETIME, description="What stood then.")


class DocumentFilter(django_filters.FilterSet):  # type: ignore[misc]  # it has no types
    """By default what stands; `?retired=true` shows what was taken out, too."""

    space = django_filters.UUIDFilter(field_name="space__public_id")
    tag = django_filters.CharFilter(method="tagged", label="Of the newest revision.")
    path = django_filters.CharFilter(method="within", label="A folder or a document.")
    retired = django_filters.BooleanFilter(method="with_retired", label="Show these, too.")

    class Meta:
        model = Document
        fields: list[str] = []

    def filter_queryset(self, queryset: Any) -> Any:
        """What stands, unless asked otherwise."""
        if not self.form.cleaned_data.get("retired"):
            queryset = queryset.standing()
        return super().filter_queryset(queryset)

    def with_retired(self, queryset: Any, _: str, __: bool) -> Any:  # noqa: FBT001
        return queryset

    def tagged(self, queryset: Any, _: str, value: str) -> Any:
        return queryset.filter(head__tags__contains=[value])

    def within(self, queryset: Any, _: str, value: str) -> Any:
        return queryset.filter(reading.in_folder(value))


class DocumentViewSet(RecordsReads, mixins.ListModelMixin, BaseViewSet[Document]):
    """Canon of the spaces the asker reads."""

    reads = "document"
    queryset = Document.objects.select_related("space", "head__document", "head__proposal")
    serializer_class = DocumentOut
    filterset_class = DocumentFilter
    pagination_class = IdPagination

    @extend_schema(responses={200: OneDocumentOut}, parameters=[REVISION, AS_OF])
    def retrieve(self, request: Request, id: str) -> Response:
        """One document: its newest revision, one by its hash, or what stood at a moment."""
        document = self.get_object()
        asked = request.query_params
        revision = reading.revision_of(
            document, sha256=asked.get("revision", "")[:64], as_of=_moment(asked.get("as_of"))
        )
        told = OneDocumentOut(document, context={"revision": revision})
        return Response(told.data, headers={"ETag": f'"{revision.sha256}"'})

    @extend_schema(responses={200: CanonRevisionOut(many=True)})
    @action(detail=True, methods=["get"], pagination_class=None, filterset_class=None)
    def history(self, request: Request, id: str) -> Response:
        """Every revision, newest first."""
        rows = self.get_object().revisions.select_related("document", "proposal")
        return Response(CanonRevisionOut(rows.order_by("-number"), many=True).data)


class ProposalFilter(django_filters.FilterSet):  # type: ignore[misc]  # it has no types
    """By default what is open; `?status=` asks for others."""

    status = django_filters.MultipleChoiceFilter(
        choices=ProposalStatus.choices, method="with_status", label="Default: open."
    )
    space = django_filters.UUIDFilter(field_name="space__public_id")
    document = django_filters.UUIDFilter(field_name="document__public_id")

    class Meta:
        model = ChangeProposal
        fields: list[str] = []

    def filter_queryset(self, queryset: Any) -> Any:
        """Open unless asked otherwise."""
        if not self.form.cleaned_data.get("status"):
            queryset = queryset.open()
        return super().filter_queryset(queryset)

    def with_status(self, queryset: Any, _: str, value: list[str]) -> Any:
        return queryset.filter(status__in=value) if value else queryset


class ProposalViewSet(RecordsReads, mixins.ListModelMixin, BaseViewSet[ChangeProposal]):
    """Changes to canon that somebody wants, in the spaces the asker reads."""

    reads = "proposal"
    queryset = ChangeProposal.objects.select_related(
        "space__organisation", "document__head", "base", "author", "owner", "decided_by"
    )
    serializer_class = ChangeProposalOut
    filterset_class = ProposalFilter
    pagination_class = IdPagination
    scopes = {"approve": "review", "merge": "review"}

    def filter_queryset(self, queryset: Any) -> Any:
        """List filters are for the list only."""
        return super().filter_queryset(queryset) if self.action == "list" else queryset

    @extend_schema(request=ProposalIn, responses={201: OneProposalOut})
    def create(self, request: Request) -> Response:
        """Propose a change; agents may. Nothing is canon before people approved its bytes."""
        draft = proposals.Draft(**self.parsed(ProposalIn))
        proposal = proposals.propose(actor=self.actor, draft=draft)
        location = f"/api/v1/canon/proposals/{proposal.public_id}"
        return self._answer(proposal, status=201, headers={"Location": location})

    @extend_schema(responses={200: OneProposalOut})
    def retrieve(self, request: Request, id: str) -> Response:
        """One proposal with its difference, checks, approvals and discussion."""
        return self._answer(self.get_object())

    @extend_schema(request=ProposalPatch, responses={200: OneProposalOut})
    def partial_update(self, request: Request, id: str) -> Response:
        """Other bytes, by its author, written against what stands now."""
        data = self.parsed(ProposalPatch)
        proposal = proposals.revise(actor=self.actor, proposal=self.get_object(), **data)
        return self._answer(proposal)

    @extend_schema(request=ApproveProposalIn, responses={200: OneProposalOut})
    @action(detail=True, methods=["post"], filterset_class=None)
    def approve(self, request: Request, id: str) -> Response:
        """Stand by the bytes of this hash; not by one's own."""
        data = self.parsed(ApproveProposalIn)
        proposal = proposals.approve(actor=self.actor, proposal=self.get_object(), **data)
        return self._answer(proposal)

    @extend_schema(request=CommentIn, responses={201: CommentOut})
    @action(detail=True, methods=["post"], filterset_class=None)
    def comment(self, request: Request, id: str) -> Response:
        """Say something about it."""
        text = self.parsed(CommentIn)["text"]
        said = proposals.comment(actor=self.actor, proposal=self.get_object(), text=text)
        return Response(CommentOut(said).data, status=201)

    @extend_schema(request=MergeProposalIn, responses={200: CanonRevisionOut})
    @action(detail=True, methods=["post"], filterset_class=None)
    def merge(self, request: Request, id: str) -> Response:
        """Make it canon; 409 says which check or approval is missing."""
        data = self.parsed(MergeProposalIn)
        revision = merging.merge(actor=self.actor, proposal=self.get_object(), **data)
        return Response(CanonRevisionOut(revision).data)

    @extend_schema(request=WithdrawIn, responses={200: ChangeProposalOut})
    @action(detail=True, methods=["post"], filterset_class=None)
    def withdraw(self, request: Request, id: str) -> Response:
        """Close it unmerged: by its author, or by a reviewer with a reason."""
        data = self.parsed(WithdrawIn)
        proposal = proposals.withdraw(actor=self.actor, proposal=self.get_object(), **data)
        return Response(ChangeProposalOut(proposal).data)

    def _answer(self, proposal: ChangeProposal, **kwargs: Any) -> Response:
        named = proposal.sources.values_list("memory_id", flat=True)
        readable = Memory.objects.visible_to(self.actor).filter(pk__in=list(named))
        context = {
            "readiness": merging.readiness(proposal),
            "sources": readable.order_by("pk").values_list("public_id", flat=True),
        }
        return Response(OneProposalOut(proposal, context=context).data, **kwargs)


class RulesViewSet(
    RecordsReads, mixins.ListModelMixin, mixins.RetrieveModelMixin, BaseViewSet[ReviewRules]
):
    """What spaces ask of changes, in versions, newest first."""

    reads = "canon_rules"
    queryset = ReviewRules.objects.select_related("space", "author")
    serializer_class = RulesOut
    pagination_class = IdPagination
    scopes = {"create": "manage"}

    @extend_schema(request=RulesIn, responses={201: RulesOut})
    def create(self, request: Request) -> Response:
        """A new version; needs `manage` on the space and a reason."""
        data = self.parsed(RulesIn)
        data["space"] = named_space(self.actor, data["space"])
        row = rules.change(actor=self.actor, **data)
        return Response(RulesOut(row).data, status=201)


def _moment(text: str | None) -> Any:
    if not text:
        return None
    try:
        return Moment().to_internal_value(text)
    except ValidationError as error:
        raise Invalid("as_of is no time in ISO 8601.", attr="as_of") from error
