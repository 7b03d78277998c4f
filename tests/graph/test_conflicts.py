"""One truth at a time: what contradicts waits for a reviewer."""

import pytest
from django.db import IntegrityError, transaction

from apps.accounts.actors import of_user
from apps.graph.models import Relation, RelationType
from apps.graph.services import conflicts, personal
from apps.kernel.errors import Conflict, Forbidden
from apps.memories.services import memories
from tests.graph.conftest import read_all, related


def place(where: str, **times: str):
    return related("E-204", "located_in", where, **{"valid_from": "2026-01-01", **times})


def statuses() -> dict[str, str]:
    return dict(Relation.objects.live().values_list("object__normalised", "status"))


def test_the_second_claim_conflicts_and_the_first_stands(alice, bob, say):
    say(alice, "Hall 1.", metadata=place("Hall 1"))
    say(bob, "Hall 2.", metadata=place("Hall 2"))
    assert statuses() == {"hall 1": "active", "hall 2": "conflicting"}


def test_one_after_the_other_is_no_conflict(alice, say):
    say(alice, "Hall 1.", metadata=place("Hall 1", valid_to="2026-03-01"))
    say(alice, "Hall 2.", metadata=place("Hall 2", valid_from="2026-03-01"))
    say(alice, "Hall 1 too.", metadata=place("Hall 1", valid_to="2026-02-01"))
    assert set(Relation.objects.values_list("status", flat=True)) == {"active"}


def test_types_that_are_not_functional_hold_side_by_side(alice, say):
    for where in ("Hall 1", "Hall 2"):
        say(alice, where, metadata=related("E-204", "connected_to", where))
    assert set(statuses().values()) == {"active"}
    assert not RelationType.objects.exists()  # agents' words are not kept beyond what says them


def test_when_what_stood_is_taken_back_the_other_stands(alice, bob, say):
    first = say(alice, "Hall 1.", metadata=place("Hall 1"))
    say(bob, "Hall 2.", metadata=place("Hall 2"))
    memories.retract(actor=of_user(alice), memory=first)
    assert statuses() == {"hall 2": "conflicting"}
    read_all()
    assert statuses() == {"hall 2": "active"}


def test_a_reviewer_decides_and_may_change_the_word(alice, bob, say):
    say(alice, "Hall 1.", metadata=place("Hall 1"))
    say(bob, "Hall 2.", metadata=place("Hall 2"))
    one, two = (Relation.objects.get(object__normalised=name) for name in ("hall 1", "hall 2"))
    conflicts.decide(actor=of_user(alice), relation=two, accept=True)
    assert statuses() == {"hall 1": "conflicting", "hall 2": "active"}
    conflicts.decide(actor=of_user(alice), relation=one, accept=True)
    assert statuses() == {"hall 1": "active", "hall 2": "conflicting"}
    conflicts.decide(actor=of_user(alice), relation=one, accept=False)
    assert statuses() == {"hall 1": "rejected", "hall 2": "active"}
    read_all()
    assert statuses() == {"hall 1": "rejected", "hall 2": "active"}


def test_only_reviewers_decide_and_only_what_can_contradict(alice, bob, say):
    say(alice, "Hall 1.", metadata=place("Hall 1"))
    say(alice, "Line.", metadata=related("E-204", "connected_to", "L3"))
    located = Relation.objects.get(type="located_in")
    with pytest.raises(Forbidden):
        conflicts.decide(actor=of_user(bob), relation=located, accept=True)
    with pytest.raises(Conflict):
        conflicts.decide(
            actor=of_user(alice),
            relation=Relation.objects.exclude(pk=located.pk).get(),
            accept=True,
        )


def test_the_database_refuses_two_truths(alice, bob, say):
    say(alice, "Hall 1.", metadata=place("Hall 1"))
    say(bob, "Hall 2.", metadata=place("Hall 2"))
    with pytest.raises(IntegrityError, match="holds at the same time"), transaction.atomic():
        Relation.objects.update(status="active")


def test_a_private_note_contradicts_nothing_shared(alice, bob, world, write, say):
    personal.choose(actor=of_user(alice), include=True)
    write(alice, "Mine.", space=world.personal(alice), metadata=place("Hall 9"))
    read_all()
    say(bob, "Hall 2.", metadata=place("Hall 2"))
    assert statuses() == {"hall 9": "active", "hall 2": "active"}
