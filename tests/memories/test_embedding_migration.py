"""From one embedding model to another while memories are written and read."""

import re
from collections import Counter
from io import StringIO
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import DataError, transaction
from pgvector import HalfVector

from apps.audit.models import AuditEvent
from apps.kernel.errors import Conflict, Invalid
from apps.memories.checks import check_coverage
from apps.memories.models import EmbeddingModel, EmbeddingRole, MemoryIndex
from apps.memories.services import encoders, memories, migration, vector_indexes
from apps.providers.embedders import EmbeddingSettings
from apps.providers.errors import EmbedderUnavailable
from apps.providers.null import NullEmbedder

pytestmark = pytest.mark.django_db(transaction=True)

OLD, NEW = "null", "all-MiniLM-L6-v2/int8"
TO = ("--to", "local:all-MiniLM-L6-v2")
NOTES = ("Descale the boiler each month.", "The courier comes at nine.", "Invoices go to Ada.")


@pytest.fixture(autouse=True)
def _known_at_once(monkeypatch):
    monkeypatch.setattr(encoders, "REMEMBERED", 0.01)


@pytest.fixture
def notes(world, write):
    return [write(world.alice, text) for text in NOTES]


def embeddings(*arguments):
    said = StringIO()
    call_command("embeddings", *arguments, stdout=said)
    return said.getvalue()


def rows():
    return Counter(MemoryIndex.objects.values_list("model", flat=True))


def settings_of(model, **fields):
    current = EmbeddingSettings.current()
    return EmbeddingSettings(model=model, compute="int8", var_dir=current.var_dir, **fields)


def archive(memory):
    with transaction.atomic():
        memories.move(memories.lock(memory), "archived", actor=None)


def beside(**fields):
    """Another model stands ready as far as the database knows."""
    return migration.begin(config=settings_of("local:all-MiniLM-L6-v2", **fields))


def test_a_migration_from_beginning_to_end(world, write, client_of, notes):
    client = client_of(world.alice)
    question = {"query": "When must the kettle be cleaned of limestone?", "limit": 1}

    said = embeddings("migrate", *TO)
    assert rows() == {OLD: 3, NEW: 3}
    assert "3 questions" in said
    assert re.search(r"in common: \d+\.\d%", said)
    assert encoders.active().model == OLD, "nothing changed for readers yet"

    embeddings("switch")
    assert encoders.active().model == NEW
    found = client.post("/api/v1/recall", question).json()
    assert found["results"][0]["text"] == NOTES[0]
    assert found["degraded"] == []

    write(world.alice, "Written after the switch.")
    assert rows() == {OLD: 4, NEW: 4}
    embeddings("rollback")
    assert encoders.active().model == OLD
    exactly = client.post("/api/v1/recall", {"query": "Written after the switch."}).json()
    assert exactly["results"][0]["signals"]["dense"] == pytest.approx(1, abs=0.01)

    embeddings("switch")
    embeddings("drop-old", "--yes")
    assert rows() == {NEW: 4}
    write(world.alice, "Written after the end.")
    assert rows() == {NEW: 5}
    actions = AuditEvent.objects.filter(action__startswith="embeddings.").order_by("id")
    actions = actions.filter(organisation=world.organisation.public_id)  # each has its own
    assert [(event.action, event.reason) for event in actions] == [
        ("embeddings.begin", NEW),
        ("embeddings.switch", NEW),
        ("embeddings.rollback", OLD),
        ("embeddings.switch", NEW),
        ("embeddings.drop", OLD),
    ]


def test_what_was_filled_before_a_kill_is_not_filled_again(notes):
    beside()
    new = encoders.written()[1]
    killed: Any = migration.fill(new, batch=1)
    assert next(killed) == 1
    killed.close()
    assert rows()[NEW] == 1
    assert list(migration.fill(new, batch=2)) == [2]
    assert list(migration.fill(new, batch=2)) == []


def test_every_write_keeps_the_model_that_is_being_filled(world, write, client_of, notes):
    beside()
    write(world.alice, "Written meanwhile.")
    archive(notes[0])
    client_of(world.alice).patch(f"/api/v1/memories/{notes[1].public_id}", {"text": "At ten."})
    list(migration.fill(encoders.written()[1], batch=10))
    for model in (OLD, NEW):
        held = MemoryIndex.objects.filter(model=model, embedding__isnull=False)
        assert held.count() == 4
        assert held.get(memory=notes[0]).status == "archived"
    hashes = MemoryIndex.objects.filter(memory=notes[1]).values_list("content_hash", flat=True)
    assert len(set(hashes)) == 1


class Interrupted(NullEmbedder):
    """Somebody changes a memory while its text is at the model."""

    model = NEW

    def __init__(self, meanwhile):
        self.meanwhile = meanwhile

    def embed(self, texts):
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        return super().embed(texts)


def test_a_text_that_changes_while_it_is_embedded_gets_no_stale_vector(world, client_of, notes):
    def edit():
        client_of(world.alice).patch(f"/api/v1/memories/{notes[0].public_id}", {"text": "Other."})

    assert list(migration.fill(Interrupted(edit), batch=10)) == [2, 1]
    row = MemoryIndex.objects.get(memory=notes[0], model=NEW)
    assert row.embedding == pytest.approx(NullEmbedder().embed(["Other."])[0].tolist(), abs=0.001)


def test_a_memory_retired_while_it_is_embedded_is_filled_as_retired(world, notes):
    meanwhile = Interrupted(lambda: archive(notes[0]))
    assert list(migration.fill(meanwhile, batch=10)) == [3]
    assert MemoryIndex.objects.get(memory=notes[0], model=NEW).status == "archived"


