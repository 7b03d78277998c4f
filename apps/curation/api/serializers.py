"""Shapes of runs, candidates, decisions and policies."""

from typing import Any, get_args

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.accounts.api.serializers import UserOut
from apps.curation.core.policy import PRESETS
from apps.curation.core.rejections import KINDS
from apps.curation.models import (
    Candidate,
    CurationRun,
    Decision,
    Link,
    Policy,
    Screening,
    ScreeningState,
    VerdictChoice,
)
from apps.curation.services import attention, progress
from apps.curation.services.several import AT_MOST, Outcome
from apps.kernel import clock
from apps.kernel.fields import Choice, Metadata


class RunIn(serializers.Serializer[Any]):
    """Start a run. `dry`: decide and count, but change nothing."""

    dry = serializers.BooleanField(default=False)


class ProgressOut(serializers.Serializer[Any]):
    """Where a run is; `done` of `total` in `step` are 0 where it is not counted."""

    step = serializers.CharField()
    done = serializers.IntegerField()
    total = serializers.IntegerField()
    percent = serializers.FloatField(help_text="Of the whole run.")
    seconds_left = serializers.IntegerField(
        allow_null=True, help_text="At the pace so far, counted from `beat_at`."
    )


class RunOut(serializers.ModelSerializer[CurationRun]):
    """A run: its state, where it is, what it counted and why."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    requested_by = UserOut(read_only=True, allow_null=True)
    progress = serializers.SerializerMethodField()
    counts = serializers.JSONField(read_only=True)

    class Meta:
        model = CurationRun
        fields = (
            "id", "state", "step", "progress", "dry", "requested_by", "counts", "error",
            "created_at", "started_at", "beat_at", "finished_at", "cancel_asked_at",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(ProgressOut)
    def get_progress(self, run: CurationRun) -> Any:
        """Where it stands."""
        return ProgressOut(progress.of(run)).data


class SelfEvaluationOut(serializers.Serializer[Any]):
    """What a language model said of the text, and what it means among its other ratings."""

    model = serializers.CharField(help_text="Who rated it.")
    version = serializers.IntegerField(help_text="Of the question.")
    score = serializers.FloatField(help_text="The median of its answers, as the model gave it.")
    scale = serializers.IntegerField(help_text="What the model scores up to: 1, 10 or 100.")
    raw = serializers.FloatField(help_text="`score` as a share of `scale`.")
    value = serializers.FloatField(help_text="The rank among its other ratings, else `raw`.")
    calibrated = serializers.BooleanField(help_text="Whether `value` is a rank.")
    samples = serializers.IntegerField(help_text="Answers there were.")
    calls = serializers.IntegerField(help_text="Answers there should be.")
    window = serializers.IntegerField(help_text="Texts the model rated lately.")


class RehearsedOut(serializers.Serializer[Any]):
    """A decision that a dry run would have made; no text."""

    verdict = serializers.ChoiceField(choices=VerdictChoice.choices)
    target = serializers.UUIDField(
        allow_null=True, help_text="Null, too, for a space that you do not know."
    )
    score = serializers.FloatField()
    reasons = serializers.ListField(child=serializers.CharField())
    people = serializers.IntegerField()
    notes = serializers.IntegerField()
    policy_version = serializers.IntegerField()


class RunDetailOut(RunOut):
    """A run with the report of a dry one."""

    report = RehearsedOut(
        many=True, read_only=True, help_text="Of a dry run: at most 200, those that publish first."
    )

    class Meta(RunOut.Meta):
        fields = (*RunOut.Meta.fields, "report")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]


class DecisionOut(serializers.ModelSerializer[Decision]):
    """Why a cluster was published, proposed or held; the measured inputs, no text."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    verdict = serializers.ChoiceField(choices=VerdictChoice.choices, read_only=True)
    signals = serializers.SerializerMethodField()
    self_eval = serializers.SerializerMethodField()

    class Meta:
        model = Decision
        fields = (
            "id", "verdict", "score", "reasons", "signals", "self_eval", "policy_version",
            "engine_version", "created_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_signals(self, decision: Decision) -> dict[str, Any]:
        """What was measured: people, outcomes, frequency; absent is null, not zero."""
        signals: dict[str, Any] = decision.inputs.get("signals", {})
        return signals

    @extend_schema_field(SelfEvaluationOut(allow_null=True))
    def get_self_eval(self, decision: Decision) -> Any:
        """How `signals.self_eval` came about; null when no language model rated the text."""
        told = decision.inputs.get("self_eval")
        return SelfEvaluationOut(told).data if told else None


class CandidateMemberOut(serializers.Serializer[Any]):
    """A member as the reviewer is shown it: its words and who said them, nothing else."""

    id = serializers.UUIDField(help_text="Of the member in this request, not of the memory.")
    text = serializers.CharField()
    kind = serializers.CharField()
    tags = serializers.ListField(child=serializers.CharField())
    metadata = serializers.DictField()
    person = UserOut()
    occurred_at = serializers.DateTimeField()
    language = serializers.CharField(allow_blank=True)
    link = serializers.ChoiceField(choices=Link.choices)
    independent = serializers.BooleanField()


class BesideOut(serializers.Serializer[Any]):
    """A shared memory that the fact contradicts or may repeat."""

    id = serializers.UUIDField(source="memory.public_id")
    space = serializers.UUIDField(source="memory.space.public_id")
    text = serializers.CharField(source="memory.text")
    relation = serializers.ChoiceField(choices=["contradicts", "same", "alike"])
    by = serializers.ChoiceField(
        choices=["rule", "judge", "likeness", "succession"],
        help_text="What tells: a certain rule, the language model, likeness, or that it once took"
        " the place of what these notes say.",
    )


class PartOut(serializers.Serializer[Any]):
    """Why a request stands where it stands in the queue."""

    code = serializers.CharField()
    points = serializers.FloatField(help_text="One is a day of waiting.")


class CandidateOut(serializers.ModelSerializer[Candidate]):
    """A fact proposed for a wider space, with the evidence."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    target = serializers.UUIDField(source="target.public_id", read_only=True)
    target_name = serializers.CharField(source="target.name", read_only=True)
    decision = DecisionOut(read_only=True)
    published = serializers.UUIDField(
        source="published.public_id", read_only=True, allow_null=True, default=None
    )
    reviewer = UserOut(read_only=True, allow_null=True)
    members = serializers.SerializerMethodField()
    known = serializers.SerializerMethodField()
    opposed = serializers.SerializerMethodField()
    attention = serializers.SerializerMethodField()
    approvals = serializers.SerializerMethodField()
    held_by = UserOut(read_only=True, allow_null=True)
    assignee = UserOut(read_only=True, allow_null=True)

    class Meta:
        model = Candidate
        fields = (
            "id", "status", "text", "target", "target_name", "revision", "decision", "members",
            "known", "opposed", "attention", "approvals", "held_by", "held_until", "assignee",
            "deferred_until", "published", "reviewer", "reason", "created_at", "decided_at",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(CandidateMemberOut(many=True))
    def get_members(self, candidate: Candidate) -> Any:
        """Every member at the revision that was judged; the earliest first."""
        return CandidateMemberOut(self.context["members"][candidate.pk], many=True).data

    @extend_schema_field(BesideOut(many=True))
    def get_known(self, candidate: Candidate) -> Any:
        """Shared memories that it contradicts, or that may say it already; those you may read."""
        return BesideOut(self.context["company"][candidate.pk].known, many=True).data

    @extend_schema_field(serializers.ListField(child=serializers.UUIDField()))
    def get_opposed(self, candidate: Candidate) -> list[str]:
        """Pending requests whose notes say the opposite; those you review."""
        return [str(one.public_id) for one in self.context["company"][candidate.pk].opposed]

    @extend_schema_field(PartOut(many=True))
    def get_attention(self, candidate: Candidate) -> Any:
        """What its place in the queue is made of, the heaviest reason first."""
        return PartOut(attention.explained(candidate, clock.now()), many=True).data

    @extend_schema_field(UserOut(many=True))
    def get_approvals(self, candidate: Candidate) -> Any:
        """Who approved this revision already, where a policy asks for more than one."""
        return UserOut(self.context["approvals"][candidate.pk], many=True).data


class ExpectedRevision(serializers.Serializer[Any]):
    """Guards against deciding on something that changed since it was read."""

    expected_revision = serializers.IntegerField(
        required=False, min_value=1, max_value=2**31 - 1, help_text="The revision you read."
    )


class ApproveIn(ExpectedRevision):
    """Publish it."""

    reason = serializers.CharField(required=False, allow_blank=True, max_length=2000)
    target = serializers.UUIDField(
        required=False, help_text="A wider space than the proposed one, which you review."
    )
    supersedes = serializers.UUIDField(
        required=False,
        help_text="A shared memory that this takes the place of, in the space it is published to or"
        " below; you review its space, too.",
    )


class RejectIn(ExpectedRevision):
    """Turn it down, and say why: with a kind, in words, or both."""

    kind = Choice(choices=list(KINDS), required=False)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=1900)


class DeferIn(ExpectedRevision):
    """Not now."""

    until = serializers.DateTimeField(help_text="In the next 365 days.")
    reason = serializers.CharField(required=False, allow_blank=True, max_length=2000)


class AskIn(ExpectedRevision):
    """A colleague knows better."""

    colleague = serializers.UUIDField(help_text="Who reviews its space, too.")
    reason = serializers.CharField(max_length=2000, help_text="The question.")


class UndoIn(ExpectedRevision):
    """Take back what was done last."""

    reason = serializers.CharField(required=False, allow_blank=True, max_length=2000)


class TicketIn(serializers.Serializer[Any]):
    """A request as you read it."""

    id = serializers.UUIDField()
    revision = serializers.IntegerField(min_value=1, max_value=2**31 - 1)


class DecideIn(serializers.Serializer[Any]):
    """One verdict on several requests."""

    verb = Choice(choices=["approve", "reject"])
    items = serializers.ListField(child=TicketIn(), min_length=1, max_length=AT_MOST)
    kind = Choice(choices=list(KINDS), required=False, help_text="To reject.")
    reason = serializers.CharField(required=False, allow_blank=True, max_length=1900)


class DecidedOut(serializers.Serializer[Any]):
    """What became of one of them; what you may not see is left out."""

    id = serializers.UUIDField(source="candidate.public_id")
    outcome = serializers.ChoiceField(choices=list(get_args(Outcome)))
    detail = serializers.CharField(allow_blank=True)


class MergeIn(ExpectedRevision):
    """It is published already: link it to that memory."""

    into = serializers.UUIDField()
    reason = serializers.CharField(required=False, allow_blank=True, max_length=2000)


class EditIn(ExpectedRevision):
    """Change the words that would be published."""

    text = serializers.CharField(trim_whitespace=False)


class EscalateIn(ExpectedRevision):
    """Which document of canon it is to be, and why."""

    title = serializers.CharField(required=False, allow_blank=True, max_length=200)
    path = serializers.CharField(
        required=False, allow_blank=True, max_length=200,
        help_text="Of the document; its words go to the end of one that is there. Made of the title"
        " if left out.",
    )  # fmt: skip
    reason = serializers.CharField(required=False, allow_blank=True, max_length=2000)


class SplitIn(ExpectedRevision):
    """These members state another fact than the rest."""

    members = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=1000, help_text="Ids of members."
    )
    reason = serializers.CharField(required=False, allow_blank=True, max_length=2000)


class JoinIn(ExpectedRevision):
    """Another pending request states the same fact."""

    other = serializers.UUIDField(help_text="The request that goes; its members come here.")
    reason = serializers.CharField(required=False, allow_blank=True, max_length=2000)


class PolicyIn(serializers.Serializer[Any]):
    """A new version of a space's policy; values left out are as in the preset."""

    space = serializers.UUIDField()
    preset = Choice(choices=list(PRESETS), default="default")
    values = Metadata(help_text="See docs/reference/policy.md.", default=dict)
    expected_version = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=2**31 - 1,
        help_text="The space's version you started from, 0 for none; another one answers 412.",
    )
    reason = serializers.CharField(max_length=2000)


