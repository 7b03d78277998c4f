"""`known_at`: what the hub knew at a moment, in the words it had then, for who may see it now."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from apps.memories.models import MemoryIndex
from apps.memories.services import evidence, memories
from apps.recall.models import Feedback, RecallUse
from apps.recall.services import history
from apps.spaces.services import grants

MAY = datetime(2026, 5, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def on():
    """`with on(day):` the clock stands `day` days after the first of May."""
    return lambda day: time_machine.travel(MAY + day * DAY, tick=False)


@pytest.fixture
def known(texts, on):
    """`known(who, day, query)` -> texts found, asked a month later."""

    def _known(who, day, query="boiler", **body):
        with on(30):
            return texts(who, query, known_at=(MAY + day * DAY).isoformat(), **body)

    return _known


def edit(client_of, who, memory, **fields):
    answer = client_of(who).patch(f"/api/v1/memories/{memory.public_id}", fields)
    assert answer.status_code == 200, answer.json()


@pytest.fixture
def edited(world, write, on, client_of):
    """Written on day 0, other words on day 10, other words again on day 20."""
    with on(0):
        memory = write(world.alice, "The boiler room key hangs behind the door.")
    with on(10):
        edit(client_of, world.alice, memory, text="The boiler room key lies in the green box.")
    with on(20):
        edit(client_of, world.alice, memory, text="Nobody knows where the furnace key went.")
    return memory


def test_a_memory_edited_later_shows_its_old_words(world, edited, known):
    assert known(world.alice, -1) == []
    assert known(world.alice, 0) == ["The boiler room key hangs behind the door."]
    assert known(world.alice, 9.9) == ["The boiler room key hangs behind the door."]
    assert known(world.alice, 10) == ["The boiler room key lies in the green box."]
    assert known(world.alice, 20, "key") == ["Nobody knows where the furnace key went."]


def test_words_that_are_only_in_an_old_revision_are_found(world, edited, write, on, ask):
    with on(1):
        for number in range(30):
            write(world.alice, f"A note on the garden, number {number}.")
    with on(30):
        moment = (MAY + 2 * DAY).isoformat()
        found = ask(world.alice, "behind which door?", known_at=moment, limit=5)["results"]
        today = ask(world.alice, "behind which door?", limit=50)["results"]
    assert found[0]["text"] == "The boiler room key hangs behind the door."
    assert found[0]["revision"] == 1
    assert found[0]["signals"]["lexical"] > 0
    assert not any("door" in each["text"] for each in today)


def test_new_words_do_not_find_old_ones(world, edited, known, ask, on):
    with on(30):
        answer = ask(world.alice, "furnace", known_at=MAY.isoformat(), explain=True)
    assert answer["explain"]["terms"] == {"furnac": 1}  # known now, and by nothing then
    assert all("lexical" not in each["signals"] for each in answer["results"])


@pytest.mark.usefixtures("minilm")
def test_old_words_are_found_by_their_meaning(world, write, on, client_of, ask):
    with on(0):
        memory = write(world.alice, "Our cat sleeps on the sofa.")
        write(world.alice, "The invoice is due in June.")
    with on(10):
        edit(client_of, world.alice, memory, text="The invoice was paid in June.")
    with on(30):
        found = ask(world.alice, "Where does the kitten nap?", known_at=MAY.isoformat())["results"]
    assert found[0]["text"] == "Our cat sleeps on the sofa."
    assert found[0]["signals"]["dense"] > 0.3
    assert "lexical" not in found[0]["signals"]


def test_what_was_not_known_then_is_not_found(world, write, on, known):
    with on(0):
        write(world.alice, "The boiler is red.", occurred_at=MAY - 9 * DAY)
    with on(5):
        write(world.alice, "The boiler was red before.", occurred_at=MAY - 9 * DAY)
    assert known(world.alice, 4) == ["The boiler is red."]
    assert set(known(world.alice, 5)) == {"The boiler is red.", "The boiler was red before."}
    assert known(world.alice, 4000) == known(world.alice, 29)  # nobody knows the future


def test_a_status_is_the_one_of_then(world, write, on, known, moved):
    with on(0):
        old = write(world.alice, "The boiler code is 11.")
        odd = write(world.alice, "The boiler explodes.")
    with on(5):
        moved(odd, "quarantined")
    with on(10):
        write(world.alice, "The boiler code is 22.", supersedes=old.public_id)
        moved(odd, "active")
    both = {"The boiler code is 11.", "The boiler explodes."}
    assert set(known(world.alice, 1)) == both
    assert known(world.alice, 6) == ["The boiler code is 11."]
    assert known(world.alice, 6, filters={"status": ["quarantined"]}) == ["The boiler explodes."]
    assert set(known(world.alice, 11)) == {"The boiler code is 22.", "The boiler explodes."}
    assert known(world.alice, 11, filters={"status": ["superseded"]}) == ["The boiler code is 11."]


def test_what_had_not_expired_then_is_found(world, write, on, known, texts):
    with on(0):
        write(world.alice, "The boiler is on loan.", expires_at=MAY + 3 * DAY)
    assert known(world.alice, 2) == ["The boiler is on loan."]
    assert known(world.alice, 4) == []
    with on(5):
        assert memories.archive_expired(now=MAY + 5 * DAY) == 1
    assert known(world.alice, 2) == ["The boiler is on loan."]
    assert known(world.alice, 6) == []


def test_both_times_together(world, write, on, known, client_of):
    """On day 10 it was learned that the rent had ended on day 2."""
    with on(0):
        memory = write(world.alice, "The boiler is rented.", valid_from=MAY - 9 * DAY)
    with on(10):
        edit(client_of, world.alice, memory, valid_to=(MAY + 2 * DAY).isoformat())
    day_5 = (MAY + 5 * DAY).isoformat()
    assert known(world.alice, 5, as_of=day_5) == ["The boiler is rented."]
    assert known(world.alice, 11, as_of=day_5) == []
    assert known(world.alice, 11, as_of=(MAY + DAY).isoformat()) == ["The boiler is rented."]
    assert known(world.alice, 5, as_of=(MAY - 10 * DAY).isoformat()) == []


def test_filters_are_about_the_memory_of_then(world, write, on, known, client_of):
    with on(0):
        memory = write(
            world.alice, "The boiler leaks.", kind="fact", tags=("a",), metadata={"floor": 1}
        )
    with on(10):
        edit(
            client_of, world.alice, memory,
            kind="decision", tags=["b"], metadata={"floor": 2}, text="The boiler is dry.",
        )  # fmt: skip
    for then, since in (
        ({"kinds": ["fact"]}, {"kinds": ["decision"]}),
        ({"tags": ["a"]}, {"tags": ["b"]}),
        ({"metadata": {"floor": 1}}, {"metadata": {"floor": 2}}),
        ({"authors": [str(world.alice.public_id)]}, {"authors": [str(world.bob.public_id)]}),
    ):
        assert known(world.alice, 1, filters=then) == ["The boiler leaks."]
        assert known(world.alice, 1, filters=since) == []


def test_permissions_are_those_of_now(world, write, on, known, actor_of, client_of):
    with on(0):
        shared = write(world.alice, "The boiler leaks.", space=world.team)
        taken_back = write(world.bob, "The boiler burns.", space=world.team)
        write(world.alice, "The boiler is mine.")
    with on(10):
        edit(client_of, world.alice, shared, text="The boiler is dry.")
        memories.retract(actor=actor_of(world.bob), memory=taken_back)
    assert set(known(world.bob, 1)) == {"The boiler leaks.", "The boiler burns."}
    assert set(known(world.alice, 1)) == {  # she reviews the team
        "The boiler leaks.", "The boiler burns.", "The boiler is mine.",
    }  # fmt: skip
    assert known(world.dora, 1) == known(world.charlie, 1) == []
    grants.grant(space=world.team, person=world.dora, role="viewer", by=actor_of(world.alice).by)
    assert known(world.dora, 1) == ["The boiler leaks."]  # joined later, reads; not what is gone


def test_what_is_erased_has_no_past(world, edited, known, moved):
    moved(edited, "erased")
    assert known(world.alice, 1) == known(world.alice, 29) == []


def test_sources_and_confirmations_of_later_are_not_told(world, write, on, ask, actor_of):
    with on(0):
        source = write(world.alice, "I saw a leak.", space=world.team)
        memory = write(world.alice, "The boiler leaks.", space=world.team)
    with on(5):
        evidence.confirm(actor=actor_of(world.bob), memory=memory)
        write(world.alice, memory.text, space=world.team, derived_from=(source.public_id,))

    def told(day):
        with on(30):
            body = {"known_at": (MAY + day * DAY).isoformat()}
            found = ask(world.bob, "boiler", **body)["results"][0]
        return found["corroborated_at"], found["provenance"]["sources"]

    assert told(1) == (None, 0)
    assert told(6)[0] is not None
    assert told(6)[1] == 1


def test_more_old_words_than_can_be_read_are_reported(
    world, write, on, client_of, ask, monkeypatch
):
    monkeypatch.setattr(history, "SCANNED", 2)
    with on(0):
        notes = [write(world.alice, f"Garden note {number}.") for number in range(3)]
        notes.append(write(world.alice, "The boiler leaks."))
    with on(10):
        for number, note in enumerate(notes):
            edit(client_of, world.alice, note, text=f"Nothing to see, {number}.")
    with on(30):
        answer = ask(world.alice, "Is the boiler leaking?", known_at=MAY.isoformat())
        assert answer["degraded"] == ["history"]
        assert answer["results"][0]["text"] == "The boiler leaks."  # its words come first
        assert ask(world.alice, "boiler", known_at=(MAY + 11 * DAY).isoformat())["degraded"] == []


@pytest.mark.usefixtures("unreachable_model")
def test_without_the_model_the_past_is_found_by_words(world, edited, ask, on):
    with on(30):
        answer = ask(world.alice, "behind the door", known_at=MAY.isoformat())
    assert answer["degraded"] == ["dense"]
    assert [each["text"] for each in answer["results"]] == [
        "The boiler room key hangs behind the door."
    ]


def test_old_words_compare_to_those_in_the_index(world, write, on, client_of, ask):
    """The same text scores the same, whether it was edited since or not."""
    with on(0):
        changed = write(world.alice, "The boiler leaks in winter.", space=world.team)
        write(world.bob, "The boiler leaks in winter.", space=world.team)
        moved = write(world.alice, "The boiler leaks in winter.")
    with on(10):
        edit(client_of, world.alice, changed, text="It was repaired.")
        edit(client_of, world.alice, moved, tags=["later"])
    with on(30):
        answer = ask(world.alice, "boiler winter", known_at=MAY.isoformat(), neighbours=False)
    assert len(answer["results"]) == 3
    for name in ("lexical", "dense"):
        first, *others = (each["signals"][name] for each in answer["results"])
        assert others == pytest.approx([first, first], rel=2e-3)


def test_hostile_questions_of_the_past(world, edited, known):
    for query in ("100%_\\", "%' OR 1=1 --", "%(known_at)s", "漏水", "E-204"):
        assert isinstance(known(world.alice, 1, query), list)


def test_feedback_is_about_the_words_that_were_shown(world, edited, ask, on, client_of):
    with on(30):
        recall = ask(world.alice, "boiler", known_at=MAY.isoformat())["recall_id"]
        body = {"verdict": "outdated", "memory_ids": [str(edited.public_id)]}
        answer = client_of(world.alice).post(f"/api/v1/recall/{recall}/feedback", body)
    assert answer.status_code == 200
    assert RecallUse.objects.get(public_id=recall).known_at == MAY
    edited.refresh_from_db()
    assert Feedback.objects.get().content_hash != edited.content_hash


@pytest.mark.parametrize("moment", ["yesterday", "1800-01-01T00:00:00Z", 7])
def test_a_moment_has_limits(world, client_of, moment):
    answer = client_of(world.alice).post("/api/v1/recall", {"query": "x", "known_at": moment})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"] == "known_at"


def test_pending_vectors_do_not_hide_the_past(world, edited, known):
    MemoryIndex.objects.update(embedding=None)
    assert known(world.alice, 1) == ["The boiler room key hangs behind the door."]
