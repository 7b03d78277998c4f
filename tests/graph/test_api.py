"""`/graph/...` over HTTP: what is known about E-204 as of June, walks, timelines, exports."""

import io
from typing import Any

import networkx as nx
import pytest
from django.db import connection

from apps.accounts.actors import of_user
from apps.audit.models import AuditEvent
from apps.graph import sql
from apps.graph.models import Relation
from apps.graph.services import walks
from tests.graph.conftest import related

V1 = "/api/v1/graph"


@pytest.fixture
def plant(alice, bob, dora_says, say) -> None:
    """A pump that moved in June, and whom it serves."""
    say(
        alice, "E-204 stands in hall 1.", valid_from="2026-01-10T00:00:00Z",
        metadata=related("E-204", "located_in", "Hall 1", valid_from="2026-01-10",
                         valid_to="2026-06-15"),
    )  # fmt: skip
    say(
        bob, "E-204 moved to hall 2.", valid_from="2026-06-15T00:00:00Z",
        metadata=related("E-204", "located_in", "Hall 2", valid_from="2026-06-15"),
    )  # fmt: skip
    say(
        alice, "Hall 2 serves Northwind.", valid_from="2026-02-01T00:00:00Z",
        metadata={
            "customer": "Northwind",
            **related("Hall 2", "serves", "Northwind", valid_from="2026-02-01"),
        },
    )  # fmt: skip
    dora_says("E-204 is hers, too.", metadata=related("E-204", "feeds", "Secret line"))


@pytest.fixture
def dora_says(world, say) -> Any:
    return lambda text, **fields: say(world.dora, text, space=world.other_team, **fields)


def ok(answer: Any) -> Any:
    assert answer.status_code == 200, answer.content
    return answer.json()


def one(client: Any, name: str) -> str:
    (found,) = ok(client.get(f"{V1}/entities", {"name": name}))["results"]
    return str(found["id"])


@pytest.mark.parametrize(
    ("as_of", "where", "texts"),
    [
        ("2026-05-31", "Hall 1", {"E-204 stands in hall 1."}),
        ("2026-06-30T12:00:00Z", "Hall 2", {"E-204 moved to hall 2.", "E-204 stands in hall 1."}),
    ],
)
def test_what_do_we_know_about_e_204_as_of_june(plant, client_of, bob, as_of, where, texts):
    answer = ok(client_of(bob).get(f"{V1}/about", {"name": "e‑204", "as_of": as_of}))
    (about,) = answer["results"]
    assert (about["name"], about["type"]) == ("E-204", "code")
    told = [(row["type"], row["object"]["name"]) for row in about["relations"]]
    assert told == [("located_in", where)]
    assert {memory["text"] for memory in about["memories"]} == texts


def test_others_know_other_things_of_the_same_name(plant, client_of, world):
    (about,) = ok(client_of(world.dora).get(f"{V1}/about", {"name": "E-204"}))["results"]
    assert [row["object"]["name"] for row in about["relations"]] == ["Secret line"]
    assert [memory["text"] for memory in about["memories"]] == ["E-204 is hers, too."]
    assert ok(client_of(world.charlie).get(f"{V1}/about", {"name": "E-204"})) == {"results": []}


def test_neighbours_by_depth_type_direction_and_time(plant, client_of, bob):
    client = client_of(bob)
    at = f"{V1}/entities/{one(client, 'E-204')}/neighbours"

    def near(**asked: Any) -> set[tuple[str, int]]:
        found = ok(client.get(at, asked))
        assert found["truncated"] is False
        return {(node["name"], node["distance"]) for node in found["nodes"] if node["distance"]}

    assert near() == {("Hall 1", 1), ("Hall 2", 1)}
    assert near(as_of="2026-05-01") == {("Hall 1", 1)}
    assert near(depth=2) == {("Hall 1", 1), ("Hall 2", 1), ("Northwind", 2)}
    assert near(depth=2, type=["serves", "feeds"]) == set()
    assert near(direction="in") == set()
    assert near(limit=2, known_at="2026-01-01") == set()


@pytest.mark.parametrize(
    "asked",
    [{"depth": 5}, {"limit": 0}, {"direction": "up"}, {"as_of": "June"}, {"type": ["x" * 41]}],
)
def test_out_of_bounds_names_the_field(plant, client_of, bob, asked):
    client = client_of(bob)
    answer = client.get(f"{V1}/entities/{one(client, 'E-204')}/neighbours", asked)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"].split(".")[0] == next(iter(asked))


def test_a_way_in_its_order_and_none(plant, client_of, bob):
    client = client_of(bob)
    first, last = one(client, "E-204"), one(client, "Northwind")
    found = ok(client.get(f"{V1}/entities/{first}/path", {"to": last, "direction": "out"}))
    assert [node["name"] for node in found["nodes"]] == ["E-204", "Hall 2", "Northwind"]
    assert [row["type"] for row in found["relations"]] == ["located_in", "serves"]
    back = client.get(f"{V1}/entities/{last}/path", {"to": first, "direction": "out"})
    assert back.status_code == 404
    strange = client.get(f"{V1}/entities/{first}/path", {"to": "1" * 8 + last[8:]})
    assert strange.status_code == 400


