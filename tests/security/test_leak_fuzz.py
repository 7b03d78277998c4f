"""Random people, spaces, grants and memories; every route asked by everybody; nothing leaks.

`LEAK_STEPS=10000 make test ARGS="-k leak_fuzz"` looks deeper (default 300 steps), `LEAK_SEED=7`
looks elsewhere. A failure tells the shortest story that was found within two minutes: what
happened, who asked what, which word or id the answer shows, and who could know it. What may be
known stands in `leaks/oracle.py`.
"""

import logging
import os
from collections.abc import Iterator
from typing import Any

import pytest

from apps.memories.querysets import MemoryQuerySet
from apps.spaces.querysets import SpaceQuerySet
from tests.security.leaks.asking import Leak
from tests.security.leaks.story import fuzz

STEPS = int(os.environ.get("LEAK_STEPS", "300"))
SEED = int(os.environ.get("LEAK_SEED", "0"))


@pytest.fixture(autouse=True)
def _so_many_requests(settings: Any) -> Iterator[None]:
    """No limit to questions, and no line in the log for each."""
    settings.RATE_LIMIT_PER_MINUTE = 10**9
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.slow
def test_nobody_is_told_what_is_not_theirs(db: None, record_property: Any) -> None:
    told = fuzz(steps=STEPS, seed=SEED)
    assert told.steps == STEPS
    assert told.answers >= 2 * STEPS
    # pages for administrators and auditors show the cast nothing: 0.249 with them at the desk
    assert told.shown >= told.answers / 5, "much of what is asked is the asker's to see"
    for name, value in vars(told).items():
        record_property(name, value)


@pytest.mark.slow
def test_without_the_application_s_filter_the_database_keeps_it(
    db: None, request: pytest.FixtureRequest
) -> None:
    """Row-level security alone shows nobody words of a space that is not theirs."""
    try:
        request.getfixturevalue("application_filter_off")
    except pytest.FixtureLookupError:
        pytest.skip("there is no row-level security yet")
    told = fuzz(steps=STEPS, seed=SEED, database_alone=True)
    assert told.steps == STEPS


@pytest.mark.slow
@pytest.mark.parametrize("open_to_all", [MemoryQuerySet, SpaceQuerySet])
def test_the_fuzz_finds_what_leaks(open_to_all: Any, db: None, monkeypatch: Any) -> None:
    """With one `visible_to` that shows everything somebody is told too much, and we are told who
    asked what. Outcomes and reports told to nobody even then: row-level security keeps them."""
    monkeypatch.setattr(open_to_all, "visible_to", lambda rows, actor: rows.all())
    with pytest.raises(Leak, match=r" asked (GET|POST|PATCH|DELETE|HEAD) /") as found:
        fuzz(steps=400, seed=SEED, shorten=False)
    assert " -> " in str(found.value)
