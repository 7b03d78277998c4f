"""Shapes of people, agents and tokens."""

from typing import Any

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
