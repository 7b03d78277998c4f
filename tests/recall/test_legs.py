"""Words and meaning: each finds what the other cannot, in any language, behind any filter."""

import pytest

from apps.accounts.actors import of_user
from apps.kernel import clock
from apps.memories.models import MemoryIndex
from apps.memories.services import bulk, embeddings
from apps.memories.services.drafts import Draft
from apps.recall.core.questions import Filters, Question
from apps.recall.services import legs, meaning, reach, search


@pytest.mark.usefixtures("minilm")
def test_meaning_finds_what_shares_no_word(world, write, ask):
    write(world.alice, "My car would not start this morning.")
    write(world.alice, "Our choir sings on Tuesdays.")
    write(world.alice, "The invoice template has a new footer.")
    best = ask(world.alice, "trouble with the vehicle's engine")["results"][0]
    assert best["text"] == "My car would not start this morning."
    assert "lexical" not in best["signals"]


@pytest.mark.usefixtures("minilm")
def test_words_find_what_meaning_cannot_tell_apart(world, write, ask):
    for number in range(40):
        write(world.alice, f"Ticket QX-{7000 + number} was closed by the night shift.")
    best = ask(world.alice, "QX-7023")["results"][0]
    assert best["text"] == "Ticket QX-7023 was closed by the night shift."
    assert best["ranks"]["lexical"] == 1


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("来週の会議は大阪支社で行われます。", "大阪で会議"),
        ("다음 주 회의는 부산 지사에서 열립니다.", "부산 회의"),
        ("下周的会议在上海分公司举行。", "上海会议"),
        ("Die Rechnungen liegen im blauen Ordner.", "Rechnung"),
        ("Le café du coin ouvre à huit heures.", "cafe"),
    ],
)
def test_words_are_found_in_their_language(world, write, ask, text, query):
    write(world.alice, "The parking garage closes at ten.")
    write(world.alice, "本日は晴天なり。")
    write(world.alice, text)
    best = ask(world.alice, query)["results"][0]
    assert best["text"] == text
    assert best["ranks"]["lexical"] == 1


@pytest.mark.slow
def test_three_behind_a_rare_tag_among_two_thousand_are_all_found(world, texts):
    actor = of_user(world.alice)
    for start in (0, 1000):
        drafts = [Draft(text=f"Boiler reading {start + n} is normal.") for n in range(1000)]
        bulk.remember_many(actor=actor, drafts=drafts, atomic=True)
    rare = [f"Valve {name} is stuck." for name in ("north", "south", "west")]
    drafts = [Draft(text=text, tags=("rare",)) for text in rare]
    bulk.remember_many(actor=actor, drafts=drafts, atomic=True)
    while embeddings.embed_pending(batch=2500):
        pass
    found = texts(world.alice, "boiler reading normal", filters={"tags": ["rare"]})
    assert sorted(found) == sorted(rare)


def test_a_single_write_is_found_both_ways_at_once(world, client_of, ask):
    body = {"text": "The spare fuse is in drawer nine."}
    assert client_of(world.alice).post("/api/v1/memories", body).status_code == 201
    answer = ask(world.alice, "spare fuse")
    assert answer["results"][0]["signals"].keys() >= {"lexical", "dense"}
    assert answer["degraded"] == []


def test_a_bulk_write_is_found_by_words_at_once_and_by_meaning_when_embedded(world, client_of, ask):
    items = [{"text": f"The spare fuse is in drawer {number}."} for number in range(5)]
    answer = client_of(world.alice).post("/api/v1/memories/bulk", {"items": items})
    assert answer.json()["created"] == 5
    before = ask(world.alice, "spare fuse drawer 3")
    assert len(before["results"]) == 5
    assert all("dense" not in found["signals"] for found in before["results"])
    assert before["degraded"] == ["dense"]
    assert embeddings.embed_pending() == 5
    after = ask(world.alice, "spare fuse drawer 3")
    assert all("dense" in found["signals"] for found in after["results"])
    assert after["degraded"] == []


def test_vectors_that_others_wait_for_degrade_nobody_else(world, ask):
    bulk.remember_many(actor=of_user(world.alice), drafts=[Draft(text="A fuse.")])
    assert ask(world.bob, "fuse")["degraded"] == []


@pytest.mark.usefixtures("unreachable_model")
def test_without_the_model_words_still_answer(world, write, ask):
    write(world.alice, "The spare fuse is in drawer nine.")
    answer = ask(world.alice, "spare fuse")
    assert [found["text"] for found in answer["results"]] == ["The spare fuse is in drawer nine."]
    assert answer["degraded"] == ["dense"]


@pytest.mark.usefixtures("minilm")
def test_the_graph_index_finds_what_the_exact_search_finds(world, write):
    for number in range(60):
        write(world.alice, f"Note {number} about topic {number % 7}.", tags=(f"t{number % 2}",))
    question = Question(query="topic 3", filters=Filters(tags=("t1",)))
    within = reach.of(of_user(world.alice), question, clock.now())
    vector = meaning.vector_of(question.query, within.embedder)

    def nearest(rows):
        many = search.Counts(60, rows, pending=False)
        with legs.timely() as timely:
            found = search.candidates(timely, within, many, vector, depth=10)
        return {each.id: each.dense for each in found}

    exact, graph = nearest(rows=1), nearest(rows=1_000_000)
    assert len(exact) == 10
    assert graph == exact
    assert MemoryIndex.objects.filter(memory_id__in=exact, tags=["t1"]).count() == 10


def test_the_session_around_a_hit_is_pulled_up(world, write, ask):
    for number in range(12):
        write(world.alice, f"Filler {number} about lunch.", session_id=f"other{number}")
    write(world.alice, "Did you fix the boiler?", session_id="s")
    write(world.alice, "Yes, with a 40 mm clamp.", session_id="s")
    results = ask(world.alice, "boiler")["results"]
    assert [found["text"] for found in results[:2]] == [
        "Did you fix the boiler?",
        "Yes, with a 40 mm clamp.",
    ]
    assert results[1]["signals"]["neighbours"] > 0
    alone = ask(world.alice, "boiler", neighbours=False)["results"]
    assert "neighbours" not in {name for found in alone for name in found["signals"]}


def test_a_neighbour_passes_the_same_filters(world, write, texts):
    write(world.alice, "Did you fix the boiler?", session_id="s", tags=("heating",))
    write(world.alice, "Yes, with a 40 mm clamp.", session_id="s")
    found = texts(world.alice, "boiler", filters={"tags": ["heating"]})
    assert found == ["Did you fix the boiler?"]
