"""Recall cites canon first: by document, revision and section, as it stood."""

import pytest

from apps.kernel import clock
from tests.canon.conftest import text

BODY = (
    "# Returns\n\n## Trondheim\n\nCustomers in Trondheim get 30 days.\n\n## Else\n\nNobody asks.\n"
)


@pytest.fixture
def ask(client_of):
    def put(person, query="How many days in Trondheim?", **fields):
        answer = client_of(person).post("/api/v1/recall", {"query": query, **fields})
        assert answer.status_code == 200, answer.content
        return answer.json()

    return put


def test_the_section_is_cited_ahead_of_memories(world, publish, ask, write):
    write(world.bob, "Customers in Trondheim get 30 days.", space=world.team)
    revision = publish("returns.md", text("Returns", BODY))
    answer = ask(world.bob)
    first = answer["canon"][0]
    assert first["document"] == str(revision.document.public_id)
    assert (first["revision"], first["sha256"]) == (1, revision.sha256)
    assert (first["section"], first["layer"]) == ("trondheim", "L4")
    assert first["text"] == "Customers in Trondheim get 30 days."
    assert list(answer).index("canon") < list(answer).index("results")
    assert len(answer["results"]) == 1


def test_what_was_replaced_answers_for_its_time(world, publish, ask):
    publish("returns.md", text("Returns", BODY))
    moment = clock.now().isoformat()
    publish("returns.md", text("Returns", BODY.replace("30 days", "45 days")))
    assert "45 days" in ask(world.bob)["canon"][0]["text"]
    for field in ("as_of", "known_at"):
        then = ask(world.bob, **{field: moment})["canon"]
        assert [each["revision"] for each in then if each["section"] == "trondheim"] == [1]
        assert "30 days" in then[0]["text"]
    publish("returns.md", retire=True)
    assert ask(world.bob)["canon"] == []
    assert ask(world.bob, as_of=moment)["canon"][0]["revision"] == 1


def test_readers_of_the_space_only_and_days_that_hold(world, publish, ask):
    publish("returns.md", text("Returns", BODY))
    publish("old.md", "---\ntitle: Trondheim\neffective_to: 2020-01-01\n---\n\nTrondheim days.\n")
    assert ask(world.dora)["canon"] == []
    assert ask(world.charlie)["canon"] == []
    assert {each["path"] for each in ask(world.bob)["canon"]} == {"returns.md"}
    for filters in (
        {"kinds": ["fact"]},
        {"tags": ["none"]},
        {"spaces": [str(world.root.public_id)]},
    ):
        assert ask(world.bob, filters=filters)["canon"] == []
    assert ask(world.bob, query="xyzzy")["canon"] == []
