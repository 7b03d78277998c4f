"""Published facts whose sources are erased: they stay with others, in others' words, or go."""

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts.actors import of_user
from apps.audit.models import AuditEvent
from apps.audit.services.events import SYSTEM
from apps.curation.services import publication
from apps.governance.core.lineage import Lineage, fate
from apps.memories.models import MemoryRevision, Provenance
from apps.memories.services import memories
from apps.memories.services.drafts import Draft
from apps.recall.core.questions import Question
from apps.recall.services import recall

HERS = "Pumps for the north need glycol instead of water."
HIS = "Fill glycol into every pump that ships north."


@pytest.mark.parametrize(
    ("people", "words", "hers", "wording", "becomes"),
    [
        (0, True, False, True, "erase"),
        (0, False, True, False, "erase"),
        (2, True, False, False, "keep"),
        (1, True, False, True, "keep"),
        (1, True, True, True, "reword"),
        (1, False, False, True, "reword"),
        (3, False, False, False, "erase"),
        (3, True, True, False, "erase"),
    ],
)
def test_what_becomes_of_a_fact(people, words, hers, wording, becomes):
    assert fate(Lineage(people, words, hers, wording)) == becomes


@given(st.builds(Lineage, st.integers(0, 5), st.booleans(), st.booleans(), st.booleans()))
def test_erased_words_and_lone_facts_never_stay(lineage):
    becomes = fate(lineage)
    if not lineage.people:
        assert becomes == "erase"
    if becomes == "keep":
        assert lineage.words_stand
        assert not lineage.by_subject
    if becomes == "reword":
        assert lineage.wording


@pytest.fixture
def publish(world, write):
    """`publish(words, other)`: a fact of Alice's and Bob's notes, in the first's words."""

    def run(wording_of, *, text=None, editor=None):
        notes = {
            world.alice.pk: write(world.alice, HERS),
            world.bob.pk: write(world.bob, HIS),
        }
        wording = notes[wording_of.pk]
        sources = [wording, *(one for pk, one in notes.items() if pk != wording_of.pk)]
        with transaction.atomic():
            return publication.publish(
                target=world.team, wording=wording, sources=sources, by=SYSTEM, text=text,
                editor=editor,
            ).memory  # fmt: skip

    return run


def test_it_stays_as_it_is_without_her_link(publish, erase, world):
    fact = publish(world.bob)
    before = (fact.text, fact.revision)
    erase(world.alice)
    fact.refresh_from_db()
    assert (fact.status, fact.text, fact.revision) == ("active", *before)
    assert [one.contributor_id for one in fact.provenance.all()] == [world.bob.pk]


def test_her_words_are_replaced_by_his_and_found_by_them(publish, erase, world):
    fact = publish(world.alice)
    erase(world.alice)
    fact.refresh_from_db()
    assert (fact.status, fact.text, fact.owner_id) == ("active", HIS, world.bob.pk)
    assert {one.text for one in fact.revisions.all()} == {"", HIS}
    assert [one.contributor_id for one in fact.provenance.all()] == [world.bob.pk]
    found = recall.ask(actor=of_user(world.bob), question=Question(query="glycol pump north"))
    assert HIS in {hit.text for hit in found.results}
    assert HERS not in {hit.text for hit in found.results}
    event = AuditEvent.objects.get(action="memory.reword")
    assert event.object_ids == [fact.public_id]


def test_what_only_she_said_goes(erase, world, write):
    mine = write(world.alice, HERS)
    with transaction.atomic():
        placed = publication.publish(target=world.team, wording=mine, sources=[mine], by=SYSTEM)
        fact = placed.memory
    erase(world.alice)
    fact.refresh_from_db()
    assert (fact.status, fact.text) == ("erased", "")
    assert [one.status for one in fact.revisions.all()][-2:] == ["retracted", "erased"]


def test_a_note_that_he_keeps_to_himself_lends_no_words(publish, erase, world):
    fact = publish(world.alice)
    space = world.personal(world.bob)
    space.share_for_promotion = False
    space.save()
    erase(world.alice)
    fact.refresh_from_db()
    assert fact.status == "erased"


def test_a_reviewer_s_own_words_stay(publish, erase, world):
    said = "Antifreeze goes into shipments beyond the polar circle."
    fact = publish(world.alice, text=said, editor=world.dora)
    erase(world.alice)
    fact.refresh_from_db()
    assert (fact.status, fact.text, fact.owner_id) == ("active", said, world.dora.pk)


def test_words_she_chose_as_a_reviewer_do_not(publish, erase, world):
    said = "Antifreeze goes into shipments beyond the polar circle."
    fact = publish(world.bob, text=said, editor=world.alice)
    erase(world.alice)
    fact.refresh_from_db()
    assert (fact.status, fact.text, fact.owner_id) == ("active", HIS, world.bob.pk)
    assert not MemoryRevision.objects.filter(text=said).exists()


@pytest.mark.parametrize(
    ("text", "stays"),
    [("My own thoughts about cooling circuits.", True), (f"She said: {HERS}", False)],
)
def test_what_he_derived_stays_in_his_own_words_only(text, stays, erase, world, write):
    shared = write(world.alice, HERS, space=world.team)
    draft = Draft(text=text, derived_from=(shared.public_id,))
    derived = memories.remember(actor=of_user(world.bob), draft=draft).memory
    erase(world.alice)
    derived.refresh_from_db()
    assert (derived.status, derived.text) == (("active", text) if stays else ("erased", ""))
    assert not Provenance.objects.filter(memory=derived).exists()


def test_a_summary_goes_since_nobody_can_tell_whose_words_are_whose(canary, erase, world):
    erase(world.alice)
    canary.summary.refresh_from_db()
    assert canary.summary.status == "erased"
    assert canary.bobs.text  # its other source is his, and stays
    canary.bobs.refresh_from_db()
    assert canary.bobs.status == "active"
