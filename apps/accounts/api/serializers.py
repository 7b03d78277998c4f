"""Shapes of people, agents and tokens."""

from typing import Any

from django.conf import settings
from rest_framework import serializers

from apps.accounts.models import AgentToken, Scope, User
from apps.accounts.services.tokens import LONGEST_OVERLAP
from apps.kernel.fields import Choice, Moment

_LONGEST_OVERLAP = int(LONGEST_OVERLAP.total_seconds()) // 60


class UserOut(serializers.ModelSerializer[User]):
    """A person or an agent, as far as anybody may know."""

    id = serializers.UUIDField(source="public_id", read_only=True)

    class Meta:
        model = User
        fields = ("id", "kind", "name")
        read_only_fields = fields


class AgentIn(serializers.Serializer[User]):
    """A new agent of the asker."""

    name = serializers.CharField(max_length=120)


class AgentPatch(serializers.Serializer[User]):
    """Switch an agent off or on."""

    is_active = serializers.BooleanField(
        help_text="False revokes the agent's tokens at once; true does not bring them back."
    )


class PersonOut(UserOut):
    """Somebody of the organisation, for its administrators."""

    class Meta(UserOut.Meta):
        fields = ("id", "kind", "name", "email", "is_active", "created_at")  # type: ignore[assignment]


class StoppedOut(serializers.Serializer[Any]):
    """What a deactivation ended. Sessions are not counted: all of them ended."""

    person = PersonOut()
    agents = serializers.IntegerField(help_text="Agents switched off with the person.")
    tokens = serializers.IntegerField(help_text="Tokens revoked, of the person and the agents.")
    runs = serializers.IntegerField(help_text="Curation runs of the person's that end.")


class AgentOut(UserOut):
    """One of the asker's agents."""

    owner = serializers.UUIDField(source="owner.public_id", read_only=True)

    class Meta(UserOut.Meta):
        fields = ("id", "kind", "name", "owner", "is_active", "created_at")  # type: ignore[assignment]


class TokenIn(serializers.Serializer[AgentToken]):
    """A new token, for the asker or for one of the asker's agents."""

    name = serializers.CharField(max_length=120)
    agent = serializers.UUIDField(
        required=False, allow_null=True, help_text="One of your agents; empty for yourself."
    )
    scopes = serializers.ListField(
        child=Choice(choices=Scope.choices), allow_empty=False, max_length=4
    )
    spaces = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        allow_null=True,
        max_length=1000,
        help_text="Limit the token to these spaces; empty for no limit.",
    )
    expires_at = Moment(required=False, allow_null=True)
    rate_limit = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=settings.RATE_LIMIT_PER_MINUTE,
        help_text="Requests a minute; empty for the hub's own limit, which is the most.",
    )


class TokenPatch(serializers.Serializer[AgentToken]):
    """Another limit for a token."""

    rate_limit = serializers.IntegerField(
        allow_null=True, min_value=1, max_value=settings.RATE_LIMIT_PER_MINUTE
    )


class RotateIn(serializers.Serializer[AgentToken]):
    """How an old token and the new one follow each other."""

    overlap_minutes = serializers.IntegerField(
        default=60,
        min_value=0,
        max_value=_LONGEST_OVERLAP,
        help_text="How long the old one works on, at most to its own end; 0 revokes it at once.",
    )
    expires_at = Moment(
        required=False,
        allow_null=True,
        help_text="Of the new one; empty gives it as long as the old one was given.",
    )


class TokenOut(serializers.ModelSerializer[AgentToken]):
    """A token without its secret."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    user = UserOut(read_only=True)
    replaces = serializers.UUIDField(
        source="replaces.public_id",
        read_only=True,
        allow_null=True,
        default=None,
        help_text="The token that this one was made from by rotation.",
    )

    class Meta:
        model = AgentToken
        fields = (
            "id", "name", "key", "user", "scopes", "spaces", "rate_limit", "replaces", "created_at",
            "expires_at", "revoked_at", "last_used_at",
        )  # fmt: skip
        read_only_fields = fields


class TokenIssuedOut(TokenOut):
    """A token right after it was made: the only time its secret is shown."""

    token = serializers.CharField(read_only=True)

    class Meta(TokenOut.Meta):
        fields = (*TokenOut.Meta.fields, "token")  # type: ignore[assignment]
