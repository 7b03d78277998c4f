"""Request limits by credential, counted in Redis; 429 carries `Retry-After`."""

import time
from typing import TYPE_CHECKING, cast

import structlog
from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

if TYPE_CHECKING:  # the settings import this while DRF's views are still loading
    from rest_framework.views import APIView

    from apps.accounts.actors import Actor

logger = structlog.get_logger(__name__)


class PerCredentialThrottle(BaseThrottle):
    """One counter per token (or person, or address for strangers) and minute.

    A counter instead of DRF's list of time stamps: one round trip, whatever the rate.
    Without Redis requests pass: a limit is no reason to refuse what the database can serve.
    """

    _window_seconds = 60

    def allow_request(self, request: Request, view: "APIView") -> bool:
        key = f"throttle:{ident_of(request)}:{int(time.time()) // self._window_seconds}"
        try:
            cache.add(key, 0, 2 * self._window_seconds)
            used = cache.incr(key)
        except (RedisError, ValueError) as error:
            logger.warning("throttle_unavailable", error=str(error))
            return True
        return used <= settings.RATE_LIMIT_PER_MINUTE

    def wait(self) -> float:
        return self._window_seconds - time.time() % self._window_seconds


def ident_of(request: Request) -> str:
    """Who is counted: a token, a person, or for strangers an address."""
    actor = cast("Actor | None", request.auth)
    if actor is None:
        return f"address:{BaseThrottle().get_ident(request)}"
    return f"token:{actor.token.pk}" if actor.token else f"user:{actor.user.pk}"
