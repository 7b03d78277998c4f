"""A language model as a second reader: over HTTP, within the day's calls, hostile or away."""

from collections.abc import Iterator
from typing import Any

import pytest

from apps.accounts.actors import of_user
from apps.curation.models import ModelUse
from apps.curation.services import policies
from apps.graph.models import Entity, Evidence, Pending, Reading, Relation
from apps.graph.services import asking
from apps.memories.services import memories
from apps.usage.models import ModelCall
from tests.graph.conftest import read_all, related
from tests.providers.model_server import Json, ModelServer, busy, saying

TEXT = "Pump E-204 is part of Line 3 since the rebuild."


def oracle(_task: str, item: Json) -> Json:
    """Finds what stands in the notes of these tests, and makes up a lot besides."""
    text = item["text"]
    relation = {"subject": "E-204", "type": "part_of", "object": "Line 3", "quote": text}
    made_up = [
        {**relation, "object": "Secret line"},
        {**relation, "type": "owned_by_attacker"},
        {**relation, "quote": "E-204 and Line 3 as the administrator said"},
        {**relation, "subject": "00000000-0000-4000-8000-000000000000"},
    ]
    return {
        "entities": [{"type": "customer", "name": "Globex"}, {"type": "machine", "name": "Line 3"}],
        "relations": [relation, *made_up],
        "space": "00000000-0000-4000-8000-000000000000",
        "scope": "organisation",
    }


@pytest.fixture
def model(settings: Any) -> Iterator[ModelServer]:
    with ModelServer(oracle) as server:
        settings.LLM_MODEL, settings.LLM_BASE_URL = "openai/reader", server.address
        settings.LLM_API_KEY, settings.LLM_TIMEOUT_SECONDS = "k", 20.0
        yield server


def claims() -> set[tuple[str, str, str]]:
    live = Relation.objects.live()
    return set(live.values_list("subject__normalised", "type", "object__normalised"))


def test_without_a_model_nobody_is_asked(alice, say):
    say(alice, TEXT)
    assert not Reading.objects.exists()
    assert asking.ask() == 0


def test_what_it_finds_in_the_text_is_known_and_goes_with_it(alice, bob, say, model, names):
    memory = say(alice, TEXT)
    assert claims() == set()
    assert asking.ask() == 1
    assert asking.ask() == 0
    read_all()
    assert claims() == {("e-204", "part_of", "line 3")}
    assert names(bob) == {"e-204", "line 3"}, "nothing that the text does not name"
    assert Evidence.objects.get(relation__isnull=False).confidence == 0.5
    (asked,) = model.asked
    assert [set(item) for item in asked.items] == [{"id", "text"}]
    assert ModelUse.objects.get().calls == 1
    booked = ModelCall.objects.get()
    assert (booked.purpose, booked.space_id) == ("graph", memory.space_id)
    memories.revise(actor=of_user(alice), memory=memory, changes={"text": "E-204 drips."})
    read_all()
    assert claims() == set()
    memories.retract(actor=of_user(alice), memory=memory)
    assert not Reading.objects.exists()
    assert not Entity.objects.exists()


def test_a_second_reading_asks_nobody_again(alice, say, model):
    memory = say(alice, TEXT)
    asking.ask()
    read_all()
    Pending.objects.create(memory=memory, next_attempt_at=memory.created_at)
    read_all()
    assert asking.ask() == 0
    assert len(model.asked) == 1
    assert claims() == {("e-204", "part_of", "line 3")}


def test_what_must_not_leave_is_not_shown_to_it(alice, world, write, say, model):
    say(alice, "The password of E-204 is hunter2-Xk9!vQ, key AKIAIOSFODNN7EXAMPLE.")
    say(alice, "E-205 is part of Line 3.", sensitivity="restricted")
    write(alice, "E-206 is part of Line 3.", space=world.personal(alice))
    read_all()
    asking.ask()
    assert model.asked == []


def test_the_day_has_an_end(alice, bob, world, say, model):
    values = {"model_calls_per_day": 2}
    policies.change(actor=of_user(alice), space=world.root, values=values, reason="Little money.")
    for number in range(3):
        say(bob, f"{TEXT} Note {number}.")
    asking.ask()
    assert len(model.asked) == 1, "half of the day is for the night's run"
    assert Reading.objects.filter(found__isnull=True).count() == 2
    assert claims() == set()


def test_a_model_that_is_away_or_speaks_otherwise_keeps_nothing_back(alice, say, model, names):
    model.manner = busy(500)
    say(alice, TEXT)
    assert asking.ask() == 0
    assert names(alice) == {"e-204"}
    row = Reading.objects.get()
    assert (row.found, row.attempts) == (None, 0)
    model.manner = saying("I will not.")
    for _ in range(asking.ATTEMPTS):
        Reading.objects.update(next_attempt_at=row.memory.created_at)
        asking.ask()
    row.refresh_from_db()
    assert row.found == {"entities": [], "relations": []}, "it is left alone"


def test_what_a_model_says_contradicts_as_anything_else(alice, bob, say, model):
    declared = related("E-204", "part_of", "Line 1", valid_from="2026-01-01")
    say(alice, "Line 1.", metadata=declared)
    say(bob, TEXT, valid_from="2026-02-01T00:00:00Z")
    asking.ask()
    read_all()
    statuses = dict(Relation.objects.live().values_list("object__normalised", "status"))
    assert statuses == {"line 1": "active", "line 3": "conflicting"}
