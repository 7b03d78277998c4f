"""Exports are complete, permitted, resumable and digested; imports are checked and happen once."""

import hashlib
import json

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts.actors import of_user
from apps.audit.models import AuditEvent
from apps.governance.api import exchange as exchange_api
from apps.governance.core import exchange
from apps.governance.services import imports, reading
from apps.kernel.errors import Invalid, LimitExceeded
from apps.memories.models import Confirmation, Memory
from apps.memories.services import evidence, memories

V1 = "/api/v1"
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=80)


@given(texts)
def test_a_record_is_one_line_and_comes_back(text):
    told = exchange.line({"type": "memory", "text": text})
    assert "\n" not in told
    assert told.splitlines() == [told] or "\x85" in text or "\x1c" in told or "\x0b" in told
    assert json.loads(told)["text"] == text


@given(st.integers(0, 9), st.integers(0, 2**40), st.integers(0, 999), texts)
def test_a_cursor_comes_back(section, row, records, text):
    place = exchange.Place(section, row, records, exchange.advance("0" * 64, text))
    assert exchange.place(place.cursor()) == place


@given(texts)
def test_what_is_no_cursor_is_said_to_be_none(text):
    try:
        found = exchange.place(text)
    except ValueError:
        return
    assert isinstance(found, exchange.Place)


@given(texts, st.integers(0, 9))
def test_no_text_ends_its_block(text, ticks):
    hostile = f"{text}\n{'`' * ticks}\n# Owned"
    block = exchange.fenced(hostile).splitlines()
    fence = block[0].removesuffix("text")
    assert set(fence) == {"`"}
    assert len([one for one in block[1:] if one.strip() == fence]) == 1


@pytest.fixture
def notes(world, write):
    """Alice's notes with a history, evidence of Bob's and an outcome."""
    shared = write(world.alice, "Shared with the team.", space=world.team, tags=("pump",))
    shared = memories.revise(
        actor=of_user(world.alice), memory=shared, changes={"text": "Shared, and edited."}
    )
    evidence.confirm(actor=of_user(world.bob), memory=shared, note="Bob saw it.")
    evidence.report_outcome(
        actor=of_user(world.alice), task="Her task", success=True, memory_ids=[shared.public_id]
    )
    for number in range(5):
        write(world.alice, f"Private {number}.", importance=0.25, metadata={"n": number})
    return shared


def records(answer):
    assert answer.status_code == 200, answer.content
    text = b"".join(answer.streaming_content).decode()
    assert int(answer["Content-Length"]) == len(text.encode())
    return [json.loads(one) for one in text.split("\n") if one], text


def test_a_person_s_export_is_complete(notes, world, client_of):
    told, _ = records(client_of(world.alice).get(f"{V1}/exports/person"))
    assert [told[0]["type"], told[-1]["type"]] == ["manifest", "end"]
    found = {one["id"]: one for one in told if one["type"] == "memory"}
    mine = Memory.objects.filter(owner=world.alice)
    assert found.keys() == {str(one.public_id) for one in mine}
    one = found[str(notes.public_id)]
    assert [each["text"] for each in one["revisions"]] == [
        "Shared with the team.", "Shared, and edited.",
    ]  # fmt: skip
    assert one["tags"] == ["pump"]
    assert [(each["stance"], each["note"]) for each in one["confirmations"]] == [("confirmed", "")]
    assert [each["success"] for each in one["outcomes"]] == [True]
    assert [each["task"] for each in told if each["type"] == "outcome"] == ["Her task"]
    assert AuditEvent.objects.filter(action="person.export").count() == 1


def test_pages_put_together_are_the_whole(notes, world, client_of):
    client = client_of(world.alice)
    whole, text = records(client.get(f"{V1}/exports/person"))
    pages, cursor = [], ""
    while True:
        page, _ = records(client.get(f"{V1}/exports/person?limit=2&after={cursor}"))
        pages += page
        if page[-1]["type"] == "end":
            break
        again, _ = records(client.get(f"{V1}/exports/person?limit=2&after={cursor}"))
        assert again[1:] == page[1:] or cursor == ""
        cursor = page[-1]["cursor"]
    parts = [one for one in pages if one["type"] not in {"more", "manifest", "end"}]
    assert parts == whole[1:-1]
    assert pages[-1]["records"] == whole[-1]["records"] == len(whole) - 1
    digest = "0" * 64
    for one in text.split("\n")[: len(whole) - 1]:
        digest = hashlib.sha256(f"{digest}\n{one}".encode()).hexdigest()
    assert digest == whole[-1]["sha256"]


def test_a_space_is_exported_by_who_manages_and_reads_it(notes, world, client_of, dora, write):
    write(world.bob, "Bob in the team.", space=world.team)
    path = f"{V1}/spaces/{world.team.public_id}/export"
    told, _ = records(client_of(world.alice).get(path))
    assert {one["text"] for one in told if one["type"] == "memory"} == {
        "Shared, and edited.", "Bob in the team.",
    }  # fmt: skip
    assert client_of(world.bob).get(path).status_code == 403
    assert client_of(dora).get(path).status_code == 403, "managing is not reading"
    assert client_of(world.charlie).get(path).status_code == 404


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "limit=1001", "as=xml", "after=%21"])
def test_bad_questions_name_the_parameter(query, world, client_of):
    answer = client_of(world.alice).get(f"{V1}/exports/person?{query}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"] == query.split("=")[0]


def test_markdown_is_for_people(world, write, client_of):
    write(world.alice, "```\n# Owned\n```")
    answer = client_of(world.alice).get(f"{V1}/exports/person?as=markdown")
    text = b"".join(answer.streaming_content).decode()
    assert answer["Content-Type"].startswith("text/markdown")
    assert "````text\n```\n# Owned\n```\n````" in text


