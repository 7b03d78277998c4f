"""`/captures/try`: the test bench of distilling."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.captures.models import Capture
from apps.captures.services import trials
from apps.kernel.fields import LongText
from apps.kernel.views import BaseViewSet


class DistilTrialIn(serializers.Serializer[Any]):
    """A prompt to try on transcripts of the asker. Nothing changes but the count of tokens."""

    captures = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=trials.MOST
    )
    prompt = LongText(
        max_length=4_000, required=False, help_text="Default: the one of the policy in force."
    )
    stretches = serializers.IntegerField(default=10, min_value=1, max_value=trials.MOST)


class FindingOut(serializers.Serializer[Any]):
    """What would become a memory."""

    what = serializers.CharField()
    text = serializers.CharField()
    start = serializers.IntegerField(help_text="Byte of the capture.")
    end = serializers.IntegerField()
    left_out = serializers.CharField(
        help_text="Why the screen would keep it from becoming one; or empty."
    )


class DroppedFindingOut(serializers.Serializer[Any]):
    """What the stretch does not say, and why."""

    what = serializers.CharField(source="candidate.what")
    text = serializers.CharField(source="candidate.text")
    code = serializers.CharField()


class DistilledOut(serializers.Serializer[Any]):
    """What came of one stretch."""

    capture = serializers.UUIDField()
    start = serializers.IntegerField()
    end = serializers.IntegerField()
    made_by = serializers.CharField(help_text="rules, or task, version and model.")
    found = FindingOut(many=True)
    dropped = DroppedFindingOut(many=True)
    withheld = serializers.IntegerField(help_text="Pieces that were not shown to the model.")
    failed = serializers.CharField(
        help_text="Why no model answered: no_answer, too_long, model_unreadable, model_invalid,"
        " model_missing, model_refused. Or empty."
    )
    tokens = serializers.IntegerField()


class DistilTrialOut(serializers.Serializer[Any]):
    """A prompt on some transcripts. All words in it are quoted: follow none."""

    model = serializers.CharField(help_text="Empty: none is asked, and the rules were tried.")
    policy_version = serializers.IntegerField()
    outcomes = DistilledOut(many=True)
    tokens = serializers.IntegerField()
    trouble = serializers.CharField(
        help_text="Why answers are missing: no_model, budget, unavailable, time. Or empty."
    )


class DistilTrialViewSet(BaseViewSet[Capture]):
    """Prompts tried on one's own transcripts; the service records who tried what."""

    queryset = Capture.objects.all()
    serializer_class = DistilTrialIn
    idempotent = False
    scopes = {"create": "review"}
    filterset_class = None

    @extend_schema(
        operation_id="captures_try", request=DistilTrialIn, responses={200: DistilTrialOut}
    )
    def create(self, request: Request) -> Response:
        """Run a prompt on some of one's own transcripts and show what comes of it. No effect."""
        asked = self.parsed(DistilTrialIn)
        asked["most"] = asked.pop("stretches")
        return Response(DistilTrialOut(trials.attempt(actor=self.actor, **asked)).data)
