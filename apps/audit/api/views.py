"""`/audit`: events of one's organisation for its auditors, and the seals."""

from typing import Any

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.audit.api.reads import RecordsReads
from apps.audit.api.serializers import AuditEventOut, SealingOut, SealOut
from apps.audit.models import AuditEvent, PendingEvent, Seal
from apps.audit.services import exports, keys, seals
from apps.kernel.errors import Forbidden
from apps.kernel.pagination import IdPagination
from apps.kernel.views import BaseViewSet

_SEALS = 200


class AuditFilter(django_filters.FilterSet):  # type: ignore[misc]  # it has no types
    """By who, what, where and when."""

    action = django_filters.CharFilter(max_length=60, label="One exact action, as memory.create.")
    actor = django_filters.UUIDFilter()
    owner = django_filters.UUIDFilter()
    token = django_filters.UUIDFilter()
    space = django_filters.UUIDFilter()
    object = django_filters.UUIDFilter(method="about", label="An object that it names.")
    request_id = django_filters.CharFilter(max_length=64)
    since = django_filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")
    until = django_filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="lt")

    class Meta:
        model = AuditEvent
        fields: list[str] = []

    def about(self, queryset: Any, _: str, value: Any) -> Any:
        return queryset.filter(object_ids__contains=[value])


class AuditViewSet(
    RecordsReads, mixins.ListModelMixin, mixins.RetrieveModelMixin, BaseViewSet[AuditEvent]
):
    """Events of the asker's organisation; for its auditors and administrators, in person."""

    reads = "audit"
    queryset = AuditEvent.objects.all()
    serializer_class = AuditEventOut
    pagination_class = IdPagination
    filterset_class = AuditFilter
    scopes = dict.fromkeys(("list", "retrieve", "seals", "verify"), "manage")

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Everybody else is told so; a single event is not there for them."""
        super().initial(request, *args, **kwargs)
        if self.action != "retrieve" and not self.actor.audits:
            raise Forbidden("Auditors and administrators of the organisation read the audit.")

    @extend_schema(responses={200: SealOut(many=True)})
    @action(detail=False, methods=["get"], pagination_class=None, filterset_class=None)
    def seals(self, request: Request) -> Response:
        """The last 200 seals, newest first. `manage.py audit export` has all."""
        rows = Seal.objects.order_by("-number")[:_SEALS]
        return Response([exports.seal_fields(seals.head_of(row)) for row in rows])

    @extend_schema(responses={200: SealingOut})
    @action(detail=False, methods=["get"], pagination_class=None, filterset_class=None)
    def verify(self, request: Request) -> Response:
        """The last seal, whether its signature is right, and how many events wait for one."""
        row = Seal.objects.order_by("-number").first()
        head = seals.head_of(row) if row else None
        waiting = PendingEvent.objects.values("event_id")
        return Response(
            {
                "seal": exports.seal_fields(head) if head else None,
                "signature": keys.check(head, keys.trusted()) if head else None,
                "unsealed": self.get_queryset().filter(pk__in=waiting).count(),
            }
        )