@pytest.fixture
def exported(notes, world, client_of):
    """The text of Alice's export."""
    return records(client_of(world.alice).get(f"{V1}/exports/person"))[1]


def state():
    """Everything a second import must leave alone."""
    return list(Memory.objects.order_by("pk").values()), Confirmation.objects.count()


def test_it_comes_in_once(exported, world, client_of):
    client = client_of(world.bob)
    first = client.post(f"{V1}/imports", {"jsonl": exported}).json()
    assert (first["created"], first["present"]) == (6, 0)
    brought = Memory.objects.filter(owner=world.bob, source="import")
    assert {one.text for one in brought} >= {"Shared, and edited.", "Private 3."}
    assert {one.importance for one in brought.filter(text__startswith="Private")} == {0.25}
    before = state()
    again = client.post(f"{V1}/imports", {"jsonl": exported}).json()
    assert (again["created"], again["present"]) == (0, 6)
    assert state() == before


def test_where_it_came_from_nothing_changes(exported, world, client_of):
    before = state()
    done = client_of(world.alice).post(f"{V1}/imports", {"jsonl": exported}).json()
    assert done["created"] == 1, "what lay in the team is new in her own space"
    assert len(state()[0]) == len(before[0]) + 1


def test_what_was_erased_does_not_come_back(exported, erase, world):
    erase(world.alice)
    lines, _ = reading.read(exported.split("\n"))
    target = world.personal(world.alice)
    known = imports._known(of_user(world.alice), target, lines)
    assert {line.id for line in lines if line.draft.text.startswith("Private")} <= known


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ('{"text": ""}', "text"),
        ('{"text": "x", "importance": 7}', "importance"),
        ('{"text": "x", "kind": "rumour"}', "kind"),
        ('{"text": "x", "tags": "pump"}', "tags"),
        ('{"text": "x", "tags": [5, {}]}', "tags.1"),
        ('{"text": "x", "metadata": []}', "metadata"),
        ('{"text": "x", "valid_from": "yesterday"}', "valid_from"),
        ('{"text": "x", "id": "7"}', "id"),
        ('{"text": "x\\u0000"}', "json"),
        ("[]", "json"),
        ("{", "json"),
        ("[" * 100_000, "json"),
        ('{"text": "' + "x" * 33_000 + '"}', "text"),
        ('{"type": "manifest", "format": "other"}', "format"),
    ],
    ids=lambda value: value[:30],
)
def test_an_error_names_line_and_field_and_nothing_is_written(line, field, world, client_of):
    answer = client_of(world.bob).post(f"{V1}/imports", {"jsonl": '{"text": "Fine."}\n\n' + line})
    assert answer.status_code == 400, answer.content
    error = answer.json()["errors"][0]
    assert error["attr"] == f"lines.3.{field}"
    assert "line 3" in error["detail"]
    assert not Memory.objects.filter(owner=world.bob).exists()


def test_a_changed_or_cut_file_is_refused(exported):
    lines = exported.rstrip("\n").split("\n")
    assert len(reading.read(lines)[0]) == 6
    with pytest.raises(Invalid, match="cut off"):
        reading.read(lines[:-1])
    with pytest.raises(Invalid, match="not those that were written"):
        reading.read([*lines[:2], *lines[3:]])
    with pytest.raises(Invalid, match="not those that were written"):
        reading.read([one.replace("Private 3", "Private 4") for one in lines])


def test_too_long_a_file_or_line_is_refused(monkeypatch):
    with pytest.raises(LimitExceeded, match="more than 2 lines"):
        reading.read(['{"text": "x"}'] * 3, most=2)
    monkeypatch.setattr(reading, "LONGEST", 20)
    with pytest.raises(LimitExceeded, match="line 1 has"):
        reading.read(['{"text": "' + "x" * 30 + '"}'])


def test_a_request_brings_in_what_is_read_within_seconds(world, client_of):
    for jsonl, attr, limit in (
        ('{"text": "x"}\n' * (exchange_api.LINES + 1), "lines", "5,000 lines"),
        ('{"text": "' + "\u00e9" * (exchange_api.LARGEST // 2) + '"}', "jsonl", "8,388,608 bytes"),
    ):
        answer = client_of(world.bob).post(f"{V1}/imports", {"jsonl": jsonl})
        error = answer.json()["errors"][0]
        assert (answer.status_code, error["attr"], limit in error["detail"]) == (422, attr, True)
    assert not Memory.objects.filter(owner=world.bob).exists()


def test_the_commands_do_the_same(notes, world, tmp_path, capsys):
    path = tmp_path / "alice.jsonl"
    call_command("export", "person", "alice@example.org", "--out", str(path))
    call_command("import", str(path), "--as", "bob@example.org")
    assert "6 memories are new, 0 were there" in capsys.readouterr().out
    call_command("import", str(path), "--as", "bob@example.org")
    assert "0 memories are new, 6 were there" in capsys.readouterr().out
    out = tmp_path / "team.md"
    space = str(world.team.public_id)
    call_command("export", "space", space, "--as", "alice@example.org", "--out", str(out),
                 "--format", "markdown")  # fmt: skip
    assert "Shared, and edited." in out.read_text()
    with pytest.raises(CommandError, match="Who manages a space"):
        call_command("export", "space", space, "--as", "bob@example.org", "--out", str(out))
    path.write_text(path.read_text().replace("Private 3", "Private 4"))
    with pytest.raises(CommandError, match="not those that were written"):
        call_command("import", str(path), "--as", "bob@example.org")
