"""Request limits by credential, counted in Redis; 429 carries `Retry-After` and names the limit."""

import time
from typing import TYPE_CHECKING, cast

import structlog
from django.conf import settings
from redis.exceptions import RedisError
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from apps.kernel import counters
from apps.kernel.addresses import client_address

if TYPE_CHECKING:  # the settings import this while DRF's views are still loading
    from rest_framework.views import APIView

    from apps.accounts.actors import Actor

logger = structlog.get_logger(__name__)

_WINDOW_SECONDS = 60
FAILED_TOKENS = 100  # a minute, of one address


class PerCredentialThrottle(BaseThrottle):
    """One counter per token (or person, or address for strangers) and minute.

    A counter instead of DRF's list of time stamps: one round trip, whatever the rate.
    Without Redis requests pass: a limit is no reason to refuse what the database can serve.
    """

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Always true.

        Raises:
            Throttled: the limit of this minute is used up.
        """
        limit, whose = limit_of(request)
        used = _hit(f"throttle:{ident_of(request)}")
        if used > limit:
            raise _refusal(f"The limit of {limit:,} requests a minute for this {whose} is used up.")
        return True


def count_failed_token(request: Request) -> None:
    """Count a token that did not work against its address; one that works never counts.

    So an office behind one address goes on working while somebody there guesses.

    Raises:
        Throttled: more than 100 of this address in this minute.
    """
    used = _hit(f"failed-token:{client_address(request)}")
    if used > FAILED_TOKENS:
        raise _refusal(f"More than {FAILED_TOKENS} failed tokens a minute from this address.")


def limit_of(request: Request) -> tuple[int, str]:
    """Requests a minute that the asker may make, and what the limit is of: the token's own, when
    it has one, but no more than the hub's."""
    actor = cast("Actor | None", request.auth)
    most: int = settings.RATE_LIMIT_PER_MINUTE
    if actor is None:
        return most, "address"
    if actor.token is None:
        return most, "person"
    own = actor.token.rate_limit
    return (most if own is None else min(own, most)), "token"


def ident_of(request: Request) -> str:
    """Who is counted: a token, a person, or for strangers an address."""
    actor = cast("Actor | None", request.auth)
    if actor is None:
        return f"address:{client_address(request)}"
    return f"token:{actor.token.pk}" if actor.token else f"user:{actor.user.pk}"


def _hit(key: str) -> int:
    """Which one of this minute it is; 0 without Redis."""
    minute = int(time.time()) // _WINDOW_SECONDS
    try:
        return counters.hit(f"{key}:{minute}", seconds=2 * _WINDOW_SECONDS)[0]
    except RedisError as error:
        logger.warning("throttle_unavailable", error=type(error).__name__)
        return 0


def _refusal(detail: str) -> Throttled:
    return Throttled(wait=_WINDOW_SECONDS - time.time() % _WINDOW_SECONDS, detail=detail)
