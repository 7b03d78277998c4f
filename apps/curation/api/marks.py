"""`/screenings`: what the screen kept back, and what people make of it."""

from typing import Any

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.audit.api.reads import RecordsReads
from apps.curation.api.serializers import (
    CodeFiguresOut,
    ConfirmIn,
    DisputeIn,
    OpenedScreeningOut,
    ReleaseIn,
    ScreeningOut,
)
from apps.curation.models import Screening, ScreeningState
from apps.curation.services import quarantine
from apps.kernel.views import BaseViewSet


class ScreeningFilter(django_filters.FilterSet):  # type: ignore[misc]  # it has no types
    """By default marks on what notes say now; `?past=true` adds those on earlier revisions."""

    state = django_filters.MultipleChoiceFilter(choices=ScreeningState.choices)
    code = django_filters.CharFilter(method="with_code", max_length=60, label="One exact code.")
    memory = django_filters.UUIDFilter(field_name="memory__public_id")
    since = django_filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")
    until = django_filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="lt")
    past = django_filters.BooleanFilter(method="with_past", label="Default: false.")

    class Meta:
        model = Screening
        fields: list[str] = []

    def filter_queryset(self, queryset: Any) -> Any:
        """Current ones unless asked otherwise."""
        if not self.form.cleaned_data.get("past"):
            queryset = queryset.current()
        return super().filter_queryset(queryset)

    def with_code(self, queryset: Any, _: str, value: str) -> Any:
        return queryset.filter(codes__contains=[value])

    def with_past(self, queryset: Any, _: str, value: bool) -> Any:  # noqa: FBT001  its signature
        return queryset


class ScreeningViewSet(RecordsReads, mixins.ListModelMixin, BaseViewSet[Screening]):
    """Marks on the asker's own notes, and on those of people below spaces the asker reviews."""

    reads = "screening"
    reach = "review"
    queryset = Screening.objects.select_related("memory__owner", "memory__space", "reviewer")
    serializer_class = ScreeningOut
    filterset_class = ScreeningFilter
    scopes = {"release": "review", "confirm": "review", "figures": "review"}

    @extend_schema(responses={200: OpenedScreeningOut})
    def retrieve(self, request: Request, id: str) -> Response:
        """One mark; with the words where the asker may read them."""
        return self._answer(self.get_object())

    @extend_schema(request=DisputeIn, responses={200: OpenedScreeningOut})
    @action(detail=True, methods=["post"], filterset_class=None)
    def dispute(self, request: Request, id: str) -> Response:
        """Your note, a false alarm: reviewers above may read this revision until it is judged."""
        data = self.parsed(DisputeIn)
        return self._answer(quarantine.dispute(actor=self.actor, mark=self.get_object(), **data))

    @extend_schema(request=None, responses={200: OpenedScreeningOut})
    @action(detail=True, methods=["post"], filterset_class=None)
    def accept(self, request: Request, id: str) -> Response:
        """It is your note and the mark is right: nobody else reads it."""
        return self._answer(quarantine.accept(actor=self.actor, mark=self.get_object()))

    @extend_schema(request=ReleaseIn, responses={200: OpenedScreeningOut})
    @action(detail=True, methods=["post"], filterset_class=None)
    def release(self, request: Request, id: str) -> Response:
        """You read the disputed words: a false alarm, the revision takes part again."""
        data = self.parsed(ReleaseIn)
        return self._answer(quarantine.release(actor=self.actor, mark=self.get_object(), **data))

    @extend_schema(request=ConfirmIn, responses={200: OpenedScreeningOut})
    @action(detail=True, methods=["post"], filterset_class=None)
    def confirm(self, request: Request, id: str) -> Response:
        """You read the disputed words: they stay back. Also takes back a release."""
        data = self.parsed(ConfirmIn)
        return self._answer(quarantine.confirm(actor=self.actor, mark=self.get_object(), **data))

    @extend_schema(responses={200: CodeFiguresOut(many=True)})
    @action(detail=False, methods=["get"], pagination_class=None, filterset_class=None)
    def figures(self, request: Request) -> Response:
        """How many marks of each code were released, confirmed or wait, of those you may see."""
        return Response(CodeFiguresOut(quarantine.figures(actor=self.actor), many=True).data)

    def filter_queryset(self, queryset: Any) -> Any:
        """List filters are for the list only."""
        return super().filter_queryset(queryset) if self.action == "list" else queryset

    def _answer(self, mark: Screening) -> Response:
        words = quarantine.words_of(actor=self.actor, mark=mark)
        mark.words = words  # type: ignore[attr-defined]  # for the serializer alone
        return Response(OpenedScreeningOut(mark).data)
