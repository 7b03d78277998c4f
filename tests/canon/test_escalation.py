"""From a shared memory, or a promotion request, to a proposal; nothing is proposed twice."""

import pytest

from apps.accounts.actors import of_user
from apps.canon.models import ChangeProposal
from apps.canon.services import escalation, merging
from apps.kernel.errors import Invalid
from apps.memories.services import memories
from tests.canon.conftest import text

WORDS = "Customers in Trondheim get 45 days."


@pytest.fixture
def note(world, write):
    return write(world.bob, WORDS, space=world.team, tags=["sla"])


def test_a_memory_is_proposed_once_and_not_again_when_it_is_canon(world, note, approve):
    asked = {"actor": of_user(world.bob), "memory": note.public_id, "title": "Trondheim"}
    made = escalation.propose_from_memory(**asked, reason="Asked often.")
    assert (made.origin, made.path, made.space) == ("memory", "trondheim.md", world.team)
    assert WORDS in made.content
    assert escalation.propose_from_memory(**asked) == made
    approve(made, world.alice)
    revision = merging.merge(actor=of_user(world.alice), proposal=made)
    assert revision.witness["sources"] == [f"memory {note.public_id} revision 1"]
    with pytest.raises(escalation.AlreadyCanon, match=r"trondheim\.md"):
        escalation.propose_from_memory(**asked)


def test_a_title_that_is_taken_gets_a_path_of_its_own(world, note, publish, propose):
    publish("trondheim.md", text("Trondheim"))
    propose("trondheim-2.md", text("Trondheim"))
    made = escalation.propose_from_memory(
        actor=of_user(world.bob), memory=note.public_id, title="Trondheim"
    )
    assert (made.path, made.change) == ("trondheim-3.md", "create")


def test_words_go_to_the_end_of_a_document_that_is_named(world, note, publish):
    before = publish("returns.md", text("Returns"))
    made = escalation.propose_from_memory(
        actor=of_user(world.bob), memory=note.public_id, path="returns.md"
    )
    assert (made.change, made.base) == ("change", before)
    assert made.content == f"{text('Returns')}\n{WORDS}\n"


@pytest.mark.parametrize("hidden", ["personal", "restricted", "retracted", "elsewhere"])
def test_what_is_not_shared_is_no_source(hidden, world, write):
    note = {
        "personal": lambda: write(world.bob, "Mine."),
        "restricted": lambda: write(world.bob, "S.", space=world.team, sensitivity="restricted"),
        "retracted": lambda: memories.retract(
            actor=of_user(world.bob), memory=write(world.bob, "Gone.", space=world.team)
        ),
        "elsewhere": lambda: write(world.dora, "Green's.", space=world.other_team),
    }[hidden]()
    with pytest.raises(Invalid, match="no such shared memory"):
        escalation.propose_from_memory(actor=of_user(world.bob), memory=note.public_id)
    assert not ChangeProposal.objects.exists()
