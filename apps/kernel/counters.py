"""Counters in Redis that forget by themselves: one round trip, however many are asked."""

from collections.abc import Sequence
from functools import lru_cache
from typing import cast

import redis
from django.conf import settings

_PREFIX = "memoryhub:count:"
# Counting and forgetting in one step: a counter without an end would refuse for ever.
_HIT = """
local counts = {}
for i, key in ipairs(KEYS) do
    counts[i] = redis.call('INCR', key)
    if counts[i] == 1 then redis.call('EXPIRE', key, ARGV[1]) end
end
return counts
"""


def hit(*keys: str, seconds: int) -> list[int]:
    """Count one more at every key and return the new counts; the first starts `seconds` to live.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    _, script = _connected(_url())
    return [int(count) for count in script(keys=_named(keys), args=[seconds])]


def read(*keys: str) -> list[int]:
    """The counts at the keys; 0 for one that is not there or has ended.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    client, _ = _connected(_url())
    found = cast("list[bytes | None]", client.mget(_named(keys)))
    return [int(count or 0) for count in found]


def mark(key: str, *, seconds: int) -> None:
    """Have `read` answer 1 at the key for so long.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    client, _ = _connected(_url())
    client.set(_PREFIX + key, 1, ex=seconds)


def forget(*keys: str) -> None:
    """Start again at 0.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    client, _ = _connected(_url())
    client.delete(*_named(keys))


def _named(keys: Sequence[str]) -> list[str]:
    return [_PREFIX + key for key in keys]


@lru_cache(maxsize=4)
def _connected(url: str) -> tuple[redis.Redis, redis.commands.core.Script]:
    """One pool a process; the pool minds forks and threads."""
    client = redis.Redis.from_url(url, socket_connect_timeout=1, socket_timeout=2)
    return client, client.register_script(_HIT)


def _url() -> str:
    return str(settings.CACHES["default"]["LOCATION"])
