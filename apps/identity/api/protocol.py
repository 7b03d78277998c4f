"""What every SCIM view shares: the directory's token, JSON of its own type, errors of its own form.

Source: RFC 7644, sections 2, 3.1 and 3.12.
"""

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, cast
from uuid import UUID

import structlog
from django.conf import settings
from django.core.cache import cache
from django.db import IntegrityError
from django.http import Http404
from pydantic import ValidationError
from redis.exceptions import RedisError
from rest_framework import authentication, exceptions, permissions, renderers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView
from scim2_models import Error, SCIMException, ScimPolicy

from apps.audit.services import events
from apps.audit.services.events import By
from apps.identity.models import ScimToken
from apps.identity.services import scim_tokens
from apps.kernel import errors
from apps.kernel.parsers import JSONParser
from apps.spaces.models import Organisation

logger = structlog.get_logger(__name__)

# As Okta and Microsoft Entra really send it: attributes nobody declared, a `value` with a remove,
# a path filter that fits nothing yet.
LENIENT = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)
_KEYWORDS = {400: "invalidValue", 409: "uniqueness"}


class ScimParser(JSONParser):
    media_type = "application/scim+json"


class ScimRenderer(renderers.JSONRenderer):
    media_type = "application/scim+json"


class ScimAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer mhs_<key>.<secret>`: nobody's session and no agent's token counts."""

    def authenticate(self, request: Request) -> tuple[None, ScimToken] | None:
        scheme, _, presented = request.headers.get("Authorization", "").partition(" ")
        if not scheme:
            return None
        token = scim_tokens.verify(presented.strip()) if scheme.lower() == "bearer" else None
        if token is None:
            scim_tokens.refused(presented.strip())
            raise exceptions.AuthenticationFailed("Invalid or expired token.")
        return None, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="memoryhub scim"'


class HasDirectory(permissions.BasePermission):
    """A directory's token; it reaches everything of its own organisation and nothing else."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.auth, ScimToken)


class PerDirectory(BaseThrottle):
    """The limit of all credentials, per token; by address for those without one."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        token = request.auth
        asker = f"scim:{token.pk}" if isinstance(token, ScimToken) else self.get_ident(request)
        key = f"throttle:{asker}:{int(time.time()) // 60}"
        try:
            cache.add(key, 0, 120)
            return bool(cache.incr(key) <= settings.RATE_LIMIT_PER_MINUTE)
        except (RedisError, ValueError) as error:
            logger.warning("throttle_unavailable", error=type(error).__name__)
            return True

    def wait(self) -> float:
        return 60 - time.time() % 60


class ScimView(APIView):
    """One endpoint. It is no part of the agents' API and of its OpenAPI document.

    `reads` is what it shows of an organisation, as events name it ("person"): each answer to a GET
    is on record before it is given. Empty where only the protocol is described.
    """

    reads = ""
    schema = None
    authentication_classes = (ScimAuthentication,)
    permission_classes = (HasDirectory,)
    throttle_classes = (PerDirectory,)
    parser_classes = (ScimParser, JSONParser)
    renderer_classes = (ScimRenderer, renderers.JSONRenderer)

    @property
    def organisation(self) -> Organisation:
        """The one organisation that the token is for."""
        return cast("ScimToken", self.request.auth).organisation

    @property
    def by(self) -> By:
        """The directory as the audit names it: the hub itself, by this token."""
        token = cast("ScimToken", self.request.auth)
        return By(token=token.public_id, organisation=token.organisation.public_id)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """After the checks, have what reads recorded."""
        super().initial(request, *args, **kwargs)
        method = (request.method or "").lower()
        handler = getattr(self, method, None)
        if self.reads and method in {"get", "head"} and handler is not None:
            setattr(self, method, partial(self._recorded, handler))

    def _recorded(
        self, handler: Callable[..., Response], request: Request, *args: Any, **kwargs: Any
    ) -> Response:
        response = handler(request, *args, **kwargs)
        told = response.data
        rows = told.get("Resources", [told])
        events.record(
            action=f"{self.reads}.read",
            by=self.by,
            object_type=self.reads,
            object_ids=[UUID(str(row["id"])) for row in rows],
            detail={"view": f"scim.{'retrieve' if 'id' in kwargs else 'list'}"},
        )
        return response

    def body(self) -> Mapping[str, Any]:
        """The request's object.

        Raises:
            Invalid: it is something else.
        """
        if not isinstance(self.request.data, dict):
            raise errors.Invalid("The body must be a JSON object.")
        return cast("Mapping[str, Any]", self.request.data)

    def address(self, path: str) -> str:
        """Address of a resource, for `meta.location`."""
        return self.request.build_absolute_uri(f"/scim/v2/{path}")

    def handle_exception(self, exc: Exception) -> Response:
        """Every error in SCIM's form. What is no error of the asker's is raised further."""
        error = _error(exc)
        if error is None:
            raise exc
        answer = Response(error.model_dump(), status=error.status)
        if isinstance(exc, exceptions.AuthenticationFailed | exceptions.NotAuthenticated):
            answer["WWW-Authenticate"] = self.get_authenticate_header(self.request)
        wait = getattr(exc, "wait", None)
        if isinstance(wait, int | float):
            answer["Retry-After"] = str(int(wait) + 1)
        answer.exception = True
        return answer


def _error(exc: Exception) -> Error | None:
    """None for what is no error of the asker's."""
    if isinstance(exc, SCIMException):
        return exc.to_error()
    if isinstance(exc, ValidationError):
        return Error.from_validation_error(exc.errors()[0])
    status, keyword, detail = _told(exc)
    return Error(status=status, scim_type=keyword, detail=detail) if status else None


def _told(exc: Exception) -> tuple[int, str | None, str]:
    """Status, keyword and sentence; status 0 for what is no error of the asker's."""
    if isinstance(exc, IntegrityError):
        return 409, "uniqueness", "Somebody else was faster."
    if isinstance(exc, errors.Error):
        return exc.status, _KEYWORDS.get(exc.status), exc.detail
    if isinstance(exc, Http404):
        return 404, None, "There is no such resource."
    if isinstance(exc, exceptions.NotAuthenticated):
        return 401, None, "A directory's token is needed."
    if isinstance(exc, exceptions.APIException):
        keyword = "invalidSyntax" if exc.status_code == 400 else None
        return exc.status_code, keyword, str(exc.detail)
    return 0, None, ""
