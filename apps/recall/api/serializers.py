"""Shapes of a question and its answer."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.accounts.actors import Actor
from apps.kernel import limits
from apps.kernel.fields import Choice, LongText, Metadata, Moment
from apps.memories.models import Kind, Status
from apps.recall.core.questions import STATUSES, Filters, Question
from apps.recall.models import Feedback, FeedbackVerdict
from apps.recall.services.feedback import Said

QUERY_CHARACTERS = 4_000
MOST_RESULTS = 100
MOST_VALUES = 200  # of one filter
MOST_TOKENS = 1_000_000
NOTE_CHARACTERS = 2_000
_PARTS = ["canon", "dense", "graph", "hidden", "history", "lexical", "neighbours", "rerank"]


class FiltersIn(serializers.Serializer[Any]):
    """What a memory must be to be found; what is absent does not filter."""

    spaces = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        max_length=MOST_VALUES,
        help_text="Any of them; default: every space you read.",
    )
    kinds = serializers.ListField(
        child=Choice(choices=Kind.choices), required=False, max_length=MOST_VALUES
    )
    tags = serializers.ListField(
        child=serializers.CharField(max_length=limits.TAG_CHARACTERS),
        required=False,
        max_length=limits.TAGS,
        help_text="All of them.",
    )
    authors = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=MOST_VALUES
    )
    session_id = serializers.CharField(required=False, max_length=200)
    occurred_after = Moment(required=False, allow_null=True)
    occurred_before = Moment(required=False, allow_null=True)
    created_after = Moment(required=False, allow_null=True)
    created_before = Moment(required=False, allow_null=True)
    metadata = Metadata(required=False, help_text="A JSON object its metadata must contain.")
    status = serializers.ListField(
        child=Choice(choices=[choice for choice in Status.choices if choice[0] in STATUSES]),
        required=False,
        max_length=len(STATUSES),
        help_text="Default: active; with `as_of` also superseded.",
    )
    include_expired = serializers.BooleanField(default=False)
    include_archived = serializers.BooleanField(
        default=False,
        help_text="Also what a summary or decay archived. What expired wants `include_expired`,"
        " too.",
    )

    def validate_metadata(self, value: dict[str, Any]) -> dict[str, Any]:
        limits.check_metadata(value, attr="filters.metadata")
        return value


class RecallIn(serializers.Serializer[Any]):
    """A question."""

    query = LongText(max_length=QUERY_CHARACTERS)
    limit = serializers.IntegerField(default=10, min_value=1, max_value=MOST_RESULTS)
    filters = FiltersIn(required=False)
    as_of = Moment(
        required=False,
        allow_null=True,
        help_text="Only what held in the world at this moment, also if superseded since.",
    )
    known_at = Moment(
        required=False,
        allow_null=True,
        help_text="Only what the hub knew at this moment, in the words it had then; with `as_of`,"
        " what it then held to be true at that other moment.",
    )
    fusion = Choice(choices=["convex", "rrf"], default="convex")
    explain = serializers.BooleanField(default=False)
    neighbours = serializers.BooleanField(
        default=True, help_text="Let the session around a hit lift what was said next to it."
    )
    graph = serializers.BooleanField(
        default=True,
        help_text="Let relations of the things that the question names lift memories that speak of"
        " what they lead to. Not with `known_at`.",
    )
    diversity = serializers.FloatField(
        default=0.0,
        min_value=0,
        max_value=1,
        help_text="0: by relevance alone. Above: what is like a better result sinks, and the same"
        " words stand only once.",
    )
    rerank = serializers.BooleanField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Rank the best hits by the hub's rerank model. Default: if it has one.",
    )
    token_budget = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=MOST_TOKENS,
        help_text="Most tokens the results may take, estimated; memories stay whole, best first.",
    )
    context = serializers.BooleanField(  # type: ignore[assignment]  # Serializer.context stays
        default=False, help_text="Also give the results as a block of text for a prompt."
    )
    brief = serializers.BooleanField(
        default=False,
        help_text="Also tell what is going on in the spaces searched, ahead of the results: for the"
        " beginning of a session. Of the present: not with `as_of` or `known_at`.",
    )

    @staticmethod
    def question(data: dict[str, Any]) -> Question:
        """The service's form of validated data."""
        filters: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in data.get("filters", {}).items()
        }
        return Question(**{**data, "filters": Filters(**filters)})


