"""Who asks: a user, with what the credential lets it do. Made once per request."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib.auth import get_user_model

from apps.audit.services.events import By

if TYPE_CHECKING:
    from apps.accounts.models import AgentToken, User

EVERY_SCOPE = frozenset({"read", "write", "review", "manage"})


@dataclass(frozen=True, slots=True)
class Actor:
    """One user behind one credential.

    Attributes:
        user: the person or agent that acts.
        principal: the person answering: the agent's owner, or the person.
        scopes: what the credential allows; agents never review or manage.
        token: the token used; None for a session.
        token_spaces: public ids the token is limited to; None for no limit.
        cache: what rooms resolved for this request, e.g. visible spaces.
    """

    user: "User"
    principal: "User"
    scopes: frozenset[str]
    token: "AgentToken | None" = None
    token_spaces: frozenset[UUID] | None = None
    cache: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def credential(self) -> str:
        """Name of the credential: the token's public id, or "session"."""
        return str(self.token.public_id) if self.token else "session"

    @property
    def by(self) -> By:
        """This actor as the audit names it."""
        return By(
            actor=self.user.public_id,
            owner=self.principal.public_id,
            token=self.token.public_id if self.token else None,
            organisation=self._organisation(),
        )

    @property
    def audits(self) -> UUID | None:
        """Public id of the organisation whose audit this actor reads: an auditor or administrator,
        in person or by a token of their own, never by an agent."""
        person = get_user_model().objects.filter(pk=self.user.pk)
        roles = person.filter(membership__role__in=("auditor", "admin"))
        found = roles.values_list("membership__organisation__public_id", flat=True).first()
        organisation: UUID | None = found
        return organisation

    @property
    def administers(self) -> UUID | None:
        """Public id of the organisation whose people this actor may switch off and on: an
        administrator, in person or by a token that is not limited to spaces."""
        if self.token_spaces is not None:
            return None
        person = get_user_model().objects.filter(pk=self.user.pk, membership__role="admin")
        found = person.values_list("membership__organisation__public_id", flat=True).first()
        organisation: UUID | None = found
        return organisation

    def _organisation(self) -> UUID | None:
        """Public id of the organisation; spaces puts it in the cache with the visible spaces."""
        if "organisation_public_id" not in self.cache:
            person = get_user_model().objects.filter(pk=self.principal.pk)
            found = person.values_list("membership__organisation__public_id", flat=True).first()
            self.cache["organisation_public_id"] = found
        organisation: UUID | None = self.cache["organisation_public_id"]
        return organisation


def of_user(user: "User") -> Actor:
    """The actor of a session or of a job that acts for `user`."""
    return _actor(user, EVERY_SCOPE)


def of_token(token: "AgentToken") -> Actor:
    """The actor of a token whose `user` and `user.owner` are loaded."""
    spaces = None if token.spaces is None else frozenset(token.spaces)
    return _actor(token.user, frozenset(token.scopes), token, spaces)


def _actor(
    user: "User",
    scopes: frozenset[str],
    token: "AgentToken | None" = None,
    spaces: frozenset[UUID] | None = None,
) -> Actor:
    if user.is_agent:
        owner = user.owner
        assert owner is not None, "a constraint gives every agent an owner"  # noqa: S101
        return Actor(user, owner, scopes - {"review", "manage"}, token, spaces)
    return Actor(user, user, scopes, token, spaces)
