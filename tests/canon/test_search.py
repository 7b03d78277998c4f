"""Recall ranks canon among memories, cites document, revision and section, as it stood."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit.models import AuditEvent
from apps.canon.models import SectionIndex
from apps.canon.services import indexing
from apps.kernel import clock
from apps.kernel.errors import Conflict
from apps.memories.services import encoders, migration
from apps.providers.embedders import EmbeddingSettings
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


def test_the_section_is_cited_ahead_of_equal_memories(world, publish, ask, write):
    write(world.bob, "Customers in Trondheim get 30 days.", space=world.team)
    revision = publish("returns.md", text("Returns", BODY))
    answer = ask(world.bob)
    first = answer["canon"][0]
    assert first["document"] == str(revision.document.public_id)
    assert (first["revision"], first["sha256"]) == (1, revision.sha256)
    assert (first["section"], first["layer"], first["place"]) == ("trondheim", "L4", 1)
    assert first["text"] == "Customers in Trondheim get 30 days."
    assert first["score"] >= answer["results"][0]["score"]
    assert first["signals"]["canon"] > 0
    assert len(answer["results"]) == 1


def test_a_memory_that_says_more_of_it_comes_first(world, publish, ask, write):
    write(world.bob, "Trondheim: customers there get 30 days, Oslo 14 days.", space=world.team)
    publish("days.md", text("Opening", "The shop is open on all days."))
    answer = ask(world.bob)
    assert [each["place"] for each in answer["canon"]] == [2]
    assert answer["results"][0]["score"] > answer["canon"][0]["score"]


def test_the_audit_names_what_was_cited(world, publish, ask):
    revision = publish("returns.md", text("Returns", BODY))
    ask(world.bob)
    event = AuditEvent.objects.filter(action="memory.recall").latest("pk")
    assert {
        "document": str(revision.document.public_id), "sha256": revision.sha256, "section": 1,
    } in event.detail["canon"]  # fmt: skip
    assert "Trondheim" not in str(event.detail)
    ask(world.dora)
    assert "canon" not in AuditEvent.objects.filter(action="memory.recall").latest("pk").detail


def test_budget_and_context_hold_canon_and_memories_in_one_order(world, publish, ask, write):
    write(world.bob, "Customers in Trondheim get 30 days.", space=world.team)
    revision = publish("returns.md", text("Returns", BODY))
    whole = ask(world.bob, context=True)
    lines = [line for line in whole["context"].splitlines() if line.startswith("{")]
    assert '"reviewed": "returns.md#trondheim"' in lines[0]
    assert len(lines) == len(whole["canon"]) + len(whole["results"])
    tight = ask(world.bob, token_budget=9)
    assert [each["section"] for each in tight["canon"]] == ["trondheim"]
    assert tight["results"] == []
    assert 0 < tight["tokens"]["used"] <= 9
    assert {"id", "section", "tokens"} == set(tight["tokens"]["left_out"][0])
    none = ask(world.bob, token_budget=1)
    assert none["canon"] == []
    assert str(revision.document.public_id) in {each["id"] for each in none["tokens"]["left_out"]}


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


def test_meaning_finds_what_no_word_does(world, publish, ask, settings):
    settings.EMBEDDING_MODEL = "local:all-MiniLM-L6-v2"
    encoders.forget()
    publish("e.md", text("Brewers", "Descale the boiler with citric acid every month."))
    publish("f.md", text("Badges", "The porter hands out visitors' badges at the gate."))
    query = "How do I get rid of lime in a coffee machine?"
    assert ask(world.bob, query=query)["canon"] == [], "vectors are pending work"
    assert SectionIndex.objects.pending().count() == 2
    while indexing.embed_pending():
        continue
    found = ask(world.bob, query=query)["canon"]
    assert [each["path"] for each in found] == ["e.md"]
    assert found[0]["signals"]["dense"] > 0.3
    assert "lexical" not in found[0]["signals"]


def test_sections_follow_a_change_of_the_embedding_model(world, publish, settings):
    publish("returns.md", text("Returns", BODY))
    while indexing.embed_pending():
        continue
    old = encoders.active().model
    settings.EMBEDDING_MODEL = "local:all-MiniLM-L6-v2"
    new = EmbeddingSettings.current()
    settings.EMBEDDING_MODEL = "null"
    migration.begin(config=new)
    encoders.forget()
    model = encoders.written()[1].model
    assert indexing.missing(model) == SectionIndex.objects.filter(model=old).count()
    with pytest.raises(Conflict, match="sections of canon"):
        migration.switch()
    while indexing.embed_pending():
        continue
    assert indexing.missing(model) == 0
    migration.unregister()
    encoders.forget()
    assert indexing.sweep() > 0
    assert set(SectionIndex.objects.values_list("model", flat=True)) == {old}


def test_an_organisation_without_canon_pays_for_none(world, write, ask, publish):
    write(world.bob, "Customers in Trondheim get 30 days.", space=world.team)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            ask(world.bob)
        counts.append(sum("canon_sectionindex" in each["sql"] for each in queries))
        publish("returns.md", text("Returns", BODY))
    assert counts == [0, 1]
