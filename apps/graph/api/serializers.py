"""Shapes of the graph."""

from typing import Any

from rest_framework import serializers

from apps.canon.models import Section
from apps.graph.core.formats import FORMATS
from apps.graph.models import Act, Change, Decided, Entity, RelationStatus, RelationType
from apps.graph.services import walks
from apps.graph.services.walks import Filters
from apps.kernel.fields import Choice, Moment
from apps.memories.models import Kind, Memory, Status

MOST_TYPES = 20
NAME_CHARACTERS = 200
MOST_SPLIT = 200


class EntityOut(serializers.ModelSerializer[Entity]):
    """Something that memories speak of."""

    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField(source="__str__", help_text="As it was first written.")

    class Meta:
        model = Entity
        fields = ["id", "type", "name"]


class OneEntityOut(serializers.Serializer[Any]):
    """An entity with its other names."""

    id = serializers.UUIDField(source="entity.public_id")
    type = serializers.CharField(source="entity.type")
    name = serializers.CharField(source="entity.__str__")
    aliases = EntityOut(many=True, help_text="What was merged with it, as far as you may know.")


class RelationOut(serializers.Serializer[Any]):
    """A relation as evidence that you may read tells it."""

    id = serializers.UUIDField(source="relation.public_id")
    type = serializers.CharField(source="relation.type")
    subject = EntityOut()
    object = EntityOut()
    valid_from = serializers.DateTimeField(source="relation.valid.lower", allow_null=True)
    valid_to = serializers.DateTimeField(source="relation.valid.upper", allow_null=True)
    status = serializers.ChoiceField(
        source="relation.status",
        choices=RelationStatus.choices,
        help_text="conflicting: contradicts one that stands, and waits for a reviewer.",
    )
    confidence = serializers.FloatField(help_text="Of the surest evidence, 0 to 1.")
    recorded_at = serializers.DateTimeField(help_text="Since when the hub knows.")
    ended_at = serializers.DateTimeField(
        allow_null=True, help_text="Since when no memory says so any more."
    )
    evidence = serializers.IntegerField(help_text="Pieces that you may read.")


class NodeOut(serializers.Serializer[Any]):
    """An entity that was reached."""

    id = serializers.UUIDField(source="entity.public_id")
    type = serializers.CharField(source="entity.type")
    name = serializers.CharField(source="entity.__str__")
    distance = serializers.IntegerField(help_text="Hops from the start.")


class RelatedOut(NodeOut):
    """An entity and how much the asked one has to do with it."""

    score = serializers.FloatField(help_text="Personalised PageRank, 0 to 1.")


class SurroundingsOut(serializers.Serializer[Any]):
    """Nodes, nearest first, and relations between them."""

    nodes = NodeOut(many=True)
    relations = RelationOut(many=True, source="edges")
    truncated = serializers.BooleanField(help_text="A bound was met; there may be more.")


class FoundOut(serializers.Serializer[Any]):
    """Entities by how much they have to do with the asked one."""

    results = RelatedOut(many=True)


class SourceMemoryOut(serializers.ModelSerializer[Memory]):
    """A memory that says so."""

    id = serializers.UUIDField(source="public_id")
    space = serializers.UUIDField(source="space.public_id")
    kind = serializers.ChoiceField(choices=Kind.choices)
    status = serializers.ChoiceField(choices=Status.choices)

    class Meta:
        model = Memory
        fields = ["id", "space", "text", "kind", "status", "occurred_at", "valid_from", "valid_to"]


class SourceSectionOut(serializers.ModelSerializer[Section]):
    """A section of canon that says so."""

    document = serializers.UUIDField(source="revision.document.public_id")
    path = serializers.CharField(source="revision.document.path")
    title = serializers.CharField(source="revision.title")
    revision = serializers.IntegerField(source="revision.number")

    class Meta:
        model = Section
        fields = ["document", "path", "title", "revision", "anchor", "heading", "text"]


class MomentOut(serializers.Serializer[Any]):
    """A memory or a section of canon that speaks of it, or a relation that begins or ends."""

    at = serializers.DateTimeField()
    what = serializers.ChoiceField(choices=["memory", "canon", "begins", "ends"])
    memory = SourceMemoryOut(allow_null=True)
    canon = SourceSectionOut(source="section", allow_null=True)
    relation = RelationOut(source="edge", allow_null=True)


class TimelineOut(serializers.Serializer[Any]):
    """Newest first."""

    results = MomentOut(many=True)


