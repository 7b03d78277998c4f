"""The functions that keep their plan answer what their statements answer, and under isolation."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import connection

from apps.accounts.actors import of_user
from apps.kernel import clock, isolation
from apps.memories.models import Memory
from apps.recall import planned, sql
from apps.recall.core.questions import Filters, Question
from apps.recall.services import reach


@pytest.fixture
def within(world, write, moved):
    """The reach of Alice, over memories of each kind that the statements look for."""
    write(world.alice, "Did you fix the boiler?", session_id="s", tags=("heating",))
    write(world.alice, "Yes, with a 40 mm clamp.", session_id="s")
    write(world.alice, "The boiler is ours.", space=world.team)
    write(world.bob, "Bob's boiler is his.")
    write(world.alice, "Old.", expires_at=clock.now() + timedelta(milliseconds=1))
    moved(write(world.alice, "The boiler was green."), "archived")
    return reach.of(of_user(world.alice), Question(query="boiler"), clock.now())


def rows(text, params):
    with connection.cursor() as cursor:
        cursor.execute(text, params)
        return sorted(cursor.fetchall(), key=repr)


@pytest.mark.parametrize("of", [sql.statistics, sql.neighbours, sql.shown])
@pytest.mark.parametrize("isolated", [True, False])
def test_a_function_answers_what_its_statement_answers(world, within, of, isolated):
    ids = list(Memory.objects.order_by("pk").values_list("pk", flat=True))
    params = {
        **within.params, "model": within.model, "terms": ["", "boiler", "fix"],
        "hidden": ["archived", "quarantined"], "hits": ids, "ids": ids,
        "gap": timedelta(minutes=5), "readable": list(within.readable),
        "organisation": within.organisation_id, "phrases": ["boiler", "the boiler"],
    }  # fmt: skip
    context = isolation.Context(world.alice.pk) if isolated else None
    with isolation.within(context):
        told = rows(planned.statement(of, within.names), params)
        assert told
        assert told == rows(of(within.names), params)
        if of is sql.shown:
            assert len(told) == 3


def test_a_function_shows_nothing_without_a_context(world, within):
    call = partial(rows, planned.statement(sql.shown, within.names))
    ids = list(Memory.objects.values_list("pk", flat=True))
    params = {**within.params, "model": within.model, "ids": ids, "readable": within.readable}
    params["readable"] = list(within.readable)
    assert call(params)
    with isolation.within(isolation.Context()):
        assert call(params) == []


def test_another_filter_is_asked_by_its_own_text(world):
    question = Question(query="boiler", filters=Filters(tags=("heating",)))
    names = reach.of(of_user(world.alice), question, clock.now()).names
    assert planned.statement(sql.shown, names) == sql.shown(names)
