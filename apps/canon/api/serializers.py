"""Shapes of documents, revisions, proposals and rules."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.accounts.api.serializers import UserOut
from apps.canon.core import rendering
from apps.canon.core.documents import LARGEST
from apps.canon.core.front import split
from apps.canon.models import (
    ChangeProposal,
    Comment,
    Document,
    Mirror,
    PushState,
    ReviewRules,
    Revision,
)
from apps.canon.services import merging, reading
from apps.kernel.fields import Choice, LongText, Metadata

_SHA256 = r"^[0-9a-f]{64}$"


class SpaceRef(serializers.Serializer[Any]):
    """A shared space as an answer names it."""

    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()


class CanonRevisionOut(serializers.ModelSerializer[Revision]):
    """One immutable state of a document, without its words."""

    document = serializers.UUIDField(source="document.public_id", read_only=True)
    proposal = serializers.UUIDField(source="proposal.public_id", read_only=True)
    author = serializers.UUIDField(source="witness.author", read_only=True)
    merged_by = serializers.UUIDField(source="witness.merged_by", read_only=True)
    approvers = serializers.ListField(
        source="witness.approvers", child=serializers.UUIDField(), read_only=True
    )

    class Meta:
        model = Revision
        fields = (
            "document", "number", "sha256", "retires", "title", "description", "tags",
            "owner_team", "effective_from", "effective_to", "proposal", "author", "approvers",
            "merged_by", "merged_at",
        )  # fmt: skip
        read_only_fields = fields


class WholeRevisionOut(CanonRevisionOut):
    """A revision with its words: the file as it is, and its body as sanitised HTML."""

    front_matter = Metadata(source="matter", read_only=True)
    html = serializers.SerializerMethodField()

    class Meta(CanonRevisionOut.Meta):
        fields = (*CanonRevisionOut.Meta.fields, "content", "front_matter", "html")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]

    def get_html(self, revision: Revision) -> str:
        """The body, rendered and sanitised."""
        return rendering.html(split(revision.content)[1])


class DocumentOut(serializers.ModelSerializer[Document]):
    """A document with what its newest revision says about it."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    space = SpaceRef(read_only=True)
    head = CanonRevisionOut(read_only=True, help_text="The newest revision.")

    class Meta:
        model = Document
        fields = ("id", "space", "path", "head", "retired_at", "created_at")
        read_only_fields = fields


class OneDocumentOut(DocumentOut):
    """A document with the revision that was asked for."""

    revision = serializers.SerializerMethodField()

    class Meta(DocumentOut.Meta):
        fields = (*DocumentOut.Meta.fields, "revision")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]

    @extend_schema_field(WholeRevisionOut)
    def get_revision(self, _: Document) -> Any:
        """As the question named it: by hash, by moment, or the newest."""
        return WholeRevisionOut(self.context["revision"]).data


class ProposalIn(serializers.Serializer[Any]):
    """Propose a new document, other words for one that is there, or its end."""

    space = serializers.UUIDField()
    path = serializers.CharField(
        max_length=200, default="", allow_blank=True, help_text="Made of the title if left out."
    )
    content = LongText(
        default="", allow_blank=True, trim_whitespace=False,
        help_text=f"Front matter and Markdown, at most {LARGEST:,} bytes.",
    )  # fmt: skip
    title = serializers.CharField(max_length=200, default="", allow_blank=True)
    reason = serializers.CharField(default="", allow_blank=True)
    memories = serializers.ListField(child=serializers.UUIDField(), default=list)
    retire = serializers.BooleanField(default=False)
    origin = Choice(choices=["edit", "upload"], default="edit")


class ProposalPatch(serializers.Serializer[Any]):
    """Other bytes."""

    content = LongText(trim_whitespace=False)
    expected_sha256 = serializers.RegexField(_SHA256, default="", help_text="The bytes you read.")


class ApproveProposalIn(serializers.Serializer[Any]):
    """The hash of the bytes you read."""

    sha256 = serializers.RegexField(_SHA256)


class MergeProposalIn(serializers.Serializer[Any]):
    """The hash of the bytes you mean; without it those that are there."""

    sha256 = serializers.RegexField(_SHA256, default="")


class CommentIn(serializers.Serializer[Any]):
    """What you have to say."""

    text = serializers.CharField()


class WithdrawIn(serializers.Serializer[Any]):
    """Why; a reviewer who rejects must say so."""

    reason = serializers.CharField(default="", allow_blank=True)