class PolicyOut(serializers.ModelSerializer[Policy]):
    """One version of a space's policy."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    space = serializers.UUIDField(source="space.public_id", read_only=True)
    author = UserOut(read_only=True, allow_null=True)
    values = serializers.JSONField(read_only=True)

    class Meta:
        model = Policy
        fields = ("id", "space", "version", "values", "reason", "author", "created_at")
        read_only_fields = fields


class MarkOut(serializers.Serializer[Any]):
    """One marked place in the text; 0 to 0 is beside it, in a tag or in metadata."""

    code = serializers.CharField()
    start = serializers.IntegerField()
    end = serializers.IntegerField()


class WordsOut(serializers.Serializer[Any]):
    """What a marked revision says, for who may read it."""

    text = serializers.CharField()
    tags = serializers.ListField(child=serializers.CharField())
    metadata = serializers.DictField()
    marks = MarkOut(many=True)


class ScreeningOut(serializers.ModelSerializer[Screening]):
    """A mark: what the screen found in a revision, and what became of it. Without the words."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    memory = serializers.UUIDField(source="memory.public_id", read_only=True)
    space = serializers.UUIDField(source="memory.space.public_id", read_only=True)
    owner = UserOut(source="memory.owner", read_only=True)
    codes = serializers.ListField(child=serializers.CharField(), read_only=True)
    state = serializers.ChoiceField(choices=ScreeningState.choices, read_only=True)
    current = serializers.BooleanField(
        source="is_current", read_only=True, help_text="False once the note says something else."
    )
    reviewer = UserOut(read_only=True, allow_null=True)

    class Meta:
        model = Screening
        fields = (
            "id", "memory", "revision", "space", "owner", "codes", "state", "current", "plea",
            "disputed_at", "reviewer", "reason", "decided_at", "created_at",
        )  # fmt: skip
        read_only_fields = fields


class OpenedScreeningOut(ScreeningOut):
    """A mark with its words: for the owner always, for a reviewer while it is disputed."""

    words = WordsOut(allow_null=True, read_only=True)

    class Meta(ScreeningOut.Meta):
        fields = (*ScreeningOut.Meta.fields, "words")  # type: ignore[assignment]


class DisputeIn(serializers.Serializer[Any]):
    """Why it is a false alarm."""

    reason = serializers.CharField(required=False, allow_blank=True, max_length=2000)


class ReleaseIn(serializers.Serializer[Any]):
    """Why the mark is a false alarm; needed."""

    reason = serializers.CharField(max_length=2000)


class ConfirmIn(serializers.Serializer[Any]):
    """Why it stays back."""

    reason = serializers.CharField(required=False, allow_blank=True, max_length=2000)


class CodeFiguresOut(serializers.Serializer[Any]):
    """Marks with one code by state, and the share of false alarms among those judged."""

    code = serializers.CharField()
    states = serializers.DictField(child=serializers.IntegerField())
    false_alarm_share = serializers.FloatField(allow_null=True)
