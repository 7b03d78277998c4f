"""The promotion benchmark end to end on a small organisation."""

import json
from typing import Any

import pytest

from apps.accounts.actors import of_user
from apps.memories.services import memories
from apps.memories.services.drafts import Draft
from bench import promotion
from bench.organisation import AlreadyThereError, changes, fingerprint
from memoryhub.demo import folder

PEOPLE = ("ann", "bo", "cem", "dee")
RUMOUR = "Heard from the warehouse that the blue crates are going to be scrapped before the summer."
LABELS = [
    {
        "cluster": "crates",
        "memory_ids": ["m1", "m2", "m3"],
        "verdict": "never",
        "reason": "false_rumour",
        "review_ok": True,
    },
    {
        "cluster": "key",
        "memory_ids": ["m4"],
        "verdict": "never",
        "reason": "secret",
        "review_ok": False,
    },
    {
        "cluster": "dosing",
        "memory_ids": ["m5"],
        "verdict": "promote",
        "reason": "org_knowledge_outcome",
        "review_ok": True,
    },
]
PAIRS = [
    {"a": "m1", "b": "m2", "same": True, "langs": ["en"]},
    {"a": "m1", "b": "m5", "same": False, "langs": ["en"]},
]


def memory(number, author, text, agent=None):
    return {
        "id": f"m{number}",
        "author": author,
        "agent": agent,
        "session": "",
        "occurred_at": f"2026-02-0{number}T10:00:00Z",
        "kind": "fact",
        "text": text,
        "tags": [],
        "metadata": {},
    }


def outcome(number, actor):
    return {
        "id": f"o{number}",
        "task": f"dosing job {number}",
        "occurred_at": "2026-02-20T10:00:00Z",
        "actor": actor,
        "success": True,
        "kind": "ticket_resolved",
        "memory_ids": ["m5"],
    }


@pytest.fixture
def organisation(tmp_path):
    files: dict[str, list[dict[str, Any]]] = {
        "people": [
            {"id": name, "name": name.title(), "email": f"{name}@smallworks.example"}
            for name in PEOPLE
        ],
        "teams": [{"id": "t1", "name": "Yard", "members": list(PEOPLE)}],
        "agents": [{"id": "ann-bot", "owner": "ann", "name": "Ann's notes"}],
        "memories": [
            memory(1, "ann", RUMOUR, agent="ann-bot"),
            memory(2, "bo", RUMOUR),
            memory(3, "cem", RUMOUR),
            memory(4, "ann", "The crane console opens with the password hunter2-Kx81!vQ"),
            memory(5, "dee", "Dosing pumps on line four lose prime unless the foot valve is wet."),
        ],
        "outcomes": [outcome(n, PEOPLE[n % 3]) for n in range(24)],
        "labels": LABELS,
        "pairs": PAIRS,
    }
    for name, rows in files.items():
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (tmp_path / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    return tmp_path


@pytest.fixture
def figures(db, organisation):
    return promotion.measure(folder.read(organisation))


def test_it_judges_what_one_run_did(figures):
    assert figures["counts"]["memories"] == 5
    assert figures["counts"]["outcomes"] == 24
    assert figures["screened_by_reason"] == {"secret": 1}
    assert figures["auto_precision"] == figures["covered_auto_share"] == 1.0
    assert figures["published_by_reason"] == {"org_knowledge_outcome": 1}
    assert set(figures["leaks"].values()) == {0}
    assert figures["silent_merges"] == 3
    assert (figures["false_merge"], figures["false_split"]) == (0.0, 0.0)
    assert figures["linked_share"] == 1.0
    assert figures["second_run_changes"] == 0


def test_without_label_files_it_says_so_and_claims_nothing(db, organisation):
    for name in ("labels", "pairs"):
        (organisation / f"{name}.jsonl").unlink()
    figures = promotion.measure(folder.read(organisation))
    assert figures["auto_precision"] is figures["leaks"] is figures["false_merge"] is None
    assert figures["counts"]["published"] == 1
    shown = "\n".join(promotion.table(figures))
    assert "There is no labels.jsonl" in shown
    assert "| `auto_precision` | – |" in shown


def test_a_second_folder_of_the_same_name_is_refused(figures, organisation):
    with pytest.raises(AlreadyThereError, match="Smallworks"):
        promotion.measure(folder.read(organisation))


def test_one_more_memory_shows_as_changed_rows(world):
    before = fingerprint()
    memories.remember(actor=of_user(world.alice), draft=Draft(text="The gate closes at six."))
    changed = changes(before, fingerprint())
    assert changed["memories_memory"] == changed["audit_auditevent"] == 1
    assert not any(table.startswith("curation") for table in changed)


def test_changed_rows_are_counted_by_table():
    before = {("a", "1"): "x", ("a", "2"): "x", ("b", "1"): "x"}
    after = {("a", "1"): "x", ("a", "2"): "y", ("c", "1"): "x"}
    assert changes(before, after) == {"a": 1, "b": 1, "c": 1}
