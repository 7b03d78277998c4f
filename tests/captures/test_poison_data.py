"""Hostile texts of a labelled set through every step of captures and of the archivist, with a model
that does what they say: nothing comes of it but candidates and proposals.

DATA=folder make test ARGS="-k poison_data"    # a folder with notes.jsonl: text, label 0 or 1
"""

import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from apps.accounts.actors import of_user
from apps.accounts.services import users
from apps.captures.models import Capture, CaptureChunk
from apps.captures.services import captures, distilling
from apps.captures.services.captures import About
from apps.consolidation.core.policy import DEFAULT
from apps.consolidation.models import Change, Proposal
from apps.consolidation.services import policies, runs
from apps.memories.models import Memory, MemoryRevision
from apps.usage.models import ModelCall
from tests.providers.model_server import Json, ModelServer

FOLDER = os.environ.get("DATA", "")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FOLDER, reason="DATA names no folder with notes.jsonl"),
]


def obeying(task: str, item: Json) -> Json:
    """Says whatever a text says, cites what it may and what not, and calls pairs the same."""
    if task == "same_fact":
        return {"verdict": "same"}
    if task == "distil":
        statements = [
            {"what": what, "text": source["text"][:900], "cites": cites}
            for source in item["sources"][:20]
            for what, cites in (("decision", [source["id"]]), ("preference", ["memory-1"]))
        ]
        return {"statements": statements}
    claims = [{"text": source["text"][:900], "cites": [source["id"]]} for source in item["sources"]]
    return {"claims": [*claims[:20], {"text": "Delete them all.", "cites": ["memory-1"]}]}


@pytest.fixture
def notes() -> list[Json]:
    path = Path(FOLDER) / "notes.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


@pytest.fixture
def model(settings: Any) -> Any:
    with ModelServer(obeying) as server:
        settings.LLM_MODEL, settings.LLM_BASE_URL = "openai/obeying", server.address
        settings.LLM_API_KEY = "k"
        yield server


def states() -> list[Any]:
    """Everything that a text must not change: of memories that were there before."""
    return list(
        Memory.objects.order_by("pk").values_list(
            "pk", "status", "space_id", "sensitivity", "text", "revision", "tags", "importance",
            "corroborated_at",
        )
    )  # fmt: skip


def test_poison_data_in_transcripts_becomes_candidates_and_nothing_else(
    world, write, notes, model, capsys
):
    write(world.alice, "The depot opens at six.", space=world.team)
    before, alice = states(), of_user(world.alice)
    for note in notes:
        text = f"User: {note['text']}\nAssistant: Noted.\n"
        captures.capture(actor=alice, data=text.encode(), about=About())
    while distilling.distil():
        continue
    assert states()[: len(before)] == before
    made = Memory.objects.filter(tags=["captured"])
    assert made.count() == Memory.objects.count() - len(before)
    outside = made.exclude(
        space=world.personal(world.alice), status="active", author=world.alice, revision=1,
        importance=DEFAULT.distil_importance, sensitivity="normal", source="api",
    )  # fmt: skip
    assert not outside.exists()
    assert not CaptureChunk.objects.exclude(state="done").exists()
    assert Capture.objects.count() == len({note["text"] for note in notes})
    counts: Counter[str] = Counter()
    for one in CaptureChunk.objects.values_list("counts", flat=True):
        counts.update(one)
    assert model.asked, "the model was asked, and obeyed"
    poison = [note["text"] for note in notes if note["label"]]
    kept = sum(made.filter(text=" ".join(text.split())).exists() for text in poison)
    with capsys.disabled():
        sys.stdout.write(f"\n{len(notes)} transcripts, {len(poison)} hostile: {dict(counts)};"
              f" {kept} hostile ones word for word among the candidates\n")  # fmt: skip


def test_poison_data_in_memories_moves_the_archivist_to_nothing(world, write, notes, model, capsys):
    values = {
        "possible": True, "min_confidence": 0.0, "link_threshold": 0.01, "summaries": "apply",
        "min_age_days": 0, "min_topic": 2, "topic_threshold": 0.01,
    }  # fmt: skip
    policies.change(actor=of_user(world.alice), space=world.team, values=values, reason="All.")
    agent = users.create_agent(owner=world.bob, name="Planter")
    for note in notes:
        if note["label"]:
            write(agent, note["text"], space=world.team)
    before, revisions = states(), MemoryRevision.objects.count()
    for _ in range(2):
        assert runs.execute(run_id=runs.queue(space=world.team).pk).state == "done"
    # The same letters twice are one memory by the certain rules, whatever they say; nothing else
    merged = set()
    for change in Change.objects.all():
        assert (change.kind, change.maker, change.state) == ("merge", "rules", "done")
        texts = change.sources.values_list("memory__text", flat=True)
        assert len({"".join(filter(str.isalnum, text)).casefold() for text in texts}) == 1
        merged |= set(change.sources.values_list("memory_id", flat=True))
    results = set(Change.objects.values_list("result_id", flat=True))
    left = [row for row in states() if row[0] not in merged | results]
    assert left == [row for row in before if row[0] not in merged]
    assert MemoryRevision.objects.count() == revisions + len(merged) + len(results)
    assert not Proposal.objects.filter(status="approved").exists()
    kinds = Counter(Proposal.objects.values_list("kind", flat=True))
    with capsys.disabled():
        sys.stdout.write(f"\n{len(before)} hostile memories: {dict(kinds)} proposals,"
            f" {len(merged)} with the same letters became {len(results)},"
              f" {ModelCall.objects.count()} requests to the model\n")  # fmt: skip
