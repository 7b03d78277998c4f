"""The graph in a recall: what it lifts, for whom, when, and what it costs."""

from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts.actors import of_user
from apps.graph.models import Entity
from apps.graph.services import changes
from apps.memories.services import memories
from apps.recall.core import related
from apps.recall.core.fusion import Ranked
from apps.recall.core.questions import Question
from apps.recall.core.ranking import Candidate
from apps.recall.core.related import SHARE
from apps.recall.services import recall
from apps.spaces.services import tree
from tests.graph.conftest import JANUARY, read_all
from tests.graph.conftest import related as relation

ASKED = "At which hours can we phone about the pump of Halberd-7?"
ANSWER = "Tessel answers from nine on."


def declared(*names: str) -> dict[str, Any]:
    return {"entities": [{"type": "supplier", "name": name} for name in names]}


@pytest.fixture
def factory(world, write):
    """What leads from a machine to its supplier's hours, among others' hours."""

    def tell(text, metadata, user=world.alice, space=world.team):
        return write(user, text, space=space, metadata=metadata)

    tell("Halberd-7 runs on a Corvane.", relation("Halberd-7", "uses", "Corvane"))
    made = tell("The Corvane comes from Tessel.", relation("Corvane", "made_by", "Tessel"))
    for name in ("Marlow", "Ostrik", "Fenwald", "Tessel", "Brannock"):
        tell(f"{name} answers from nine on.", declared(name))
    read_all()
    return made


def by_text(answer) -> dict[str, dict[str, Any]]:
    return {found["text"]: found for found in answer["results"]}


def told(answer) -> Any:
    """An answer without what differs between two askings."""
    return {name: answer[name] for name in ("results", "hidden", "degraded", "canon", "explain")}


@pytest.mark.usefixtures("factory")
def test_what_the_things_named_lead_to_is_lifted(world, ask):
    found = by_text(ask(world.bob, ASKED, explain=True))
    assert 0 < found[ANSWER]["signals"]["graph"] < SHARE
    assert found[ANSWER]["ranks"]["graph"] >= 2  # behind what is one relation away
    others = [text for text in found if text.endswith("answers from nine on.") and text != ANSWER]
    assert len(others) == 4
    assert all("graph" not in found[text]["signals"] for text in others)
    assert all(found[ANSWER]["score"] > found[text]["score"] for text in others)
    assert list(found).index(ANSWER) < min(map(list(found).index, others))


@pytest.mark.usefixtures("factory")
def test_who_asks_without_it_gets_what_words_and_meaning_say(world, ask, settings):
    plain = ask(world.bob, ASKED, graph=False, explain=True)
    assert all("graph" not in found["signals"] for found in plain["results"])
    assert plain["explain"]["named"] == []
    settings.RECALL_GRAPH = False
    assert told(ask(world.bob, ASKED, explain=True)) == told(plain)


