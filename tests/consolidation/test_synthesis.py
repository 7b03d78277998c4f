"""A connecting note across several people's memories: proposed, never published by itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts.actors import of_user
from apps.consolidation.core.support import Cited
from apps.consolidation.core.synthesis import connectable, connects
from apps.consolidation.core.verdicts import on_synthesis
from apps.consolidation.models import Change, Proposal
from apps.consolidation.services import policies, proposals, undoing
from apps.memories.models import Memory, Provenance
from apps.memories.services import memories
from tests.consolidation.conftest import content
from tests.consolidation.pieces import piece
from tests.consolidation.pieces import pieces as some_pieces
from tests.consolidation.test_archivist import TOPIC

NOTE = "The pump in every hall needs glycol before the winter."
VALUES = {"summaries": "off", "possible": False, "topic_threshold": 0.1}


@pytest.fixture
def topic(world, write):
    """Six memories about pumps, by two people."""
    policies.change(actor=of_user(world.alice), space=world.team, values=VALUES, reason="Connect.")
    people = (world.alice, world.bob)
    return [write(people[n % 2], text, space=world.team) for n, text in enumerate(TOPIC)]


def connecting(_task, item):
    ids = [source["id"] for source in item["sources"]]
    return {"claims": [{"text": NOTE, "cites": ids}, {"text": "Order 900 litres.", "cites": ids}]}


def test_without_a_model_nothing_is_connected_and_the_run_says_so(world, topic, consolidate):
    counts = consolidate(world.team).counts["synthesis"]
    assert counts == {"topics": 0, "proposed": 0, "trouble": "no_model"}


def test_it_is_proposed_kept_beside_its_sources_and_undone(
    world, topic, model, consolidate, client_of
):
    model.oracle = connecting
    before, held = content(*topic), Memory.objects.count()
    run = consolidate(world.team)
    proposal = run.proposals.get()
    assert (proposal.kind, proposal.maker, proposal.status) == ("synthesis", "model", "pending")
    assert proposal.text == f"- {NOTE}", "what the sources do not support is left out"
    assert (content(*topic), Memory.objects.count()) == (before, held), "nothing is published"
    address = f"/api/v1/consolidation/proposals/{proposal.public_id}"
    assert client_of(world.bob).post(f"{address}/approve", {}).status_code == 404
    shown = client_of(world.alice).post(f"{address}/approve", {}).json()
    note = Memory.objects.get(public_id=shown["result"])
    assert (note.kind, note.status, note.author.name) == ("summary", "active", "Archivist")
    assert Provenance.objects.filter(memory=note).count() == len(topic)
    assert content(*topic) == before, "its sources stay as they are"
    asked = len(model.asked)
    assert consolidate(world.team).counts["synthesis"]["proposed"] == 0
    assert len(model.asked) == asked
    change = Change.objects.get(result=note)
    undoing.undo(actor=of_user(world.alice), change=change, reason="Trivial.")
    note.refresh_from_db()
    assert (note.status, content(*topic)) == ("retracted", before)


def test_it_goes_when_one_of_its_sources_goes(world, topic, model, consolidate):
    model.oracle = connecting
    proposal = consolidate(world.team).proposals.get()
    done = proposals.approve(actor=of_user(world.alice), proposal=proposal)
    memories.retract(actor=of_user(world.alice), memory=topic[0])
    assert consolidate(world.team).counts["follow"]["undone"] == 1
    assert done.result is not None
    assert Memory.objects.get(pk=done.result.pk).status == "retracted"


def test_what_was_refused_is_not_proposed_again_with_one_memory_more(
    world, topic, model, write, consolidate
):
    model.oracle = connecting
    proposal = consolidate(world.team).proposals.get()
    proposals.reject(actor=of_user(world.alice), proposal=proposal, reason="Known.")
    write(world.bob, TOPIC[0].replace("hall 2", "hall 9"), space=world.team)
    assert consolidate(world.team).counts["synthesis"]["topics"] == 0
    assert Proposal.objects.count() == 1


def test_a_list_of_what_each_said_connects_nothing(world, topic, model, consolidate):
    def listing(_task, item):
        return {"claims": [{"text": one["text"], "cites": [one["id"]]} for one in item["sources"]]}

    model.oracle = listing
    counts = consolidate(world.team).counts["synthesis"]
    assert (counts["topics"], counts["dropped"], counts["proposed"]) == (1, 1, 0)


SOURCES = [piece(1, person=1), piece(2, person=1), piece(3, person=2), piece(4, person=3)]
LONG = "Pump 12 needs glycol. " * 9


@pytest.mark.parametrize(
    ("claims", "dropped", "people", "codes"),
    [
        ([("a", (0, 2))], 0, 2, ()),
        ([("a", (0, 1, 2)), ("b", (3,))], 2, 3, ()),
        ([("a", (0, 2))], 0, 3, ("unconnected",)),
        ([("a", (0,)), ("b", (2,))], 0, 2, ("unconnected",)),
        ([("a", (0, 1))], 0, 2, ("unconnected",)),
        ([("a", (0, 2))], 2, 2, ("unsupported",)),
        ([(LONG, (0, 2))], 0, 2, ("long",)),
        ([], 0, 2, ("nothing",)),
        ([], 1, 2, ("nothing", "unsupported")),
    ],
)
def test_what_may_be_shown(claims, dropped, people, codes):
    made = [Cited(text, cites) for text, cites in claims]
    assert on_synthesis(made, dropped, SOURCES, people=people) == codes


@given(some_pieces(6), st.lists(st.lists(st.integers(0, 5), max_size=4), max_size=4))
def test_one_person_alone_connects_nothing(held, cited):
    mine = [one for one in held if one.note.person == 1]
    claims = [Cited("x", tuple(n for n in cites if n < len(mine))) for cites in cited]
    assert not connects(claims, mine, people=2)
    assert connectable([mine], people=2) == ()


def test_a_topic_is_covered_by_more_than_half_of_its_words_of_then():
    words = {one.id: one.hash for one in SOURCES}
    half = dict(list(words.items())[:2])
    assert connectable([SOURCES], people=2, earlier=[words]) == ()
    assert connectable([SOURCES], people=2, earlier=[half]) == (tuple(SOURCES),)
    assert connectable([SOURCES], people=2, earlier=[dict.fromkeys(words, "other")]) != ()