class CommentOut(serializers.ModelSerializer[Comment]):
    """A turn in the discussion."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    author = UserOut(read_only=True)

    class Meta:
        model = Comment
        fields = ("id", "author", "text", "created_at")
        read_only_fields = fields


class ChangeProposalOut(serializers.ModelSerializer[ChangeProposal]):
    """A proposal, without its words."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    space = SpaceRef(read_only=True)
    document = serializers.UUIDField(source="document.public_id", read_only=True, allow_null=True)
    author = UserOut(read_only=True)
    decided_by = UserOut(read_only=True, allow_null=True)

    class Meta:
        model = ChangeProposal
        fields = (
            "id", "space", "document", "change", "origin", "path", "sha256", "reason", "author",
            "status", "decided_by", "decision", "created_at", "updated_at", "decided_at",
        )  # fmt: skip
        read_only_fields = fields


class CheckOut(serializers.Serializer[Any]):
    """A check: its stable code, whether it holds, and what does not."""

    code = serializers.CharField()
    ok = serializers.BooleanField()
    detail = serializers.CharField(allow_blank=True)


class ApprovalOut(serializers.Serializer[Any]):
    """Somebody's word for bytes; `counts` while these are the proposal's."""

    person = UserOut()
    sha256 = serializers.CharField()
    counts = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class OneProposalOut(ChangeProposalOut):
    """A proposal with its words, what they change, the discussion and what is missing."""

    base = serializers.CharField(source="base.sha256", default=None, allow_null=True)
    diff = serializers.SerializerMethodField()
    checks = serializers.SerializerMethodField()
    approvals = serializers.SerializerMethodField()
    approvals_missing = serializers.SerializerMethodField()
    owners_missing = serializers.SerializerMethodField()
    ready = serializers.SerializerMethodField()
    comments = CommentOut(many=True, read_only=True)
    sources = serializers.SerializerMethodField()

    class Meta(ChangeProposalOut.Meta):
        fields = (  # type: ignore[assignment]
            *ChangeProposalOut.Meta.fields, "base", "content", "diff", "checks", "approvals",
            "approvals_missing", "owners_missing", "ready", "comments", "sources",
        )  # fmt: skip
        read_only_fields = fields  # type: ignore[assignment]

    @property
    def _readiness(self) -> merging.Readiness:
        found: merging.Readiness = self.context["readiness"]
        return found

    def get_diff(self, proposal: ChangeProposal) -> str:
        """As `diff -u` writes it, against the revision it was written against."""
        return reading.difference(proposal)

    @extend_schema_field(CheckOut(many=True))
    def get_checks(self, _: ChangeProposal) -> Any:
        """All of them must hold before a merge."""
        return CheckOut(self._readiness.checks, many=True).data

    @extend_schema_field(ApprovalOut(many=True))
    def get_approvals(self, proposal: ChangeProposal) -> Any:
        """Those of other bytes, too."""
        rows = list(proposal.approvals.select_related("person"))
        counted = self._readiness.standing.counted
        return ApprovalOut(
            [
                {
                    "person": row.person,
                    "sha256": row.sha256,
                    "counts": row.sha256 == proposal.sha256 and row.person.public_id in counted,
                    "created_at": row.created_at,
                }
                for row in rows
            ],
            many=True,
        ).data

    def get_approvals_missing(self, _: ChangeProposal) -> int:
        """People who must still approve."""
        return self._readiness.standing.missing

    @extend_schema_field(serializers.ListField(child=serializers.UUIDField()))
    def get_owners_missing(self, _: ChangeProposal) -> Any:
        """People of whom one must still approve, since they answer for the path."""
        return [str(one) for one in self._readiness.standing.owners]

    def get_ready(self, proposal: ChangeProposal) -> bool:
        """Whether a reviewer may merge it now."""
        return proposal.is_open and self._readiness.ready

    @extend_schema_field(serializers.ListField(child=serializers.UUIDField()))
    def get_sources(self, _: ChangeProposal) -> Any:
        """Memories it was made from, those that the asker reads."""
        return [str(one) for one in self.context["sources"]]


class RulesIn(serializers.Serializer[Any]):
    """What a space asks of changes from now on."""

    space = serializers.UUIDField()
    values = Metadata(help_text="`approvals` and `owners`, see docs/howto/canon.md.")
    reason = serializers.CharField()


class RulesOut(serializers.ModelSerializer[ReviewRules]):
    """One version of a space's rules."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    space = SpaceRef(read_only=True)
    values = Metadata(read_only=True)
    author = UserOut(read_only=True, allow_null=True)

    class Meta:
        model = ReviewRules
        fields = ("id", "space", "version", "values", "reason", "author", "created_at")
        read_only_fields = fields


class MirrorOut(serializers.ModelSerializer[Mirror]):
    """How far the git repository of a space is, and its remote; heads are ids of commits."""

    space = SpaceRef(read_only=True)
    push_state = serializers.ChoiceField(choices=PushState.choices, read_only=True)

    class Meta:
        model = Mirror
        fields = (
            "space", "position", "head", "mirrored_at", "push_state", "pushed", "pushed_at",
            "push_error", "push_due", "request_url",
        )  # fmt: skip
        read_only_fields = fields