def test_a_switch_that_is_none_is_refused_by_name(world, client_of):
    answer = client_of(world.alice).post("/api/v1/recall", {"query": "x", "graph": "maybe"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"] == "graph"


@pytest.mark.usefixtures("factory")
def test_names_are_known_however_they_stand_in_the_question(world, ask):
    for query in ("halberd-7?", "Who fixed “HALBERD-7’s” pump", "(Halberd-7)"):
        assert ask(world.bob, query, explain=True)["explain"]["named"] == ["halberd-7"], query
    assert ask(world.bob, "Halberd-70", explain=True)["explain"]["named"] == []


@pytest.mark.usefixtures("factory")
def test_what_the_asker_may_not_see_moves_no_weight_and_no_rank(world, write, ask):
    before = told(ask(world.bob, ASKED, explain=True))
    hidden = {
        "relations": [
            {"subject": "Halberd-7", "type": "made_by", "object": "Marlow"},
            {"subject": "Halberd-7", "type": "uses", "object": "Pump of Marlow"},
            {"subject": "Corvane", "type": "made_by", "object": "Ostrik"},
            {"subject": "Pump", "type": "made_by", "object": "Fenwald"},
        ]
    }
    write(world.dora, "Halberd-7 is by Marlow.", space=world.other_team, metadata=hidden)
    write(world.charlie, "Halberd-7 is by Marlow.", metadata=hidden)
    read_all()
    assert told(ask(world.bob, ASKED, explain=True)) == before
    seen = ask(world.dora, ASKED, explain=True)
    assert seen["explain"]["named"] == ["halberd-7", "pump"]
    assert [found["text"] for found in seen["results"]] == ["Halberd-7 is by Marlow."]


def test_a_filter_by_space_leaves_relations_of_other_spaces_out(world, write, ask):
    write(world.alice, "Halberd-7.", space=world.root, metadata=relation("Halberd-7", "uses", "Ix"))
    write(world.alice, "Ix is loud.", space=world.team, metadata=declared("Ix"))
    read_all()
    wide = ask(world.alice, "Halberd-7")
    assert "graph" in by_text(wide)["Ix is loud."]["signals"]
    narrow = ask(world.alice, "Halberd-7", filters={"spaces": [str(world.team.public_id)]})
    assert "graph" not in by_text(narrow)["Ix is loud."]["signals"]


def test_relations_count_while_they_hold(world, write, ask):
    times = {"valid_from": "2026-01-01", "valid_to": "2026-06-01"}
    said = {"space": world.team, "occurred_at": JANUARY}
    write(world.alice, "Swap.", metadata=relation("Halberd-7", "uses", "Ix", **times), **said)
    write(world.alice, "Ix is loud.", metadata=declared("Ix"), **said)
    read_all()
    for moment, lifted in (("2026-03-01", True), ("2026-09-01", False)):
        found = by_text(ask(world.alice, "Halberd-7", as_of=f"{moment}T00:00:00Z"))
        assert ("graph" in found["Ix is loud."]["signals"]) is lifted, moment


def test_what_was_taken_back_lifts_nothing(world, factory, ask):
    memories.retract(actor=of_user(world.alice), memory=factory)
    assert "graph" not in by_text(ask(world.bob, ASKED))[ANSWER]["signals"]


def test_another_name_of_the_same_thing_is_found(world, write, ask):
    write(world.alice, "PX hums.", space=world.team, metadata=declared("PX"))
    write(world.alice, "Press North was oiled.", space=world.team, metadata=declared("Press North"))
    read_all()
    apart = by_text(ask(world.alice, "Is PX fine?"))
    assert "graph" not in apart["Press North was oiled."]["signals"]
    px, north = (Entity.objects.called(name).get() for name in ("PX", "Press North"))
    changes.merge(actor=of_user(world.alice), kept=north, other=px)
    found = by_text(ask(world.alice, "Is PX fine?"))
    assert found["Press North was oiled."]["signals"]["graph"] == pytest.approx(SHARE)
    assert found["PX hums."]["signals"]["graph"] == pytest.approx(SHARE)


def test_that_a_thing_was_merged_with_a_hidden_one_moves_nothing(world, write, ask):
    tree.settle(team=world.other_team, person=world.alice, role="curator")
    write(world.alice, "PX hums at night.", space=world.team, metadata=declared("PX"))
    write(world.alice, "It is fine.", space=world.team)
    for name in ("Northstar", "Southstar"):
        write(world.alice, f"{name}.", space=world.other_team, metadata=declared(name))
    read_all()
    before = told(ask(world.bob, "Is PX fine?", explain=True))
    names = ("PX", "Northstar", "Southstar")
    px, north, south = (Entity.objects.called(name).get() for name in names)
    changes.merge(actor=of_user(world.alice), kept=px, other=south)
    assert told(ask(world.bob, "Is PX fine?", explain=True)) == before, "another name of it"
    changes.merge(actor=of_user(world.alice), kept=north, other=px)
    assert told(ask(world.bob, "Is PX fine?", explain=True)) == before, "what stands for it"
    assert ask(world.alice, "Is PX fine?", explain=True)["explain"]["named"] == ["px"]
    here = {"spaces": [str(world.team.public_id)]}
    assert ask(world.alice, "Is PX fine?", explain=True, filters=here)["explain"]["named"] == []


@pytest.mark.usefixtures("factory")
def test_one_statement_more_and_only_for_what_leads_anywhere(world, write):
    write(world.alice, "Lone is here.", space=world.team, metadata=declared("Lone"))
    read_all()

    def statements(query, **how):
        with CaptureQueriesContext(connection) as captured:
            recall.ask(actor=of_user(world.bob), question=Question(query, **how))
        return len(captured)

    statements("warm up")
    nameless = statements("Which phone is red?")
    assert statements("Which phone has Lone?") == nameless
    assert statements("Which phone has Halberd-7?", graph=False) == nameless
    assert statements("Which phone has Halberd-7?") == nameless + 1


@pytest.mark.usefixtures("factory")
def test_the_same_question_has_the_same_answer(world, ask):
    first = told(ask(world.bob, ASKED))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE graph_relation, graph_evidence, graph_entity")
    assert told(ask(world.bob, ASKED)) == first


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("factory")
def test_without_the_graph_in_time_the_other_legs_answer(world, ask, settings):
    plain = ask(world.bob, ASKED, graph=False)
    settings.RECALL_TIMEOUT_MS = 400
    with psycopg.connect(**connection.get_connection_params()) as other:
        other.execute("LOCK TABLE graph_evidence IN ACCESS EXCLUSIVE MODE")
        late = ask(world.bob, ASKED)
        other.rollback()
    assert late["degraded"] == ["graph"]
    assert late["results"] == plain["results"]


@pytest.mark.parametrize(
    ("question", "language", "wanted"),
    [
        ("", "", []),
        ("Is it E-204?", "en", ["e-204", "is it", "is it e-204", "it e-204"]),
        ("Anna’s van", "en", ["anna", "anna’s", "anna’s van", "van"]),
        ("die Presse", "de", ["die presse", "presse"]),
        ("x" * 300, "", []),
    ],
)
def test_phrases_of_a_question(question, language, wanted):
    assert related.phrases(question, language) == wanted


def test_a_long_question_is_looked_at_at_its_beginning():
    words = [f"w{number}" for number in range(500)]
    said = related.phrases(" ".join(words))
    assert {"w0", "w63", "w60 w61 w62 w63"} <= set(said)
    assert "w64" not in said
    assert len(said) < 4 * related.WORDS


def test_a_name_within_a_longer_one_is_not_meant():
    named = [("acme", 1), ("acme berlin", 2), ("berlin", 3), ("lin", 4), ("acme", 5)]
    assert related.meant(named) == [("acme berlin", 2), ("lin", 4)]
    assert related.meant(reversed(named)) == related.meant(named)


def test_a_related_one_is_judged_on_the_scale_of_the_others():
    found = [Candidate(1, dense=0.6), Candidate(2, dense=0.3), Candidate(3, lexical=2.0)]
    others = [Candidate(1, dense=0.6), Candidate(4, dense=0.4), Candidate(5, 1.0, dense=0.1)]
    assert related.beside(others, found) == [Candidate(4, dense=0.4), Candidate(5, 1.0)]
    assert related.beside([Candidate(4, dense=-0.9)], []) == [Candidate(4, dense=-0.9)]


MASSES = st.dictionaries(st.integers(1, 30), st.floats(1e-6, 1.0), max_size=12)
RANKED = st.lists(
    st.builds(Ranked, st.integers(1, 30), st.floats(0, 1.8)), unique_by=lambda each: each.id
).map(lambda all_: sorted(all_, key=lambda each: -each.score))


@given(RANKED, MASSES, st.floats(0, 1))
def test_laws_of_lifting(ranked, masses, share):
    heard = related.lifted(ranked, masses, share=share)
    before = {each.id: each.score for each in ranked}
    after = {each.id: each.score for each in heard}
    assert after.keys() == before.keys() | masses.keys()
    for id_, score in after.items():
        gained = score - before.get(id_, 0.0)
        assert -1e-9 <= gained <= share + 1e-9
        assert id_ in masses or gained == 0
    others = [each.id for each in ranked if each.id not in masses]
    assert [each.id for each in heard if each.id not in masses] == others
    scores = [round(each.score, 12) for each in heard]
    assert scores == sorted(scores, reverse=True)
    assert all(("graph" in each.signals) == (each.id in masses) for each in heard)
    assert related.lifted(ranked, dict(reversed(masses.items())), share=share) == heard
    if masses:
        best = max(masses, key=masses.__getitem__)
        assert next(each for each in heard if each.id == best).ranks["graph"] == 1