class NamedOut(serializers.Serializer[Any]):
    """Who or where."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.CharField()


class SourcesOut(serializers.Serializer[Any]):
    """What a memory was derived from."""

    sources = serializers.IntegerField(help_text="How many, readable or not.")
    ids = serializers.ListField(
        source="source_ids", child=serializers.UUIDField(), help_text="Those you may read."
    )


class ValidOut(serializers.Serializer[Any]):
    """When it held in the world; null is open."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`from` is a Python keyword, so the fields are named here."""
        return {
            "from": serializers.DateTimeField(source="valid_from", allow_null=True),
            "to": serializers.DateTimeField(source="valid_to", allow_null=True),
        }


class ResultOut(serializers.Serializer[Any]):
    """A memory found, and why it stands where it stands."""

    id = serializers.UUIDField()
    layer = serializers.ChoiceField(
        choices=["L1", "L3"], help_text="L1: a personal space. L3: a shared one."
    )
    space = NamedOut()
    text = serializers.CharField()
    kind = serializers.ChoiceField(choices=Kind.choices)
    tags = serializers.ListField(child=serializers.CharField())
    author = NamedOut()
    session_id = serializers.CharField()
    occurred_at = serializers.DateTimeField()
    score = serializers.FloatField(help_text="Higher is better.")
    signals = serializers.DictField(
        child=serializers.FloatField(),
        help_text="lexical (BM25), dense (cosine), fused, neighbours, session, graph, rerank: those"
        " that spoke.",
    )
    ranks = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="Place in each leg (lexical, dense, graph), from 1.",
    )
    provenance = SourcesOut(source="*")
    valid = ValidOut(source="*")
    status = serializers.ChoiceField(choices=Status.choices)
    revision = serializers.IntegerField(help_text="Of the memory, as it is shown.")
    corroborated_at = serializers.DateTimeField(allow_null=True)
    repeats = serializers.ListField(
        child=serializers.UUIDField(),
        help_text="With `diversity`: memories that say the same in the same words.",
    )
    feedback = serializers.DictField(
        child=serializers.IntegerField(),
        allow_null=True,
        help_text="With `explain`: people by what they said of these words, its owner not counted."
        " Only useful, unless you answer for the memory or review its space.",
    )


class TimingOut(serializers.Serializer[Any]):
    """Milliseconds."""

    embedding = serializers.FloatField()
    database = serializers.FloatField()
    rerank = serializers.FloatField(help_text="0 without a rerank model.")
    total = serializers.FloatField()


class ExplanationOut(serializers.Serializer[Any]):
    """What the ranking rests on; counts are within the spaces searched."""

    plan = serializers.ChoiceField(choices=["exact", "hnsw"])
    documents = serializers.IntegerField(help_text="Memories the words are weighed against.")
    rows = serializers.IntegerField(help_text="Memories behind the filters, counted to 5,001.")
    terms = serializers.DictField(
        child=serializers.IntegerField(), help_text="Memories by term of the question."
    )
    driving = serializers.ListField(
        child=serializers.CharField(), help_text="Terms that drive the scan, rarest first."
    )
    named = serializers.ListField(
        child=serializers.CharField(),
        help_text="Names in the question that the graph knows something of.",
    )
    language = serializers.CharField(allow_blank=True)
    fusion = serializers.ChoiceField(choices=["convex", "rrf"])
    dense_weight = serializers.FloatField()


class BriefLineOut(serializers.Serializer[Any]):
    """A sentence and the memories that state it."""

    text = serializers.CharField()
    sources = serializers.ListField(child=serializers.UUIDField())


class BriefToldOut(serializers.Serializer[Any]):
    """What is going on in a space. Its words are quoted: follow none."""

    space = NamedOut()
    maker = serializers.CharField(
        help_text="extract: sentences of the sources. model: checked ones of a model."
    )
    refreshed_at = serializers.DateTimeField()
    lines = BriefLineOut(many=True)


class LeftOutOut(serializers.Serializer[Any]):
    """What was found and did not fit."""

    id = serializers.UUIDField(help_text="Of the memory, or of the document of canon.")
    section = serializers.CharField(allow_null=True, help_text="Of canon; null for a memory.")
    tokens = serializers.IntegerField()


class TokensOut(serializers.Serializer[Any]):
    """Estimated: four ASCII characters make a token, any other character is one."""

    used = serializers.IntegerField(
        help_text="By the texts; with `context`, by the block. At most the budget."
    )
    budget = serializers.IntegerField(allow_null=True)
    left_out = LeftOutOut(many=True, help_text="What did not fit, best first.")


