"""`POST /recall`."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.kernel.views import BaseViewSet
from apps.recall.api.serializers import RecallIn, RecallOut
from apps.recall.services import recall


class RecallViewSet(BaseViewSet[Any]):
    """Questions to everything the asker may see."""

    serializer_class = RecallIn
    idempotent = False
    scopes = {"create": "read"}
    filterset_class = None

    @extend_schema(operation_id="recall", request=RecallIn, responses={200: RecallOut})
    def create(self, request: Request) -> Response:
        """The best memories for a question, ranked, with their sources and reasons."""
        question = RecallIn.question(self.parsed(RecallIn))
        return Response(RecallOut(recall.ask(actor=self.actor, question=question)).data)
