"""Shapes of memories, their history and evidence.

Fields called `source` hide no `Field.source`: DRF's metaclass takes declared fields out of the
class, which mypy cannot know.
"""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.accounts.api.serializers import UserOut
from apps.kernel.fields import Choice, LongText, Metadata, Moment
from apps.memories import marks
from apps.memories.models import (
    Confirmation,
    Kind,
    Memory,
    MemoryRevision,
    Outcome,
    OutcomeKind,
    Provenance,
    Sensitivity,
    Source,
)
from apps.memories.services.drafts import Draft
from apps.spaces import access

WRITABLE_SOURCES = [Source.API, Source.MCP, Source.IMPORT]


class ContentIn(serializers.Serializer[Any]):
    """Content fields of a memory; sizes are checked by the service and answer 422."""

    text = LongText(trim_whitespace=False, help_text="Up to 32 KiB of UTF-8.")
    kind = Choice(choices=Kind.choices, required=False)
    tags = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Up to 50 of 100 characters."
    )
    metadata = Metadata(required=False, help_text="A JSON object of up to 16 KiB.")
    language = serializers.RegexField(
        r"^[a-z]{2,3}(-[A-Za-z0-9]{2,4})?$",
        required=False,
        allow_blank=True,
        max_length=8,
        help_text="ISO 639 code; detected when empty.",
    )
    importance = serializers.FloatField(required=False, min_value=0, max_value=1)
    sensitivity = Choice(choices=Sensitivity.choices, required=False)
    occurred_at = Moment(required=False)
    valid_from = Moment(required=False, allow_null=True)
    valid_to = Moment(required=False, allow_null=True)
    expires_at = Moment(required=False, allow_null=True)


class MemoryIn(ContentIn):
    """A memory to keep."""

    space = serializers.UUIDField(
        required=False, allow_null=True, help_text="Empty for your personal space."
    )
    session_id = serializers.CharField(required=False, allow_blank=True, max_length=200)
    source = serializers.ChoiceField(  # type: ignore[assignment]
        choices=[(source.value, source.label) for source in WRITABLE_SOURCES], required=False
    )
    supersedes = serializers.UUIDField(required=False, allow_null=True)
    derived_from = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=100
    )

    @staticmethod
    def draft(data: dict[str, Any]) -> Draft:
        """The service's form of validated data."""
        fields = dict(data)
        for name in ("tags", "derived_from"):
            if name in data:
                fields[name] = tuple(data[name])
        return Draft(**fields)


class MemoryPatch(ContentIn):
    """Changes to a memory; what is absent stays."""

    text = LongText(trim_whitespace=False, required=False)


class BulkIn(serializers.Serializer[Any]):
    """Up to 1,000 memories. `atomic`: one bad item fails all."""

    items = serializers.ListField(
        child=serializers.DictField(), allow_empty=False, help_text="Each as in POST /memories."
    )
    atomic = serializers.BooleanField(default=False)


class MemoryOut(serializers.ModelSerializer[Memory]):
    """A memory as it is now."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    space = serializers.UUIDField(source="space.public_id", read_only=True)
    author = UserOut(read_only=True)
    owner = UserOut(read_only=True)
    supersedes = serializers.SerializerMethodField()

    class Meta:
        model = Memory
        fields = (
            "id", "space", "author", "owner", "session_id", "kind", "text", "language", "tags",
            "metadata", "importance", "sensitivity", "source", "status", "revision", "occurred_at",
            "valid_from", "valid_to", "supersedes", "expires_at", "corroborated_at", "created_at",
            "updated_at",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_supersedes(self, memory: Memory) -> str | None:
        """The memory it took the place of, unless that is in another space, which the asker does
        not read: a reviewer may publish above what was known to a team."""
        old = memory.supersedes
        if old is None:
            return None
        view = self.context.get("view")
        near = old.space_id == memory.space_id
        read = near or (view is not None and access.of(view.actor).allows("read", old.space_id))
        return str(old.public_id) if read else None


class MemoryMarkOut(serializers.Serializer[Any]):
    """Why promotion keeps a memory back; see `/screenings`."""

    id = serializers.UUIDField()
    codes = serializers.ListField(child=serializers.CharField())
    state = serializers.CharField()
    created_at = serializers.DateTimeField()


class OneMemoryOut(MemoryOut):
    """A memory read by itself; its owner also sees what the screen found in this revision."""

    screening = serializers.SerializerMethodField()

    class Meta(MemoryOut.Meta):
        fields = (*MemoryOut.Meta.fields, "screening")  # type: ignore[assignment]

    @extend_schema_field(MemoryMarkOut(allow_null=True))
    def get_screening(self, memory: Memory) -> Any:
        """The mark, for the owner and the owner's agents; null for others and without one."""
        mark = marks.of(memory) if memory.owner_id == self.context["person"] else None
        return None if mark is None else MemoryMarkOut(mark).data