class AboutOut(OneEntityOut):
    """What is known of an entity as of a moment."""

    as_of = serializers.DateTimeField()
    relations = RelationOut(many=True, source="edges")
    canon = SourceSectionOut(many=True, help_text="What the organisation stands by, first.")
    memories = SourceMemoryOut(many=True)
    truncated = serializers.BooleanField()


class AnswerOut(serializers.Serializer[Any]):
    """One row per entity of that name."""

    results = AboutOut(many=True)


class WalkIn(serializers.Serializer[Any]):
    """Which relations count."""

    type = serializers.ListField(
        child=serializers.CharField(max_length=40), required=False, max_length=MOST_TYPES,
        help_text="Any of these types; repeat the parameter. Default: every type.",
    )  # fmt: skip
    direction = Choice(choices=["any", "out", "in"], default="any")
    as_of = Moment(required=False, help_text="Held in the world then. Default: at any time.")
    known_at = Moment(required=False, help_text="Was said then. Default: is said now.")
    conflicting = serializers.BooleanField(
        default=True, help_text="Also what contradicts a relation that stands."
    )

    def filters(self) -> Filters:
        """The service's form of validated data."""
        data = self.validated_data
        return Filters(
            data.get("as_of"), data.get("known_at"), tuple(data.get("type", ())),
            data["direction"], data["conflicting"],
        )  # fmt: skip


class AroundIn(WalkIn):
    """How far and how much."""

    depth = serializers.IntegerField(default=1, min_value=1, max_value=walks.DEEPEST)
    limit = serializers.IntegerField(default=100, min_value=1, max_value=walks.MOST_NODES)


class RelatedIn(WalkIn):
    """How many."""

    limit = serializers.IntegerField(default=20, min_value=1, max_value=100)


class PathIn(WalkIn):
    """From where to where."""

    to = serializers.UUIDField()
    longest = serializers.IntegerField(default=6, min_value=1, max_value=walks.LONGEST)


class WindowIn(serializers.Serializer[Any]):
    """The part of a timeline."""

    since = Moment(required=False)
    until = Moment(required=False, help_text="Not included.")
    limit = serializers.IntegerField(default=100, min_value=1, max_value=500)


class AboutIn(serializers.Serializer[Any]):
    """A name and a moment."""

    name = serializers.CharField(max_length=NAME_CHARACTERS)
    as_of = Moment(required=False, help_text="Default: now.")
    limit = serializers.IntegerField(
        default=50, min_value=1, max_value=200, help_text="Memories of each entity."
    )


class ExportIn(serializers.Serializer[Any]):
    """In which form, and of what."""

    form = Choice(choices=list(FORMATS), default="graphml")
    entity = serializers.UUIDField(
        required=False, help_text="Two hops around it. Default: all you may know."
    )
    as_of = Moment(required=False, help_text="Relations that held then. Default: all.")


class MergeEntitiesIn(serializers.Serializer[Any]):
    """The other entity, which this one is to stand for."""

    other = serializers.UUIDField()


class SplitEntityIn(serializers.Serializer[Any]):
    """Memories that speak of another thing of the same name."""

    memories = serializers.ListField(
        child=serializers.UUIDField(), allow_empty=False, max_length=MOST_SPLIT
    )


class EntityChangeOut(serializers.ModelSerializer[Change]):
    """A merge or a split."""

    id = serializers.UUIDField(source="public_id")
    act = serializers.ChoiceField(choices=Act.choices)

    class Meta:
        model = Change
        fields = ["id", "act", "created_at", "undone_at"]


class ConflictOut(RelationOut):
    """A relation that contradicts others, and what a reviewer said of it."""

    decision = serializers.ChoiceField(source="relation.decision", choices=Decided.choices)


class DecisionIn(serializers.Serializer[Any]):
    """A reviewer's word."""

    accept = serializers.BooleanField(help_text="False rejects it.")


class RelationTypeOut(serializers.ModelSerializer[RelationType]):
    """A type of relations."""

    class Meta:
        model = RelationType
        fields = ["name", "functional"]


class RelationTypesOut(serializers.Serializer[Any]):
    """Those of which something is said, by name; every other type is not functional."""

    results = RelationTypeOut(many=True)


class RelationTypeIn(serializers.Serializer[Any]):
    """An administrator's word."""

    name = serializers.CharField(max_length=40, help_text="Small letters, digits, underscores.")
    functional = serializers.BooleanField(
        help_text="A subject has one object at a time; a second one contradicts and waits."
    )


class PersonalIn(serializers.Serializer[Any]):
    """A person's choice."""

    include = serializers.BooleanField(help_text="Whether the graph reads your personal space.")