def test_the_nearest_has_most_to_do_with_it(plant, client_of, bob):
    client = client_of(bob)
    found = ok(client.get(f"{V1}/entities/{one(client, 'E-204')}/related"))["results"]
    assert {row["name"] for row in found} == {"Hall 1", "Hall 2", "Northwind"}
    assert found[0]["name"] == "Hall 2"
    assert found == sorted(found, key=lambda row: -row["score"])


def test_the_timeline_is_in_the_order_of_the_world(plant, client_of, bob):
    client = client_of(bob)
    at = f"{V1}/entities/{one(client, 'E-204')}/timeline"
    rows = ok(client.get(at))["results"]
    assert [row["at"] for row in rows] == sorted((row["at"] for row in rows), reverse=True)
    moves = [
        (row["what"], row["relation"]["object"]["name"], row["at"][:10])
        for row in rows
        if row["relation"]
    ]
    assert set(moves) == {
        ("begins", "Hall 1", "2026-01-10"),
        ("ends", "Hall 1", "2026-06-15"),
        ("begins", "Hall 2", "2026-06-15"),
    }
    assert len(rows) == 5
    since = ok(client.get(at, {"since": "2026-06-01", "until": "2026-07-01"}))["results"]
    assert {row["at"][:7] for row in since} == {"2026-06"}
    read = AuditEvent.objects.filter(action="memory.read", detail__view="graph.timeline")
    assert len(read.earliest("pk").object_ids) == 2


def test_exports_hold_what_the_asker_may_know(plant, client_of, bob):
    client = client_of(bob)
    answer = client.get(f"{V1}/export", {"form": "graphml"})
    assert answer["Content-Disposition"].endswith('graph.graphml"')
    graph = nx.read_graphml(io.BytesIO(answer.content))
    names = {told["name"] for _, told in graph.nodes(data=True)}
    assert {"E-204", "Hall 1", "Hall 2", "Northwind"} == names
    assert graph.number_of_edges() == 3
    near = client.get(f"{V1}/export", {"form": "cypher", "entity": one(client, "Northwind")})
    assert near.content.decode().count("MERGE (n:") == 3
    assert "@graph" in client.get(f"{V1}/export", {"form": "jsonld"}).content.decode()
    assert client.get(f"{V1}/export", {"form": "csv"}).status_code == 400


def test_reviewers_merge_undo_and_decide(plant, client_of, alice, bob):
    hers, his = client_of(alice), client_of(bob)
    kept, other = one(hers, "E-204"), one(hers, "Hall 1")
    assert his.post(f"{V1}/entities/{kept}/merge", {"other": other}).status_code == 403
    change = ok(hers.post(f"{V1}/entities/{kept}/merge", {"other": other}))
    assert ok(his.get(f"{V1}/entities/{other}"))["name"] == "E-204"
    assert [row["id"] for row in ok(his.get(f"{V1}/changes"))["results"]] == [change["id"]]
    ok(hers.post(f"{V1}/changes/{change['id']}/undo"))
    assert ok(his.get(f"{V1}/entities/{other}"))["name"] == "Hall 1"


def test_conflicts_wait_in_a_list(plant, client_of, alice, say):
    say(alice, "No, hall 3.", metadata=related("E-204", "located_in", "Hall 3",
                                               valid_from="2026-08-01"))  # fmt: skip
    client = client_of(alice)
    (row,) = ok(client.get(f"{V1}/relations"))["results"]
    assert (row["object"]["name"], row["status"]) == ("Hall 3", "conflicting")
    decided = ok(client.post(f"{V1}/relations/{row['id']}/decide", {"accept": True}))
    assert (decided["status"], decided["decision"]) == ("active", "accepted")
    (left,) = ok(client.get(f"{V1}/relations"))["results"]
    assert left["object"]["name"] == "Hall 2"


def test_no_hop_begins_when_the_time_is_over(plant, client_of, bob, monkeypatch):
    client = client_of(bob)
    address = f"{V1}/entities/{one(client, 'E-204')}/neighbours"
    monkeypatch.setattr(walks, "_SECONDS", 0)  # to PostgreSQL: each statement as long as it likes
    answer = client.get(address)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "walk_too_wide"


def test_a_walk_that_takes_too_long_says_so(plant, client_of, bob, monkeypatch):
    monkeypatch.setattr(walks, "_SECONDS", 0.001)
    slow = sql.edges

    def sleeping(**asked: bool) -> str:
        return f"SELECT pg_sleep(1), slow.* FROM ({slow(**asked)}) AS slow"

    monkeypatch.setattr(sql, "edges", sleeping)
    client = client_of(bob)
    answer = client.get(f"{V1}/entities/{one(client, 'E-204')}/neighbours")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "walk_too_wide"


def test_the_choice_for_the_personal_space(client_of, alice):
    client = client_of(alice)
    assert ok(client.get(f"{V1}/personal")) == {"include": False}
    assert ok(client.patch(f"{V1}/personal", {"include": True})) == {"include": True}
    assert ok(client.get(f"{V1}/personal")) == {"include": True}


def test_the_database_alone_hides_what_is_foreign(plant, application_filter_off, client_of, bob):
    client = client_of(bob)
    found = ok(client.get(f"{V1}/entities"))["results"]
    assert "Secret line" not in {row["name"] for row in found}
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM graph_entity WHERE name = 'Secret line'")
        assert cursor.fetchone() == (1,)
    assert Relation.objects.visible_to(of_user(bob)).filter(type="feeds").exists()