class Refusing(NullEmbedder):
    """Refuses every text of memories; `deaf` refuses all."""

    model = NEW

    def __init__(self, *, deaf=False):
        self.deaf = deaf

    def embed(self, texts):
        if self.deaf or set(texts) & set(NOTES):
            raise EmbedderUnavailable
        return super().embed(texts)


def test_texts_a_model_refuses_become_pending_work(notes, monkeypatch):
    monkeypatch.setattr(migration, "_FIRST_PAUSE", 0)
    assert list(migration.fill(Refusing(), batch=10)) == [3]
    assert migration.pending(NEW) == 3


def test_a_model_that_does_not_answer_ends_the_filling(notes, monkeypatch):
    monkeypatch.setattr(migration, "_FIRST_PAUSE", 0)
    with pytest.raises(EmbedderUnavailable):
        list(migration.fill(Refusing(deaf=True), batch=10))
    assert migration.lacking(NEW).count() == 3


def test_no_switch_to_what_is_not_there_complete_and_indexed(notes):
    with pytest.raises(Conflict, match="no next model"):
        migration.switch()
    with pytest.raises(Conflict, match="no previous model"):
        migration.rollback()
    beside()
    with pytest.raises(Conflict, match="lack rows"):
        migration.switch()
    list(migration.fill(encoders.written()[1], batch=10))
    MemoryIndex.objects.filter(model=NEW, memory=notes[0]).update(embedding=None)
    with pytest.raises(Conflict, match="1 vectors"):
        migration.switch(pending_allowed=0)
    vector_indexes.drop(NEW)
    with pytest.raises(Conflict, match="index"):
        migration.switch()
    assert vector_indexes.ensure(NEW, 384) is True
    assert vector_indexes.ensure(NEW, 384) is False
    assert migration.switch().role == EmbeddingRole.ACTIVE


def test_an_index_whose_build_failed_is_built_anew(notes):
    vector_indexes.drop(NEW)
    wrong = HalfVector([1.0] * 8)
    MemoryIndex.objects.filter(memory=notes[0]).update(model=NEW, embedding=wrong)
    with pytest.raises(DataError, match="384 dimensions"):
        vector_indexes.ensure(NEW, 384)
    assert not vector_indexes.exists(NEW)
    MemoryIndex.objects.filter(memory=notes[0]).update(embedding=None)
    assert vector_indexes.ensure(NEW, 384) is True
    assert vector_indexes.exists(NEW)


def test_one_model_beside_the_active_one(notes):
    beside()
    beside()  # begun again
    with pytest.raises(Conflict, match="drop-old first"):
        migration.begin(config=settings_of("openai/other", dimensions=8))
    with pytest.raises(Conflict, match="active model already"):
        migration.begin(config=settings_of("null"))
    with pytest.raises(Invalid, match="EMBEDDING_DIMENSIONS"):
        migration.begin(config=settings_of("openai/other"))
    with pytest.raises(Invalid, match="characters"):
        migration.begin(config=settings_of("openai/o'ther", dimensions=8))
    assert EmbeddingModel.objects.count() == 2


def test_memories_of_another_model_are_filled_for_the_active_one(notes):
    MemoryIndex.objects.filter(memory__in=notes[:2]).update(model="older/8")
    said = embeddings("migrate", "--to", "null")
    assert "complete" in said
    assert rows() == {OLD: 3, "older/8": 2}
    assert "older/8" in embeddings("status")
    embeddings("drop-old", "--yes")
    assert rows() == {OLD: 3}


def test_memories_that_the_active_model_does_not_know_are_told(notes, settings, client):
    key = f"embeddings:lacking:{NEW}"
    cache.delete(key)
    assert check_coverage(databases=["default"]) == []
    settings.EMBEDDING_MODEL = "local:all-MiniLM-L6-v2"  # changed without a migration
    (message,) = check_coverage(databases=["default"])
    assert message.id == "memories.W001"
    assert message.msg.startswith("3 memories")
    ready = client.get("/health/ready").json()["checks"]["embeddings"]
    assert ready == {"ok": False, "pending": 0, "lacking": 3}
    cache.delete(key)


def test_a_dry_run_writes_nothing(notes):
    said = embeddings("migrate", *TO, "--dry-run")
    assert "3 memories to fill" in said
    assert rows() == {OLD: 3}
    assert not EmbeddingModel.objects.exists()


def test_questions_from_a_file(notes, tmp_path):
    path = tmp_path / "questions"
    path.write_text("when does the courier come\n\nwho gets invoices\n")
    assert "2 questions" in embeddings("migrate", *TO, "--queries", str(path))
    path.write_text("\n")
    with pytest.raises(CommandError, match="no questions"):
        embeddings("migrate", *TO, "--queries", str(path))
    with pytest.raises(CommandError, match="cannot be read"):
        embeddings("migrate", *TO, "--queries", str(tmp_path / "absent"))


def test_a_remote_model_needs_its_dimensions_and_its_own_key(notes, settings):
    with pytest.raises(CommandError, match="--dimensions"):
        embeddings("migrate", "--to", "openai/other")
    settings.EMBEDDING_MODEL, settings.EMBEDDING_DIMENSIONS = "voyage/first", 8
    with pytest.raises(CommandError, match="--api-key-variable"):
        embeddings("migrate", "--to", "openai/other", "--dimensions", "8")
