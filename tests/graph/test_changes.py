"""Merging and splitting, and taking both back to the letter."""

from typing import Any

import pytest

from apps.accounts.actors import of_user
from apps.graph.models import Change, Entity, Evidence, Relation
from apps.graph.services import changes, views, walks
from apps.kernel.errors import Conflict, Forbidden, Invalid
from apps.memories.models import Memory
from apps.memories.services import memories
from tests.graph.conftest import read_all, related


def state() -> dict[str, Any]:
    """Everything that walks go by."""
    return {
        "entities": set(Entity.objects.values_list("normalised", "serial", "merged_into")),
        "relations": set(
            Relation.objects.values_list(
                "subject", "object", "type", "subject_group", "object_group", "status"
            )
        ),
        "evidence": set(
            Evidence.objects.live().values_list(
                "memory", "entity", "relation__type", "relation__subject", "relation__object"
            )
        ),
    }


@pytest.fixture
def two(alice, say, entity) -> tuple[Entity, Entity]:
    """One customer under two names, each with a relation."""
    say(alice, "They buy.", metadata=related("Northwind", "buys", "E-204"))
    say(alice, "They pay.", metadata=related("NW Traders", "pays", "INC-7"))
    return entity("northwind"), entity("nw traders")


def around(user, entity: Entity) -> set[str]:
    found = walks.around(actor=of_user(user), entity=entity, filters=walks.Filters())
    return {node.entity.normalised for node in found.nodes if node.distance}


def test_a_merge_joins_what_is_around_and_is_undone_exactly(alice, bob, two):
    kept, other = two
    before = state()
    change = changes.merge(actor=of_user(alice), kept=kept, other=other)
    other.refresh_from_db()
    assert around(bob, kept) == around(bob, other) == {"e-204", "inc-7"}
    assert [alias.normalised for alias in views.aliases(of_user(bob), kept)] == ["nw traders"]
    with pytest.raises(Invalid):
        changes.merge(actor=of_user(alice), kept=other, other=kept)
    changes.undo(actor=of_user(alice), change=change)
    assert state() == before
    with pytest.raises(Conflict):
        changes.undo(actor=of_user(alice), change=change)


def test_merges_are_undone_from_the_newest(alice, two, say, entity):
    kept, other = two
    say(alice, "Third.", tags=["Nord"])
    third = entity("nord")
    states = [state()]
    first = changes.merge(actor=of_user(alice), kept=other, other=third)
    states.append(state())
    second = changes.merge(actor=of_user(alice), kept=kept, other=other)
    assert set(Entity.objects.filter(merged_into=kept).values_list("normalised", flat=True)) == {
        "nord", "nw traders",
    }  # fmt: skip
    with pytest.raises(Conflict):
        changes.undo(actor=of_user(alice), change=first)
    changes.undo(actor=of_user(alice), change=second)
    assert state() == states[1]
    changes.undo(actor=of_user(alice), change=first)
    assert state() == states[0]


def test_what_stood_for_others_leaves_them_together_when_it_goes(alice, two):
    kept, other = two
    changes.merge(actor=of_user(alice), kept=kept, other=other)
    for memory in Memory.objects.filter(
        pk__in=Evidence.objects.filter(entity=kept).values("memory")
    ):
        memories.retract(actor=of_user(alice), memory=memory)
    other.refresh_from_db()
    assert other.merged_into_id is None
    assert around(alice, other) == {"inc-7"}


def test_a_merge_may_make_a_conflict_and_undoing_it_ends_it(alice, say, entity):
    say(alice, "One.", metadata=related("Pump A", "located_in", "Hall 1"))
    say(alice, "Two.", metadata=related("Pump B", "located_in", "Hall 2"))
    before = state()
    change = changes.merge(actor=of_user(alice), kept=entity("pump a"), other=entity("pump b"))
    assert sorted(Relation.objects.values_list("status", flat=True)) == ["active", "conflicting"]
    changes.undo(actor=of_user(alice), change=change)
    assert state() == before


def test_a_split_takes_memories_along_and_is_undone_exactly(alice, bob, say, entity):
    say(alice, "In Berlin.", metadata=related("Miller", "works_in", "Berlin"))
    rome = say(bob, "In Rome.", metadata=related("Miller", "works_in", "Rome"))
    miller = entity("miller")
    before = state()
    change = changes.split(actor=of_user(alice), entity=miller, memories=[rome])
    second = entity("miller", serial=2)
    assert str(second) == "Miller (2)"
    assert (around(bob, miller), around(bob, second)) == ({"berlin"}, {"rome"})
    memories.revise(actor=of_user(bob), memory=rome, changes={"importance": 0.9})
    read_all()
    assert around(bob, second) == {"rome"}, "reading it again keeps the split"
    changes.undo(actor=of_user(alice), change=change)
    assert state() == before


def test_a_split_needs_memories_that_speak_of_it_and_leaves_one(alice, say, entity):
    only = say(alice, "Tag.", tags=["Miller"])
    other = say(alice, "Another.", tags=["Smith"])
    for chosen, error in (([], Invalid), ([other], Invalid), ([only], Conflict)):
        with pytest.raises(error):
            changes.split(actor=of_user(alice), entity=entity("miller"), memories=chosen)


def test_only_reviewers_of_both_change_anything(alice, bob, two):
    kept, other = two
    with pytest.raises(Forbidden):
        changes.merge(actor=of_user(bob), kept=kept, other=other)
    change = changes.merge(actor=of_user(alice), kept=kept, other=other)
    with pytest.raises(Forbidden):
        changes.undo(actor=of_user(bob), change=change)
    assert list(Change.objects.visible_to(of_user(bob))) == [change]
