"""Shapes of spaces, their members and of the asker.

Fields called `parent` hide no `Field.parent`: DRF's metaclass takes declared fields out of the
class, which mypy cannot know.
"""

from typing import Any

from rest_framework import serializers

from apps.accounts.api.serializers import UserOut
from apps.kernel.fields import Choice
from apps.spaces import access
from apps.spaces.models import Space, SpaceRole


class SpaceIn(serializers.Serializer[Space]):
    """A new team space."""

    name = serializers.CharField(max_length=120)
    parent = serializers.UUIDField(  # type: ignore[assignment]
        required=False, allow_null=True, help_text="Space above it; empty for the organisation."
    )


class SpaceOut(serializers.ModelSerializer[Space]):
    """A space the asker can read, and what the asker may do there."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    parent = serializers.SerializerMethodField()  # type: ignore[assignment]
    permissions = serializers.SerializerMethodField()

    class Meta:
        model = Space
        fields = ("id", "kind", "name", "parent", "read_only", "permissions", "created_at")
        read_only_fields = fields

    def get_parent(self, space: Space) -> str | None:
        """Public id of the space above, when the asker can see it."""
        known = access.of(self.context["actor"]).public_ids
        parent = known.get(space.parent_id) if space.parent_id else None
        return str(parent) if parent else None

    def get_permissions(self, space: Space) -> list[str]:
        """What the asker may do: some of read, write, review, manage."""
        resolved = access.of(self.context["actor"])
        return [name for name in access.PERMISSIONS if resolved.allows(name, space.pk)]


class MemberIn(serializers.Serializer[Any]):
    """A person of the organisation and the role to hold; an empty role takes it away."""

    email = serializers.EmailField()
    role = Choice(choices=SpaceRole.choices, allow_blank=True)


class MemberOut(serializers.Serializer[Any]):
    """Somebody with a role in a space."""

    person = UserOut(read_only=True)
    role = serializers.ChoiceField(choices=SpaceRole.choices, read_only=True)


class MePatch(serializers.Serializer[Any]):
    """A person's own choice."""

    share_for_promotion = serializers.BooleanField(
        allow_null=True,
        help_text="Whether curation may read your personal space; null follows the organisation.",
    )


class MeOut(serializers.Serializer[Any]):
    """Who asks, for whom, with which scopes, and where."""

    user = UserOut(read_only=True)
    owner = UserOut(read_only=True)
    scopes = serializers.ListField(child=serializers.CharField(), read_only=True)
    organisation = serializers.UUIDField(read_only=True, allow_null=True)
    organisation_role = serializers.CharField(read_only=True)
    personal_space = serializers.UUIDField(read_only=True, allow_null=True)
    share_for_promotion = serializers.BooleanField(
        read_only=True, allow_null=True, help_text="The person's own choice; null: none made."
    )
    shares_for_promotion = serializers.BooleanField(
        read_only=True,
        allow_null=True,
        help_text="What holds: the own choice, else the organisation's. Null without the space.",
    )
