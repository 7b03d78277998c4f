"""`/erasures`, `/holds` and `/retention-*`: for administrators of the organisation, in person."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.models import User
from apps.audit.api.reads import RecordsReads
from apps.governance.api.serializers import (
    ErasureIn,
    ErasureOut,
    HoldIn,
    HoldOut,
    HoldReleaseIn,
    RetentionRuleIn,
    RetentionRuleOut,
    RetentionRunOut,
)
from apps.governance.models import Erasure, LegalHold, RetentionRule, RetentionRun
from apps.governance.querysets import governed_by
from apps.governance.services import erasures, holds, retention
from apps.kernel.errors import Conflict, Forbidden, Invalid
from apps.kernel.pagination import IdPagination
from apps.kernel.views import BaseViewSet


class GovernedViewSet(RecordsReads, BaseViewSet[Any]):
    """Lists say 403 to who does not administer; single objects are not there for them."""

    # What an erasure or a hold is about is seldom the administrator's own
    reach = "organisation"
    pagination_class = IdPagination
    filterset_class = None

    @property
    def governs(self) -> bool:
        """Whether the asker administers an organisation."""
        return governed_by(self.actor) is not None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Everybody else is told so before anything is looked up."""
        super().initial(request, *args, **kwargs)
        if "id" not in kwargs and not self.governs:
            raise Forbidden("Only administrators of the organisation may do this, in person.")


class ErasureViewSet(GovernedViewSet, mixins.ListModelMixin, mixins.RetrieveModelMixin):
    """Erasures of people of the asker's organisation, newest first."""

    reads = "erasure"
    queryset = Erasure.objects.select_related("person", "requested_by")
    serializer_class = ErasureOut
    scopes = dict.fromkeys(("list", "retrieve", "create", "certificate"), "manage")

    @extend_schema(request=ErasureIn, responses={202: ErasureOut})
    def create(self, request: Request) -> Response:
        """Erase a person: shut out at once, erased by a job; 409 `legal_hold` under a hold."""
        data = self.parsed(ErasureIn)
        person = User.objects.filter(
            public_id=data["person"], personal_space__organisation_id=governed_by(self.actor)
        ).first()
        if person is None:
            raise Invalid("There is no such person in the organisation.", attr="person")
        erasure = erasures.request(actor=self.actor, person=person, reason=data["reason"])
        headers = {"Location": f"/api/v1/erasures/{erasure.public_id}"}
        return Response(ErasureOut(erasure).data, status=202, headers=headers)

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    @action(detail=True, methods=["get"], pagination_class=None)
    def certificate(self, request: Request, id: str) -> Response:
        """The signed certificate, for `manage.py erasure verify`; 409 until it is done."""
        erasure = self.get_object()
        if erasure.certificate is None:
            raise Conflict(f"The erasure is {erasure.state}; there is no certificate yet.")
        return Response(erasure.certificate)


class HoldViewSet(GovernedViewSet, mixins.ListModelMixin, mixins.RetrieveModelMixin):
    """Legal holds of the asker's organisation, newest first, released ones included."""

    reads = "hold"
    queryset = LegalHold.objects.select_related(
        "person", "space", "memory", "placed_by", "released_by"
    )
    serializer_class = HoldOut
    scopes = dict.fromkeys(("list", "retrieve", "create", "release"), "manage")

    @extend_schema(request=HoldIn, responses={201: HoldOut})
    def create(self, request: Request) -> Response:
        """Keep what is a person's, what lies in a space, or one memory: nothing erases it."""
        hold = holds.place(actor=self.actor, **self.parsed(HoldIn))
        headers = {"Location": f"/api/v1/holds/{hold.public_id}"}
        return Response(HoldOut(hold).data, status=201, headers=headers)

    @extend_schema(request=HoldReleaseIn, responses={200: HoldOut})
    @action(detail=True, methods=["post"], pagination_class=None)
    def release(self, request: Request, id: str) -> Response:
        """Lift it; an erasure that it kept from going on is finished."""
        reason = self.parsed(HoldReleaseIn)["reason"]
        hold = holds.release(actor=self.actor, hold=self.get_object(), reason=reason)
        return Response(HoldOut(hold).data)


class RetentionRuleViewSet(GovernedViewSet, mixins.ListModelMixin, mixins.RetrieveModelMixin):
    """Retention rules of the asker's organisation, all versions, newest first."""

    reads = "retention_rule"
    queryset = RetentionRule.objects.select_related("space")
    serializer_class = RetentionRuleOut
    scopes = dict.fromkeys(("list", "retrieve", "create"), "manage")

    @extend_schema(request=RetentionRuleIn, responses={201: RetentionRuleOut})
    def create(self, request: Request) -> Response:
        """A new version; it takes effect after the next dry run (`POST /retention-runs`)."""
        made = retention.rule(actor=self.actor, **self.parsed(RetentionRuleIn))
        return Response(RetentionRuleOut(made).data, status=201)


class RetentionRunViewSet(GovernedViewSet, mixins.ListModelMixin, mixins.RetrieveModelMixin):
    """Dry runs and runs of retention, newest first."""

    reads = "retention_run"
    queryset = RetentionRun.objects.all()
    serializer_class = RetentionRunOut
    scopes = dict.fromkeys(("list", "retrieve", "create"), "manage")

    @extend_schema(request=None, responses={201: RetentionRunOut})
    def create(self, request: Request) -> Response:
        """A dry run: what would go now, by space and kind. The nightly job then does it."""
        return Response(RetentionRunOut(retention.rehearse(actor=self.actor)).data, status=201)
