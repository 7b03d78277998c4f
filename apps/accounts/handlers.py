"""Errors of the API, with refusals on record.

What a refused request did is rolled back by now, so its event is in a transaction of its own.
"""

import time
from typing import cast
from uuid import UUID

import structlog
from django.db import DatabaseError, transaction
from redis.exceptions import RedisError
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.actors import Actor, of_token
from apps.accounts.models import AgentToken
from apps.accounts.services import credentials
from apps.accounts.throttling import ident_of
from apps.audit.services import events
from apps.kernel import counters, handlers

_EACH = 10  # refusals of one asker in one minute that have an event each
_WINDOW_SECONDS = 60

logger = structlog.get_logger(__name__)


class ExceptionHandler(handlers.ExceptionHandler):
    """403 leaves `access.deny`; a credential that does not work leaves `token.refuse`.

    A 404 leaves nothing: what one may not see is like what is not there, here too.
    """

    def report_exception(self, exc: exceptions.APIException, response: Response) -> None:
        super().report_exception(exc, response)
        refused = isinstance(exc, exceptions.AuthenticationFailed)
        if not refused and exc.status_code != 403:
            return
        request = self.context["request"]
        assert request is not None, "DRF gives it"  # noqa: S101
        count = _count(request)
        if not _worth_an_event(count):
            return
        detail: dict[str, object] = {
            "method": request.method,
            "route": _route(request),
            "in_this_minute": count,
        }
        try:
            with transaction.atomic():
                if refused:
                    _record_token(request, detail)
                else:
                    _record_denial(request, detail, response)
        except DatabaseError as error:  # the refusal itself stands
            logger.exception("denial_not_recorded", error=type(error).__name__, **detail)


def _record_denial(request: Request, detail: dict[str, object], response: Response) -> None:
    actor = cast("Actor | None", request.auth)
    named = (request.resolver_match.kwargs if request.resolver_match else {}).get("id")
    events.record(
        action="access.deny",
        by=actor.by if actor else events.SYSTEM,
        object_ids=[named] if isinstance(named, UUID) else [],
        reason=str(response.data["errors"][0]["code"]),
        detail=detail,
    )


def _record_token(request: Request, detail: dict[str, object]) -> None:
    """Who presented it is unknown; whose token it names is not. The rest of it is not kept."""
    presented = request.headers.get("Authorization", "").partition(" ")[2].strip()
    token: AgentToken | None = credentials.named_by(presented)
    organisation = of_token(token).by.organisation if token else None
    events.record(
        action="token.refuse",
        by=events.By(organisation=organisation),
        object_type="token",
        object_ids=[token.public_id] if token else [],
        detail=detail,
    )


def _route(request: Request) -> str:
    """As it is declared, without what the asker put into it."""
    return request.resolver_match.route if request.resolver_match else ""


def _count(request: Request) -> int:
    """Which refusal of this asker in this minute it is; 1 without Redis."""
    key = f"refusals:{ident_of(request)}:{int(time.time()) // _WINDOW_SECONDS}"
    try:
        return counters.hit(key, seconds=2 * _WINDOW_SECONDS)[0]
    except RedisError as error:
        logger.warning("refusals_uncounted", error=type(error).__name__)
        return 1


def _worth_an_event(count: int) -> bool:
    """The first ten, then the 100th, 1,000th and so on: a flood is on record, not the disk full."""
    return count <= _EACH or str(count).strip("0") == "1"
