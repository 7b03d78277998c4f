"""`GET /memories`: filters narrow, pages neither lose nor repeat."""

import json
from datetime import UTC, datetime, timedelta
from itertools import chain

import pytest

from apps.memories.models import Memory

URL = "/api/v1/memories"


@pytest.fixture
def shelf(world, write, time_machine):
    """Four notes, a day apart from 1 January 2030."""
    for day, (person, text, fields) in enumerate(
        (
            (world.alice, "own", {}),
            (world.alice, "team", {"space": world.team, "tags": ("x", "y"), "kind": "procedure"}),
            (world.bob, "bob's", {"space": world.team, "metadata": {"a": {"b": [1, 2]}, "c": 3}}),
            (world.alice, "root", {"space": world.root, "session_id": "s", "tags": ("y",)}),
        ),
        start=1,
    ):
        time_machine.move_to(datetime(2030, 1, day, tzinfo=UTC), tick=False)
        write(person, text, **fields)


def ask(client, query=""):
    answer = client.get(f"{URL}{query}")
    assert answer.status_code == 200, answer.content
    return [memory["text"] for memory in answer.json()["results"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["root", "bob's", "team", "own"]),
        ("?space={team}", ["bob's", "team"]),
        ("?author={bob}", ["bob's"]),
        ("?owner={alice}&space={team}", ["team"]),
        ("?kind=procedure", ["team"]),
        ("?kind=procedure&kind=fact", ["root", "bob's", "team", "own"]),
        ("?tag=y", ["root", "team"]),
        ("?tag=x", ["team"]),
        ("?tag=nothing", []),
        ("?session=s", ["root"]),
        ("?source=import", []),
        ("?status=retracted", []),
        ('?metadata={{"c": 3}}', ["bob's"]),
        ('?metadata={{"a": {{"b": [2]}}}}', ["bob's"]),
        ('?metadata={{"c": 4}}', []),
        ("?created_after=2030-01-03T00:00:00Z", ["root", "bob's"]),
        ("?created_before=2030-01-03T00:00:00Z", ["team", "own"]),
        ("?occurred_after=2030-01-02T00:00:00Z&occurred_before=2030-01-03T00:00:00Z", ["team"]),
    ],
)
def test_a_filter_finds(query, found, shelf, world, client_of):
    ids = {
        "team": world.team.public_id,
        "alice": world.alice.public_id,
        "bob": world.bob.public_id,
    }
    assert ask(client_of(world.alice), query.format(**ids)) == found


@pytest.mark.parametrize("status", ["quarantined", "superseded", "archived", "retracted"])
def test_what_left_the_list_is_found_by_its_status(status, world, write, client_of):
    note = write(world.alice, "a")
    write(world.alice, "b")
    Memory.objects.filter(pk=note.pk).update(status=status)
    client = client_of(world.alice)
    assert ask(client) == ["b"]
    assert ask(client, f"?status={status}") == ["a"]
    assert ask(client, f"?status={status}&status=active") == ["b", "a"]
    assert client.get(f"{URL}/{note.public_id}").status_code == 200


def test_what_is_erased_is_found_by_nobody(world, write, client_of):
    note = write(world.alice, "a")
    Memory.objects.filter(pk=note.pk).update(status="erased")
    client = client_of(world.alice)
    assert ask(client) == []
    assert client.get(f"{URL}/{note.public_id}").status_code == 404
    assert client.get(f"{URL}?status=erased").status_code == 400


def pages(client, query, between=lambda: None):
    """Texts page by page; `between` runs after the first page."""
    url, read = f"{URL}{query}", []
    while url:
        body = client.get(url).json()
        read.append([memory["text"] for memory in body["results"]])
        url = body["next"]
        if len(read) == 1:
            between()
    return read


def test_pages_neither_lose_nor_repeat_while_rows_are_added(world, write, client_of, time_machine):
    time_machine.move_to("2030-01-01T00:00:00Z", tick=False)
    for n in range(25):
        write(world.alice, f"old {n}")
        time_machine.shift(1)
    read = pages(
        client_of(world.alice),
        "?page_size=10",
        between=lambda: [write(world.alice, f"new {n}") for n in range(5)],
    )
    assert [len(page) for page in read] == [10, 10, 5]
    assert list(chain.from_iterable(read)) == [f"old {n}" for n in reversed(range(25))]


def test_rows_of_one_moment_are_paged_too(world, client_of, time_machine):
    """A bulk write gives all its rows the same time."""
    time_machine.move_to("2030-01-01T00:00:00Z", tick=False)
    client = client_of(world.alice)
    items = [{"text": f"note {n}"} for n in range(250)]
    assert client.post(f"{URL}/bulk", {"items": items}).json()["created"] == 250
    read = list(chain.from_iterable(pages(client, "?page_size=40")))
    assert len(read) == len(set(read)) == 250


@pytest.mark.parametrize(
    ("asked", "given"), [("", 50), ("?page_size=200", 120), ("?page_size=9999", 120)]
)
def test_a_page_has_50_rows_unless_asked_and_200_at_most(asked, given, world, client_of):
    client = client_of(world.alice)
    client.post(f"{URL}/bulk", {"items": [{"text": f"note {n}"} for n in range(120)]})
    assert len(ask(client, asked)) == given


def test_one_can_page_back(world, write, client_of, time_machine):
    time_machine.move_to("2030-01-01T00:00:00Z", tick=False)
    for n in range(4):
        write(world.alice, f"note {n}")
        time_machine.shift(timedelta(seconds=1))
    client = client_of(world.alice)
    first = client.get(f"{URL}?page_size=2").json()
    second = client.get(first["next"]).json()
    assert client.get(second["previous"]).json()["results"] == first["results"]


def test_filters_stay_on_the_next_page(world, write, client_of):
    for n in range(6):
        write(world.alice, f"note {n}", tags=("x",) if n % 2 else ())
    read = list(chain.from_iterable(pages(client_of(world.alice), "?tag=x&page_size=2")))
    assert read == ["note 5", "note 3", "note 1"]


def test_metadata_comes_back_as_it_was_given(world, client_of):
    given = {"Ä": [1, 2.5, None, True, {"deep": "ü"}], "": "empty key", "big": 2**60}
    client = client_of(world.alice)
    made = client.post(URL, {"text": "a", "metadata": given}).json()
    assert client.get(f"{URL}/{made['id']}").json()["metadata"] == given
    query = json.dumps({"Ä": [{"deep": "ü"}]})
    assert client.get(URL, {"metadata": query}).json()["results"][0]["id"] == made["id"]
