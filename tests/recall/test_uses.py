"""Every recall leaves one row, which nobody can change."""

import hashlib

import pytest
from django.db import InternalError, transaction
from django.db.utils import NotSupportedError, ProgrammingError

from apps.recall.models import RecallUse


def test_a_recall_keeps_who_asked_a_digest_and_what_was_shown(world, write, ask, make_agent):
    write(world.alice, "The boiler leaks.")
    agent, _, plain = make_agent(world.alice)
    answer = ask(plain, "  boiler ")
    use = RecallUse.objects.get()
    assert str(use.public_id) == answer["recall_id"]
    assert (use.user, use.person, use.organisation) == (agent, world.alice, world.organisation)
    assert use.query_hash == hashlib.sha256(b"boiler").hexdigest()
    assert [str(memory) for memory in use.memories] == [each["id"] for each in answer["results"]]


def test_a_recall_that_finds_nothing_is_kept_too(world, ask):
    assert ask(world.alice, "boiler")["results"] == []
    assert RecallUse.objects.get().memories == []


def test_a_refused_question_leaves_no_row(world, client_of):
    client_of(world.alice).post("/api/v1/recall", {"query": ""})
    assert not RecallUse.objects.exists()


def test_the_rows_cannot_be_changed_or_deleted(world, ask):
    ask(world.alice, "boiler")
    for change in (RecallUse.objects.all().delete, lambda: RecallUse.objects.update(memories=[])):
        with (
            pytest.raises((InternalError, NotSupportedError, ProgrammingError), match="Cannot"),
            transaction.atomic(),
        ):
            change()
    assert RecallUse.objects.count() == 1


def test_an_idempotency_key_on_a_recall_is_ignored(world, write, client_of):
    write(world.alice, "The boiler leaks.")
    client = client_of(world.alice)
    first, second = (
        client.post("/api/v1/recall", {"query": query}, headers={"Idempotency-Key": "k"})
        for query in ("boiler", "pump")
    )
    assert first.status_code == second.status_code == 200
    assert RecallUse.objects.count() == 2
