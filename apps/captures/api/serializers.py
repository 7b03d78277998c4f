"""Shapes of `/captures`."""

from collections import Counter
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.accounts.api.serializers import UserOut
from apps.captures.models import Capture, CaptureChunk, ChunkState
from apps.captures.services.captures import About
from apps.kernel.fields import LongText, Moment

LARGEST_OFFSET = 2**40


class CaptureIn(serializers.Serializer[Any]):
    """A transcript, or the beginning of one that is uploaded in parts."""

    text = LongText(
        required=False,
        allow_blank=True,
        trim_whitespace=False,
        help_text="All of it, up to 2 MiB in UTF-8. Without it an empty capture is made, for"
        " parts.",
    )
    session_id = serializers.CharField(required=False, allow_blank=True, max_length=200)
    title = serializers.CharField(required=False, allow_blank=True, max_length=200)
    occurred_at = Moment(required=False, allow_null=True, help_text="Of the session; default: now.")

    @staticmethod
    def about(data: dict[str, Any]) -> About:
        """What is said beside the bytes."""
        return About(**{name: value for name, value in data.items() if name != "text"})


class PartIn(serializers.Serializer[Any]):
    """Where a part begins."""

    offset = serializers.IntegerField(min_value=0, max_value=LARGEST_OFFSET)


class CompleteIn(serializers.Serializer[Any]):
    """The end of an upload."""

    sha256 = serializers.RegexField(
        r"\A[0-9a-fA-F]{64}\Z",
        required=False,
        help_text="Of all bytes, in hex; other bytes answer 400.",
    )


class ChunkOut(serializers.ModelSerializer[CaptureChunk]):
    """A stretch that could not be distilled."""

    class Meta:
        model = CaptureChunk
        fields = ("number", "start", "end", "cursor", "error")
        read_only_fields = fields


class CaptureOut(serializers.ModelSerializer[Capture]):
    """A transcript, without its words."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    space = serializers.UUIDField(source="space.public_id", read_only=True)
    author = UserOut(read_only=True)
    same_as = serializers.UUIDField(
        source="same_as.public_id",
        allow_null=True,
        default=None,
        read_only=True,
        help_text="An earlier capture of the same bytes, which was distilled.",
    )

    class Meta:
        model = Capture
        fields = (
            "id", "space", "author", "session_id", "title", "state", "size", "sha256", "same_as",
            "occurred_at", "created_at", "completed_at",
        )  # fmt: skip
        read_only_fields = fields


class OneCaptureOut(CaptureOut):
    """A transcript and what became of it."""

    counts = serializers.SerializerMethodField(
        help_text="memories: new ones. repeated: known before. left_out.<code>: what the screen"
        " kept from becoming a memory."
    )
    chunks = serializers.SerializerMethodField(help_text="By state.")
    waiting_for = serializers.SerializerMethodField(
        help_text="Chunks that were put off, by error code: model_unavailable, model_budget_spent,"
        " read_only. They are tried again by themselves."
    )
    aside = serializers.SerializerMethodField(help_text="Those that could not be distilled.")

    class Meta(CaptureOut.Meta):
        fields = (  # type: ignore[assignment]
            *CaptureOut.Meta.fields, "counts", "chunks", "waiting_for", "aside",
        )  # fmt: skip

    @extend_schema_field(serializers.DictField(child=serializers.IntegerField()))
    def get_counts(self, capture: Capture) -> dict[str, int]:
        """Over all chunks."""
        total: Counter[str] = Counter()
        for chunk in capture.chunks.all():
            total.update(chunk.counts)
        return dict(total)

    @extend_schema_field(serializers.DictField(child=serializers.IntegerField()))
    def get_chunks(self, capture: Capture) -> dict[str, int]:
        """How many are in which state."""
        return dict(Counter(chunk.state for chunk in capture.chunks.all()))

    @extend_schema_field(serializers.DictField(child=serializers.IntegerField()))
    def get_waiting_for(self, capture: Capture) -> dict[str, int]:
        """Why chunks wait, where it is not just their turn."""
        put_off = (chunk for chunk in capture.chunks.all() if chunk.state == ChunkState.WAITING)
        return dict(Counter(chunk.error for chunk in put_off if chunk.error))

    @extend_schema_field(ChunkOut(many=True))
    def get_aside(self, capture: Capture) -> Any:
        """Named, so that somebody can look."""
        aside = [chunk for chunk in capture.chunks.all() if chunk.state == ChunkState.ASIDE]
        return ChunkOut(aside, many=True).data