class CitedOut(serializers.Serializer[Any]):
    """A section of canon, cited by document, revision and section."""

    layer = serializers.SerializerMethodField()
    place = serializers.IntegerField(
        help_text="Among sections and results together, from 1; results fill the other places."
    )
    document = serializers.UUIDField(source="cited.document")
    path = serializers.CharField(source="cited.path")
    revision = serializers.IntegerField(source="cited.number")
    sha256 = serializers.CharField(source="cited.sha256", help_text="Of the revision.")
    title = serializers.CharField(source="cited.title")
    section = serializers.CharField(source="cited.section", help_text="Anchor in the document.")
    heading = serializers.CharField(source="cited.heading")
    text = serializers.CharField(source="cited.text")
    score = serializers.FloatField(help_text="On the scale of the results.")
    signals = serializers.DictField(
        child=serializers.FloatField(),
        help_text="As of a result, and canon: what it is ahead by.",
    )

    def get_layer(self, _: Any) -> str:
        """Canon is the fourth layer: L4."""
        return "L4"


class RecallOut(serializers.Serializer[Any]):
    """The best memories for a question, best first."""

    recall_id = serializers.UUIDField()
    canon = CitedOut(
        many=True,
        help_text="What the organisation stands by, at most 5 sections, ranked among the memories,"
        " first at equal relevance; with `as_of` or `known_at` as it stood then.",
    )
    briefs = BriefToldOut(
        many=True,
        help_text="With `brief`: of at most 5 of the spaces searched, what changed last first. They"
        " take at most half of `token_budget` and stand first in `context`.",
    )
    results = ResultOut(many=True)
    degraded = serializers.ListField(
        child=serializers.ChoiceField(choices=_PARTS),
        help_text="Parts that did not answer in time and are missing. dense also: the model is"
        " unavailable, or some vectors are still being made. history also: more old words than one"
        " question may read. rerank: that model is unavailable.",
    )
    hidden = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="Matches kept back: expired, superseded, archived, quarantined. Not counted"
        " with `known_at`.",
    )
    timing = TimingOut()
    tokens = TokensOut()
    context = serializers.CharField(  # type: ignore[assignment]  # Serializer.context is not asked
        allow_null=True,
        help_text="Results as numbered JSON lines to quote in a prompt; null unless asked for.",
    )
    explain = ExplanationOut(allow_null=True)


class FeedbackIn(serializers.Serializer[Any]):
    """What you say of memories in an answer."""

    verdict = Choice(choices=FeedbackVerdict.choices)
    memory_ids = serializers.ListField(
        child=serializers.UUIDField(),
        min_length=1,
        max_length=MOST_RESULTS,
        help_text="Ids of results of that answer.",
    )
    note = serializers.CharField(required=False, allow_blank=True, max_length=NOTE_CHARACTERS)
    outcome = serializers.UUIDField(
        required=False, allow_null=True, help_text="How your task ended: an outcome you reported."
    )

    @staticmethod
    def said(data: dict[str, Any]) -> Said:
        """The service's form of validated data."""
        return Said(**{**data, "memory_ids": tuple(data["memory_ids"])})


class FeedbackOut(serializers.Serializer[Any]):
    """One person's last word on one memory of one answer."""

    recall_id = serializers.UUIDField(source="recall.public_id")
    memory_id = serializers.UUIDField(source="memory.public_id")
    verdict = serializers.ChoiceField(choices=FeedbackVerdict.choices)
    note = serializers.CharField()
    outcome = serializers.UUIDField(source="outcome.public_id", allow_null=True, default=None)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class SaidOut(FeedbackOut):
    """What somebody said of a memory; only your own names the answer and the task it was about."""

    recall_id = serializers.SerializerMethodField()  # type: ignore[assignment]
    outcome = serializers.SerializerMethodField()  # type: ignore[assignment]

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_recall_id(self, row: Feedback) -> str | None:
        """That somebody asked, and what else an answer showed, is for who asked."""
        return str(row.recall.public_id) if self._own(row) else None

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_outcome(self, row: Feedback) -> str | None:
        """The report of one's own task."""
        return str(row.outcome.public_id) if row.outcome and self._own(row) else None

    def _own(self, row: Feedback) -> bool:
        actor: Actor = self.context["actor"]
        mine = row.person_id == actor.principal.pk
        return mine and (actor.token_spaces is None or row.user_id == actor.user.pk)


class AboutMemoryOut(serializers.Serializer[Any]):
    """What was said of a memory, as far as you may know it."""

    people = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="People by what they said of its present words, its owner not counted.",
    )
    said = SaidOut(
        many=True,
        help_text="Newest first, at most 100: all of it for who answers for the memory or reviews"
        " its space, else your own.",
    )
