"""`POST /recall`, and what is said of its answers."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.audit.api.reads import RecordsReads
from apps.kernel.views import BaseViewSet
from apps.memories.models import Memory
from apps.recall.api.serializers import (
    AboutMemoryOut,
    FeedbackIn,
    FeedbackOut,
    RecallIn,
    RecallOut,
)
from apps.recall.api.told import told
from apps.recall.models import Feedback, RecallUse
from apps.recall.services import feedback, recall

MOST_SAID = 100
# Made once: making its fields costs a question more than using them. It keeps nothing of one.
_RECALL_IN = RecallIn()


class RecallViewSet(BaseViewSet[Any]):
    """Questions to everything the asker may see."""

    serializer_class = RecallIn
    idempotent = False
    scopes = {"create": "read"}
    filterset_class = None

    @extend_schema(operation_id="recall", request=RecallIn, responses={200: RecallOut})
    def create(self, request: Request) -> Response:
        """The best memories for a question, ranked, with their sources and reasons."""
        question = RecallIn.question(_RECALL_IN.run_validation(self.request.data))
        answer = recall.ask(actor=self.actor, question=question)
        return Response(told(answer))


class FeedbackViewSet(BaseViewSet[RecallUse]):
    """What the asker says of an answer."""

    queryset = RecallUse.objects.all()
    serializer_class = FeedbackIn
    filterset_class = None

    @extend_schema(
        operation_id="recall_feedback",
        request=FeedbackIn,
        responses={200: FeedbackOut(many=True)},
    )
    def create(self, request: Request, id: str) -> Response:
        """Say what you think of memories in an answer of yours; the last word on each counts.

        It changes no memory: useful is counted, the rest is told to its owner and to reviewers.
        """
        said = FeedbackIn.said(self.parsed(FeedbackIn))
        rows = feedback.give(actor=self.actor, use=self.get_object(), said=said)
        return Response(FeedbackOut(rows, many=True).data)


class MemoryFeedbackViewSet(RecordsReads, BaseViewSet[Memory]):
    """What was said of a memory."""

    reads = "memory"
    queryset = Memory.objects.all()
    serializer_class = AboutMemoryOut
    scopes = {"retrieve": "read"}
    filterset_class = None

    @extend_schema(operation_id="memories_feedback", responses={200: AboutMemoryOut})
    def retrieve(self, request: Request, id: str) -> Response:
        """How many people found it useful; more for who answers for it or reviews its space."""
        memory = self.get_object()
        said = Feedback.objects.visible_to(self.actor).filter(memory=memory)
        newest = said.select_related("recall", "memory", "outcome").order_by("-updated_at", "-pk")
        people = feedback.counts(self.actor, [memory.public_id])[memory.public_id]
        told = {"people": people, "said": newest[:MOST_SAID]}
        return Response(AboutMemoryOut(told, context={"actor": self.actor}).data)
