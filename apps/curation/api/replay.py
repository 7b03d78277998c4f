"""Replay, sensitivity and quality: what another policy would do. Nothing here has an effect."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.audit.api.reads import RecordsReads
from apps.curation.core.decide import VERDICTS, Verdict
from apps.curation.core.policy import PRESETS
from apps.curation.core.replay import Replay
from apps.curation.core.sensitivity import Point
from apps.curation.models import CurationRun, Decision, VerdictChoice
from apps.curation.services import quality, replay
from apps.curation.services.replay import AT_ONCE, Scope, Sweep
from apps.kernel.errors import Invalid
from apps.kernel.fields import Metadata
from apps.kernel.views import BaseViewSet

FLIPS_TOLD = 1000
MOST_STEPS = 51


class VerdictCounts(serializers.Serializer[Any]):
    """Decisions with each verdict."""

    promote = serializers.IntegerField()
    review = serializers.IntegerField()
    hold = serializers.IntegerField()
    corroborate = serializers.IntegerField()


class ReplayIn(serializers.Serializer[Any]):
    """The policy to decide by; without a preset each decision's own, with `values` instead."""

    preset = serializers.ChoiceField(choices=list(PRESETS), required=False)
    values = Metadata(default=dict, help_text="See docs/reference/policy.md.")


class FlipOut(serializers.Serializer[Any]):
    """A cluster whose verdict would be another."""

    cluster = serializers.UUIDField()
    verdict = serializers.ChoiceField(choices=VerdictChoice.choices)
    verdict_now = serializers.ChoiceField(choices=VerdictChoice.choices)
    reasons = serializers.ListField(child=serializers.CharField())
    reasons_now = serializers.ListField(child=serializers.CharField())


class MovedOut(serializers.Serializer[Any]):
    """How many went from one verdict to another."""

    verdict = serializers.ChoiceField(choices=VerdictChoice.choices)
    verdict_now = serializers.ChoiceField(choices=VerdictChoice.choices)
    count = serializers.IntegerField()


class ReplayOut(serializers.Serializer[Any]):
    """What another policy would have decided. Flips beyond a thousand are counted, not listed."""

    decisions = serializers.IntegerField()
    truncated = serializers.BooleanField(help_text="There are more decisions than were replayed.")
    before = VerdictCounts()
    after = VerdictCounts()
    moved = MovedOut(many=True)
    flips = FlipOut(many=True)


class SensitivityIn(serializers.Serializer[Any]):
    """A policy value and where it goes; `from` and `to` are included."""

    value = serializers.CharField(default="outcome_threshold", max_length=60)
    to = serializers.FloatField(default=0.95)
    steps = serializers.IntegerField(default=11, min_value=2, max_value=MOST_STEPS)
    run = serializers.UUIDField(
        required=False, help_text="What this run newly decided; else every cluster's last decision."
    )
    preset = serializers.ChoiceField(choices=list(PRESETS), required=False)

    def get_fields(self) -> Any:
        """`from` is a word of the language."""
        return {**super().get_fields(), "from": serializers.FloatField(source="start", default=0.5)}


class PointOut(serializers.Serializer[Any]):
    """The verdicts at one value; a share nobody's answer speaks of is null."""

    value = serializers.FloatField()
    verdicts = VerdictCounts()
    precision = serializers.FloatField(allow_null=True)
    recall = serializers.FloatField(allow_null=True)
    review_precision = serializers.FloatField(allow_null=True)
    covered = serializers.FloatField(allow_null=True)


class SensitivityOut(serializers.Serializer[Any]):
    """A point per step."""

    value = serializers.CharField()
    decisions = serializers.IntegerField()
    truncated = serializers.BooleanField(help_text="There are more decisions than were replayed.")
    labelled = serializers.IntegerField(help_text="Decisions that people have judged.")
    points = PointOut(many=True)


class RateOut(serializers.Serializer[Any]):
    """`count` of `of`; the share is null when it could not happen yet."""

    count = serializers.IntegerField()
    of = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True)


class RatesOut(serializers.Serializer[Any]):
    """What went wrong, by kind; null when it is not recorded."""

    false_promotion = RateOut()
    false_hold = RateOut()
    false_split = RateOut()
    false_merge = RateOut()


class BinOut(serializers.Serializer[Any]):
    """Scores in one tenth."""

    low = serializers.FloatField()
    high = serializers.FloatField()
    count = serializers.IntegerField()
    mean_score = serializers.FloatField(allow_null=True)
    share_worthy = serializers.FloatField(allow_null=True)


