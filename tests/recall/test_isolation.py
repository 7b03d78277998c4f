"""Nobody learns from a recall what they may not read: not by results, counts, scores or errors."""

import uuid

import pytest

SECRET = "The boiler contract with Fennick ends in March."


@pytest.fixture
def secrets_of_alice(world, write, moved):
    """One of each kind that an answer could betray."""
    write(world.alice, SECRET)
    moved(write(world.alice, "Old boiler contract with Fennick."), "archived")
    moved(write(world.alice, "Odd boiler contract with Fennick."), "quarantined")


@pytest.mark.usefixtures("secrets_of_alice")
@pytest.mark.parametrize("name", ["bob", "dora", "charlie"])
def test_a_personal_space_answers_nobody_else(world, ask, name):
    answer = ask(getattr(world, name), "boiler contract Fennick", explain=True)
    assert answer["results"] == []
    assert answer["hidden"] == {}
    assert answer["explain"]["terms"] == {}
    assert answer["explain"]["documents"] == 0


@pytest.mark.usefixtures("secrets_of_alice")
def test_the_asker_with_the_space_sees_all_of_it(world, ask):
    answer = ask(world.alice, "boiler contract Fennick")
    assert [found["text"] for found in answer["results"]] == [SECRET]
    assert answer["hidden"] == {"archived": 1, "quarantined": 1}


def test_a_team_answers_its_members_only(world, write, texts):
    write(world.alice, SECRET, space=world.team)
    assert texts(world.bob, "boiler contract") == [SECRET]
    assert texts(world.dora, "boiler contract") == []
    assert texts(world.charlie, "boiler contract") == []


def test_an_unknown_and_an_invisible_space_are_the_same_error(world, client_of):
    def error(space):
        body = {"query": "boiler", "filters": {"spaces": [str(space)]}}
        answer = client_of(world.bob).post("/api/v1/recall", body)
        return answer.status_code, answer.json()

    unknown = error(uuid.uuid4())
    assert unknown[0] == 400
    assert unknown[1]["errors"][0]["attr"] == "filters.spaces"
    assert unknown[1]["errors"][0]["detail"] == "There is no such space."
    for space in (world.personal(world.alice), world.other_team, world.personal(world.charlie)):
        assert error(space.public_id) == unknown


def test_scores_do_not_depend_on_what_others_wrote(world, write, ask):
    write(world.bob, "The boiler leaks.")
    write(world.bob, "The pump hums.")

    def figures():
        found = ask(world.bob, "boiler pump", explain=True)
        return [(each["text"], each["score"], each["signals"]) for each in found["results"]], found[
            "explain"
        ]

    before = figures()
    for number in range(20):
        write(world.alice, f"Boiler note {number}.")
        write(world.charlie, f"Boiler and pump {number}.")
        write(world.dora, f"Pump {number}.", space=world.other_team)
    assert figures() == before


def test_a_token_limited_to_a_space_recalls_only_there(world, write, texts, make_agent, client_of):
    write(world.alice, "The boiler is mine.")
    write(world.alice, "The boiler is ours.", space=world.team)
    _, _, wide = make_agent(world.alice)
    _, _, narrow = make_agent(world.alice, spaces=[world.team.public_id])
    assert set(texts(wide, "boiler")) == {"The boiler is mine.", "The boiler is ours."}
    assert texts(narrow, "boiler") == ["The boiler is ours."]
    body = {
        "query": "boiler",
        "filters": {"spaces": [str(world.personal(world.alice).public_id)]},
    }
    assert client_of(narrow).post("/api/v1/recall", body).status_code == 400


def test_asking_needs_the_read_scope(world, make_agent, client_of):
    _, _, writer = make_agent(world.alice, scopes=["write"])
    assert client_of(writer).post("/api/v1/recall", {"query": "boiler"}).status_code == 403
    assert client_of(None).post("/api/v1/recall", {"query": "boiler"}).status_code == 401


def test_a_reader_may_ask(world, write, texts, make_agent):
    write(world.alice, "The boiler leaks.")
    _, _, reader = make_agent(world.alice, scopes=["read"])
    assert texts(reader, "boiler") == ["The boiler leaks."]


def test_a_neighbour_in_another_space_is_not_pulled_in(world, write, texts):
    write(world.alice, "Private remark.", session_id="s")
    write(world.alice, "The boiler leaks.", session_id="s", space=world.team)
    assert texts(world.bob, "boiler") == ["The boiler leaks."]
