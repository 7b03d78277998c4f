"""Shapes of people, agents and tokens."""

from rest_framework import serializers

from apps.accounts.models import AgentToken, Scope, User
from apps.kernel.fields import Moment


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
        child=serializers.ChoiceField(choices=Scope.choices), allow_empty=False, max_length=4
    )
    spaces = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        allow_null=True,
        max_length=1000,
        help_text="Limit the token to these spaces; empty for no limit.",
    )
    expires_at = Moment(required=False, allow_null=True)


class TokenOut(serializers.ModelSerializer[AgentToken]):
    """A token without its secret."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    user = UserOut(read_only=True)

    class Meta:
        model = AgentToken
        fields = (
            "id", "name", "key", "user", "scopes", "spaces", "created_at", "expires_at",
            "revoked_at", "last_used_at",
        )  # fmt: skip
        read_only_fields = fields


class TokenIssuedOut(TokenOut):
    """A token right after it was made: the only time its secret is shown."""

    token = serializers.CharField(read_only=True)

    class Meta(TokenOut.Meta):
        fields = (*TokenOut.Meta.fields, "token")  # type: ignore[assignment]