class ProposalOut(serializers.Serializer[Any]):
    """A threshold that would keep the goal. Nothing applies it."""

    name = serializers.CharField()
    current = serializers.FloatField()
    proposed = serializers.FloatField(allow_null=True)
    goal = serializers.FloatField()
    labels = serializers.IntegerField()
    precision = serializers.FloatField(allow_null=True)
    recall = serializers.FloatField(allow_null=True)


class QualityOut(serializers.Serializer[Any]):
    """How good promotion is, by what people did with what it decided."""

    labels = serializers.IntegerField()
    worthy = serializers.IntegerField()
    rates = RatesOut()
    self_evaluation = BinOut(many=True)
    calibration_error = serializers.FloatField(allow_null=True)
    proposals = ProposalOut(many=True)


class ReplayMixin(BaseViewSet[CurationRun]):
    """Deciding a run's decisions again."""

    reach = "review"

    @extend_schema(request=ReplayIn, responses={200: ReplayOut})
    @action(detail=True, methods=["post"], url_path="replay")
    def replay(self, request: Request, id: str) -> Response:
        """What the run would have decided under another policy, and what flips. No effect."""
        data = self.parsed(ReplayIn)
        run = self.get_object()
        decisions = replay.of_run(Scope.seen_by(self.actor), run, limit=AT_ONCE)
        found = replay.replay(decisions=decisions, preset=data.get("preset"), values=data["values"])
        return Response(_told(found))


class PromotionViewSet(RecordsReads, BaseViewSet[Decision]):
    """Judging promotion as a whole, for those who review somewhere in the organisation."""

    reach = "review"
    reads = "promotion"
    queryset = Decision.objects.all()
    scopes = dict.fromkeys(("sensitivity", "quality"), "review")
    pagination_class = None
    filter_backends = []

    @extend_schema(parameters=[SensitivityIn], responses={200: SensitivityOut})
    @action(detail=False, methods=["get"])
    def sensitivity(self, request: Request) -> Response:
        """What a threshold does: verdicts, precision and recall at every step of it. No effect."""
        scope = Scope.seen_by(self.actor)
        serializer = SensitivityIn(data=request.query_params)
        serializer.is_valid(raise_exception=True)
        asked = serializer.validated_data
        decisions = (
            replay.of_run(scope, self._run(asked["run"]), limit=AT_ONCE)
            if "run" in asked
            else replay.standing(scope, limit=AT_ONCE)
        )
        labels = replay.labels(scope)
        points = replay.sweep(
            decisions=decisions,
            sweep=Sweep(asked["value"], asked["start"], asked["to"], asked["steps"]),
            labels=labels,
            preset=asked.get("preset"),
        )
        return Response(
            {
                "value": asked["value"],
                "decisions": len(decisions),
                "truncated": len(decisions) == AT_ONCE,
                "labelled": len({one.cluster for one in decisions} & labels.keys()),
                "points": [_point(point) for point in points],
            }
        )

    @extend_schema(responses={200: QualityOut})
    @action(detail=False, methods=["get"])
    def quality(self, request: Request) -> Response:
        """False promotions, holds and splits, reliability, and proposed thresholds."""
        found = quality.seen_by(self.actor)
        rates = {
            name: {**rate, "share": getattr(found.rates, name).share} if rate else None
            for name, rate in asdict(found.rates).items()
        }
        return Response({**asdict(found), "rates": rates})

    def _run(self, public_id: UUID) -> CurationRun:
        run = CurationRun.objects.visible_to(self.actor).filter(public_id=public_id).first()
        if run is None:
            raise Invalid("There is no such run.", attr="run")
        return run


def _told(found: Replay) -> dict[str, Any]:
    return {
        "decisions": found.decisions,
        "truncated": found.decisions == AT_ONCE,
        "before": _counts(found.before),
        "after": _counts(found.after),
        "moved": [
            {"verdict": before, "verdict_now": after, "count": count}
            for (before, after), count in found.moved.items()
        ],
        "flips": [
            {
                "cluster": flip.recorded.cluster,
                "verdict": flip.recorded.verdict,
                "verdict_now": flip.now.verdict,
                "reasons": flip.recorded.reasons,
                "reasons_now": flip.now.reasons,
            }
            for flip in found.flips[:FLIPS_TOLD]
        ],
    }


def _point(point: Point) -> dict[str, Any]:
    return {
        "value": point.value,
        "verdicts": _counts(point.verdicts),
        "precision": point.precision,
        "recall": point.recall,
        "review_precision": point.review_precision,
        "covered": point.covered,
    }


def _counts(verdicts: Mapping[Verdict, int]) -> dict[str, int]:
    return {name: verdicts.get(name, 0) for name in VERDICTS}
