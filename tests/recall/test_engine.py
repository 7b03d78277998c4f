"""The engine against the clock and the crowd: late legs, rare tags, common words."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection

from apps.accounts.actors import of_user
from apps.memories.models import MemoryIndex
from apps.memories.services import bulk, embeddings, encoders, vector_indexes
from apps.memories.services.drafts import Draft
from apps.recall.core.questions import Filters, Question
from apps.recall.services import recall
from memoryhub import prepare

SLOW_VECTORS = """
CREATE SCHEMA slow;
GRANT USAGE ON SCHEMA slow TO PUBLIC;
CREATE FUNCTION slow.distance(halfvec, halfvec) RETURNS float8 LANGUAGE sql VOLATILE
    AS 'SELECT 0.5::float8 FROM pg_sleep(0.02)';
CREATE OPERATOR slow.<=> (LEFTARG = halfvec, RIGHTARG = halfvec, FUNCTION = slow.distance);
SET search_path = slow, public;
"""


@contextmanager
def locked(table: str) -> Iterator[None]:
    """Another session holds the table, as a migration would."""
    with psycopg.connect(**connection.get_connection_params()) as other:
        other.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield
        other.rollback()


def remembered(person: Any, texts: list[str], **fields: Any) -> None:
    """Write many and embed them."""
    for start in range(0, len(texts), 1000):
        drafts = [Draft(text=text, **fields) for text in texts[start : start + 1000]]
        bulk.remember_many(actor=of_user(person), drafts=drafts, atomic=True)
    while embeddings.embed_pending(batch=2500):
        pass


@pytest.mark.django_db(transaction=True)
def test_when_words_are_late_meaning_answers(world, write, ask, settings):
    write(world.alice, "The boiler leaks.")
    settings.RECALL_TIMEOUT_MS = 300
    with locked("memories_termcount"):
        answer = ask(world.alice, "boiler")
    assert answer["degraded"] == ["lexical"]
    [found] = answer["results"]
    assert found["text"] == "The boiler leaks."
    assert set(found["ranks"]) == {"dense"}
    assert ask(world.alice, "boiler")["degraded"] == []


@pytest.mark.django_db(transaction=True)
def test_when_meaning_is_late_words_answer(world, write, ask, settings):
    remembered(world.alice, [f"Pump {number} hums." for number in range(100)])
    write(world.alice, "The boiler leaks.")
    settings.RECALL_TIMEOUT_MS = 600
    with connection.cursor() as cursor:
        cursor.execute(SLOW_VECTORS)
    try:
        answer = ask(world.alice, "boiler")
    finally:
        connection.close()  # the search path goes with it
    assert answer["degraded"] == ["dense"]
    assert [found["text"] for found in answer["results"]] == ["The boiler leaks."]
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA slow CASCADE")
    assert ask(world.alice, "boiler")["degraded"] == []


@pytest.mark.django_db(transaction=True)
def test_when_both_are_late_the_answer_says_so(world, write, ask, settings):
    write(world.alice, "The boiler leaks.")
    settings.RECALL_TIMEOUT_MS = 200
    with locked("memories_memoryindex"):
        answer = ask(world.alice, "boiler")
    assert answer["results"] == []
    assert answer["degraded"] == ["dense", "lexical"]


@pytest.mark.django_db(transaction=True)
def test_the_time_limit_ends_with_the_recall(world, write, ask, settings):
    settings.RECALL_TIMEOUT_MS = 700
    ask(world.alice, "boiler")
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == ("on",)


def test_a_word_in_every_memory_still_finds_the_memory_with_the_other(world, write, texts):
    remembered(world.alice, [f"Boiler reading {number} is normal." for number in range(300)])
    write(world.alice, "Boiler gasket is cracked.")
    assert texts(world.alice, "boiler gasket", limit=1) == ["Boiler gasket is cracked."]


def test_a_hit_of_words_alone_and_a_hit_of_meaning_alone_both_surface(world, write, ask):
    write(world.alice, "The boiler leaks.")
    write(world.alice, "A gull sat on the roof.")
    MemoryIndex.objects.filter(memory__text__startswith="The boiler").update(embedding=None)
    found = {each["text"]: set(each["ranks"]) for each in ask(world.alice, "boiler")["results"]}
    assert found == {"The boiler leaks.": {"lexical"}, "A gull sat on the roof.": {"dense"}}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("unreachable_model")
def test_the_active_model_gets_its_graph_index_at_the_start():
    model = encoders.active().model
    assert prepare.index_vectors() == [model]
    try:
        assert vector_indexes.exists(model)
        assert prepare.index_vectors() == []
    finally:
        vector_indexes.drop(model)


@pytest.mark.slow
def test_behind_a_rare_tag_in_a_small_space_everything_is_found_a_hundred_times(world, write):
    crowd = [f"Boiler reading {number} is normal." for number in range(6_000)]
    remembered(world.charlie, crowd[:3_000])
    remembered(world.alice, crowd[3_000:], space=world.team.public_id)
    small = [f"Boiler reading of valve {name} is normal." for name in ("north", "south", "west")]
    remembered(world.bob, small, tags=("rare",))
    remembered(world.bob, ["Boiler reading of valve east is normal.", "A gull.", "A second gull."])
    question = Question(query="boiler reading normal", filters=Filters(tags=("rare",)))

    def answer() -> list[str]:
        return [
            each.text for each in recall.ask(actor=of_user(world.bob), question=question).results
        ]

    first = answer()
    assert sorted(first) == sorted(small)
    assert all(answer() == first for _ in range(100))
