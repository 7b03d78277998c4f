"""Turns at a backlog: bounded in time, few at once, and what is left is queued behind the rest."""

from collections.abc import Iterator

import pytest
import redis
from django.core.cache import cache

from apps.kernel import turns
from apps.kernel.turns import take_turn

TASK = "captures.distil"  # goes to the default queue


@pytest.fixture
def waiting(settings, transactional_db) -> Iterator[redis.Redis]:
    """Redis, with nobody at the backlog and nothing in the queue."""
    with redis.Redis.from_url(settings.CACHES["default"]["LOCATION"]) as queue:
        queue.delete("default")
        for place in range(3):
            cache.delete(f"turn:{TASK}:{place}")
        yield queue
        queue.delete("default")


def test_a_short_backlog_is_worked_off_in_one_turn(waiting):
    steps = iter([50, 50, 7, 0])
    take_turn(TASK, lambda: next(steps))
    assert next(steps, "all asked") == "all asked"
    assert waiting.llen("default") == 0


def test_a_long_one_goes_on_behind_what_waits(waiting, monkeypatch):
    monkeypatch.setattr(turns, "TURN_SECONDS", 0.0)
    waiting.rpush("default", "something else")
    steps = iter([50, 50])
    take_turn(TASK, lambda: next(steps))
    assert list(steps) == [50], "one step, and the turn was over"
    first_out, last_out = waiting.lrange("default", 0, -1)[::-1]  # taken from the right
    assert first_out == b"something else"
    assert TASK.encode() in last_out


def test_who_comes_while_enough_are_at_it_ends_at_once(waiting):
    began: list[int] = []

    def step() -> int:
        began.append(len(began))
        if len(began) <= 3:
            take_turn(TASK, step, at_once=2)
        return 0

    take_turn(TASK, step, at_once=2)
    assert began == [0, 1], "the third found both places taken"
    take_turn(TASK, step, at_once=2)
    assert began == [0, 1, 2, 3], "both places are free afterwards"
    assert waiting.llen("default") == 0


def test_a_step_that_fails_frees_its_place(waiting):
    with pytest.raises(ZeroDivisionError):
        take_turn(TASK, lambda: 1 // 0)
    done = []
    take_turn(TASK, lambda: done.append(1))
    assert done == [1]


def test_the_place_of_a_killed_worker_lapses(waiting, settings):
    seen = []
    take_turn(TASK, lambda: seen.append(waiting.ttl(cache.make_key(f"turn:{TASK}:0"))))
    assert 0 < seen[0] <= 60
