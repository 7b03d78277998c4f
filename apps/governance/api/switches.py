"""`/switches`: stopping promotion, consolidation or every write, for administrators in person."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.governance.api.views import GovernedViewSet
from apps.kernel.fields import Choice
from apps.spaces.models import Switch, SwitchKind
from apps.spaces.services import switches
from apps.spaces.services.switches import REASON_LENGTH


class SwitchIn(serializers.Serializer[Any]):
    """What stops in the asker's organisation, and why; people at the desk read the reason."""

    kind = Choice(choices=SwitchKind.choices)
    reason = serializers.CharField(max_length=REASON_LENGTH)


class SwitchLiftIn(serializers.Serializer[Any]):
    """Why it may go on."""

    reason = serializers.CharField(max_length=REASON_LENGTH, required=False, allow_blank=True)


class SwitchOut(serializers.ModelSerializer[Switch]):
    """A switch; `lifted_at` empty means that it is on."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    hub = serializers.SerializerMethodField(help_text="Whether it is the whole hub's.")
    set_by = serializers.UUIDField(
        source="set_by.public_id", read_only=True, allow_null=True, default=None
    )
    lifted_by = serializers.UUIDField(
        source="lifted_by.public_id", read_only=True, allow_null=True, default=None
    )

    class Meta:
        model = Switch
        fields = (
            "id", "kind", "hub", "reason", "set_by", "set_at", "lifted_by", "lifted_at",
            "lift_reason",
        )  # fmt: skip
        read_only_fields = fields

    def get_hub(self, switch: Switch) -> bool:
        return switch.organisation_id is None


class SwitchViewSet(GovernedViewSet, mixins.ListModelMixin, mixins.RetrieveModelMixin):
    """Switches of the asker's organisation and of the whole hub, lifted ones included."""

    reads = "switch"
    queryset = Switch.objects.select_related("set_by", "lifted_by")
    serializer_class = SwitchOut
    scopes = dict.fromkeys(("list", "retrieve", "create", "lift"), "manage")

    def get_queryset(self) -> Any:
        """Nothing for who does not administer."""
        governed = super().get_queryset()
        return governed if self.governs else governed.none()

    @extend_schema(request=SwitchIn, responses={201: SwitchOut})
    def create(self, request: Request) -> Response:
        """Stop it at once; 409 when it is on already."""
        switch = switches.turn_on(actor=self.actor, **self.parsed(SwitchIn))
        headers = {"Location": f"/api/v1/switches/{switch.public_id}"}
        return Response(SwitchOut(switch).data, status=201, headers=headers)

    @extend_schema(request=SwitchLiftIn, responses={200: SwitchOut})
    @action(detail=True, methods=["post"], pagination_class=None)
    def lift(self, request: Request, id: str) -> Response:
        """Let it go on; 403 for one of the whole hub."""
        reason = self.parsed(SwitchLiftIn).get("reason", "")
        switch = switches.lift(actor=self.actor, switch=self.get_object(), reason=reason)
        return Response(SwitchOut(switch).data)
