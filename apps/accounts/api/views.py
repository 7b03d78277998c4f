"""`/agents` and `/tokens`: a person's own."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.actors import Actor
from apps.accounts.api.serializers import (
    AgentIn,
    AgentOut,
    AgentPatch,
    RotateIn,
    TokenIn,
    TokenIssuedOut,
    TokenOut,
    TokenPatch,
)
from apps.accounts.models import AgentToken, User
from apps.accounts.services import deactivation, tokens, users
from apps.audit.api.reads import RecordsReads
from apps.kernel import clock
from apps.kernel.errors import Forbidden, Invalid
from apps.kernel.views import BaseViewSet


class AgentViewSet(
    RecordsReads, mixins.ListModelMixin, mixins.RetrieveModelMixin, BaseViewSet[User]
):
    """Agents that the asker answers for."""

    reads = "agent"
    queryset = User.objects.agents().select_related("owner")
    serializer_class = AgentOut
    scopes = {"create": "manage", "partial_update": "manage"}

    @extend_schema(request=AgentIn, responses={201: AgentOut})
    def create(self, request: Request) -> Response:
        """Register an agent. Only people do this."""
        if self.actor.user.is_agent:
            raise Forbidden("Only people register agents.")
        data = self.parsed(AgentIn)
        agent = users.create_agent(owner=self.actor.user, name=data["name"], by=self.actor.by)
        return Response(AgentOut(agent).data, status=201)

    @extend_schema(request=AgentPatch, responses={200: AgentOut})
    def partial_update(self, request: Request, id: str) -> Response:
        """Switch an agent off, which revokes its tokens at once, or on, without tokens."""
        agent, on = self.get_object(), self.parsed(AgentPatch)["is_active"]
        switch = deactivation.reactivate if on else deactivation.deactivate
        switch(user=agent, by=self.actor.by)
        return Response(AgentOut(agent).data)


class TokenViewSet(
    RecordsReads, mixins.ListModelMixin, mixins.RetrieveModelMixin, BaseViewSet[AgentToken]
):
    """Tokens of the asker and of the asker's agents; revoked ones stay listed.

    Asked with a token: only those that may do no more than it.
    """

    reads = "token"
    queryset = AgentToken.objects.select_related("user", "replaces")
    serializer_class = TokenOut
    scopes = dict.fromkeys(
        ("list", "retrieve", "create", "partial_update", "rotate", "destroy"), "manage"
    )
    idempotent = False  # the secret is shown once and stored nowhere, also not for a replay

    @extend_schema(request=TokenIn, responses={201: TokenIssuedOut})
    def create(self, request: Request) -> Response:
        """Issue a token; its secret is in this answer and nowhere else."""
        data = self.parsed(TokenIn)
        if not _within(self.actor, data):
            raise Forbidden("A token cannot issue one that may do more than itself.")
        token, plain = tokens.issue(
            user=self._holder(data.get("agent")),
            name=data["name"],
            scopes=data["scopes"],
            spaces=data.get("spaces"),
            expires_at=data.get("expires_at"),
            rate_limit=data.get("rate_limit"),
            issued_by=self.actor.token,
            by=self.actor.by,
        )
        return Response({**TokenOut(token).data, "token": plain}, status=201)

    @extend_schema(request=TokenPatch, responses={200: TokenOut})
    def partial_update(self, request: Request, id: str) -> Response:
        """Let a token make more or fewer requests a minute; null for the hub's own limit."""
        token, wanted = self.get_object(), self.parsed(TokenPatch)
        if not _within(self.actor, {**_rights(token), **wanted}):
            raise Forbidden("A token cannot let one do more than itself.")
        changed = tokens.limit(token=token, rate_limit=wanted["rate_limit"], by=self.actor.by)
        return Response(TokenOut(changed).data)

    @extend_schema(request=RotateIn, responses={201: TokenIssuedOut})
    @action(detail=True, methods=["post"])
    def rotate(self, request: Request, id: str) -> Response:
        """A new token in place of this one, which works on for a while; shows its secret once."""
        token, data = self.get_object(), self.parsed(RotateIn)
        ends = data.get("expires_at") or tokens.lifetime_again(token, clock.now())
        if not _within(self.actor, {**_rights(token), "expires_at": ends}):
            raise Forbidden("A token cannot issue one that may do more than itself.")
        made, plain = tokens.rotate(
            token=token,
            overlap=timedelta(minutes=data["overlap_minutes"]),
            expires_at=ends,
            issued_by=self.actor.token,
            by=self.actor.by,
        )
        return Response({**TokenOut(made).data, "token": plain}, status=201)

    @extend_schema(responses={200: TokenOut})
    def destroy(self, request: Request, id: str) -> Response:
        """Revoke a token at once, and the tokens it issued."""
        token = tokens.revoke(token=self.get_object(), by=self.actor.by)
        return Response(TokenOut(token).data)

    def _holder(self, agent_id: UUID | None) -> User:
        if agent_id is None:
            user: User = self.actor.user
            return user
        visible = User.objects.visible_to(self.actor).agents()
        agent: User | None = visible.filter(public_id=agent_id).first()
        if agent is None:
            raise Invalid("You have no such agent.", attr="agent")
        return agent


def _within(actor: Actor, wanted: dict[str, Any]) -> bool:
    """Whether the token asked for has no more scopes, spaces, time or requests than the asker's."""
    if actor.token is None:
        return True
    scopes, spaces = set(wanted["scopes"]), wanted.get("spaces")
    return (
        scopes <= actor.scopes
        and (
            actor.token_spaces is None or (spaces is not None and set(spaces) <= actor.token_spaces)
        )
        and _no_more(wanted.get("expires_at"), actor.token.expires_at)
        and _no_more(wanted.get("rate_limit"), actor.token.rate_limit)
    )


def _no_more(wanted: Any, own: Any) -> bool:
    """Whether `wanted` stays within `own`; None is without end."""
    return own is None or (wanted is not None and wanted <= own)


def _rights(token: AgentToken) -> dict[str, Any]:
    """What the token may do, as TokenIn says it."""
    return {
        "scopes": token.scopes,
        "spaces": token.spaces,
        "expires_at": token.expires_at,
        "rate_limit": token.rate_limit,
    }
