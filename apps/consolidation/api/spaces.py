"""`/spaces/{id}/brief` and `/spaces/{id}/archivist/try`."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.audit.api.reads import RecordsReads
from apps.consolidation.api.serializers import BriefOut, TrialOut, TryIn
from apps.consolidation.services import briefing, trials
from apps.kernel.views import BaseViewSet
from apps.spaces.models import Space


class BriefViewSet(RecordsReads, BaseViewSet[Space]):
    """What is going on in a space."""

    reads = "brief"
    queryset = Space.objects.all()
    serializer_class = BriefOut
    scopes = {"retrieve": "read"}
    filterset_class = None

    @extend_schema(operation_id="spaces_brief", responses={200: BriefOut})
    def retrieve(self, request: Request, id: UUID) -> Response:
        """A few lines about it with their sources; without lines where there is no brief yet."""
        return Response(BriefOut(briefing.of(actor=self.actor, space=self.get_object())).data)


class TrialViewSet(BaseViewSet[Space]):
    """The archivist's test bench; the service records who tried what."""

    queryset = Space.objects.select_related("organisation", "person", "parent")
    serializer_class = TryIn
    idempotent = False
    scopes = {"create": "review"}
    filterset_class = None

    @extend_schema(operation_id="archivist_try", request=TryIn, responses={200: TrialOut})
    def create(self, request: Request, id: UUID) -> Response:
        """Run a prompt on some clusters of the space and show what comes of it. No effect."""
        asked = self.parsed(TryIn)
        trial = trials.attempt(actor=self.actor, space=self.get_object(), **asked)
        return Response(TrialOut(trial).data)
