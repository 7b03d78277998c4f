"""From a credential to an Actor: `request.user` is the user, `request.auth` the Actor."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from apps.accounts import actors
from apps.accounts.models import User
from apps.accounts.services import credentials
from apps.accounts.throttling import count_failed_token
from apps.kernel import isolation


class TokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer mh_<key>.<secret>`; one and the same error for every failure, and
    429 when an address fails too often."""

    def authenticate(self, request: Request) -> tuple[User, actors.Actor] | None:
        header = request.headers.get("Authorization", "")
        if not header:
            return None
        scheme, _, presented = header.partition(" ")
        token = credentials.verify(presented.strip()) if scheme.lower() == "bearer" else None
        if token is None:
            count_failed_token(request)
            raise AuthenticationFailed("Invalid or expired token.", "invalid_token")
        isolation.enter(user=token.user.pk, token=token.pk)
        return token.user, actors.of_token(token)

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="memoryhub"'


class SessionAuthentication(authentication.SessionAuthentication):
    """A person signed in at the desk; unsafe methods need the CSRF token."""

    def authenticate(self, request: Request) -> tuple[User, actors.Actor] | None:
        result = super().authenticate(request)
        if result is None:
            return None
        user: Any = result[0]
        isolation.enter(user=user.pk)
        return user, actors.of_user(user)


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI document names the token."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "mh_<key>.<secret>"}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The desk's session cookie."""

    target_class = SessionAuthentication
    name = "session"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}