class RememberedOut(MemoryOut):
    """A memory after a write; `created` is false when it confirmed an old one."""

    created = serializers.BooleanField(read_only=True)

    class Meta(MemoryOut.Meta):
        fields = (*MemoryOut.Meta.fields, "created")  # type: ignore[assignment]


class ItemError(serializers.Serializer[Any]):
    """Why one item was not kept."""

    code = serializers.CharField()
    detail = serializers.CharField()
    attr = serializers.CharField(allow_null=True)


class BulkItemOut(serializers.Serializer[Any]):
    """Result of one item: created, repeated or failed."""

    index = serializers.IntegerField()
    result = serializers.ChoiceField(choices=["created", "repeated", "failed"])
    id = serializers.UUIDField(allow_null=True)
    error = ItemError(allow_null=True)


class BulkOut(serializers.Serializer[Any]):
    """Results in the order of the items, and how many of each."""

    created = serializers.IntegerField()
    repeated = serializers.IntegerField()
    failed = serializers.IntegerField()
    items = BulkItemOut(many=True)


class RevisionOut(serializers.ModelSerializer[MemoryRevision]):
    """One state of a memory."""

    recorded_by = UserOut(read_only=True, allow_null=True)

    class Meta:
        model = MemoryRevision
        fields = (
            "number", "recorded_at", "recorded_by", "reason", "status", "text", "kind", "language",
            "tags", "metadata", "importance", "sensitivity", "occurred_at", "valid_from",
            "valid_to", "expires_at",
        )  # fmt: skip
        read_only_fields = fields


class ProvenanceOut(serializers.ModelSerializer[Provenance]):
    """Where a memory came from. A source the asker may not read shows its contributor only."""

    source = serializers.SerializerMethodField()  # type: ignore[assignment]
    contributor = UserOut(read_only=True, allow_null=True)

    class Meta:
        model = Provenance
        fields = ("source", "source_uri", "contributor", "created_at")
        read_only_fields = fields

    def get_source(self, link: Provenance) -> str | None:
        """Public id of the source memory, when the asker may read it."""
        readable = self.context["readable"]
        source = link.source_memory
        return str(source.public_id) if source is not None and source.pk in readable else None


class EvidenceIn(serializers.Serializer[Any]):
    """Why it is confirmed or contradicted."""

    note = serializers.CharField(required=False, allow_blank=True, max_length=2000)


class ConfirmationOut(serializers.ModelSerializer[Confirmation]):
    """One piece of evidence."""

    user = UserOut(read_only=True)

    class Meta:
        model = Confirmation
        fields = ("user", "stance", "note", "created_at")
        read_only_fields = fields


class OutcomeIn(serializers.Serializer[Any]):
    """How a task ended, and the memories it used."""

    task = serializers.CharField(max_length=500)
    success = serializers.BooleanField()
    kind = Choice(choices=OutcomeKind.choices, required=False)
    occurred_at = Moment(required=False)
    memory_ids = serializers.ListField(
        child=serializers.UUIDField(), required=False, help_text="Up to 100."
    )


class OutcomeOut(serializers.ModelSerializer[Outcome]):
    """An outcome as it was reported."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    reporter = UserOut(read_only=True)
    memory_ids = serializers.SerializerMethodField()

    class Meta:
        model = Outcome
        fields = (
            "id", "reporter", "task", "success", "kind", "occurred_at", "memory_ids", "created_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_memory_ids(self, outcome: Outcome) -> list[str]:
        """The ids as they were named."""
        return [str(use.named) for use in outcome.uses.all()]
