"""A legal hold always wins, and the answer says which one it is."""

import pytest
from django.db import ProgrammingError, transaction

from apps.accounts.actors import of_user
from apps.audit.models import AuditEvent
from apps.governance.models import Erasure
from apps.governance.services import erasures, holds
from apps.governance.services.erasures import Held
from apps.kernel.errors import Conflict, Forbidden, Invalid


@pytest.fixture
def hold(dora):
    """`hold(person=..., space=..., memory=...)` by the administrator."""
    return lambda **named: holds.place(actor=of_user(dora), reason="Case 7.", **named)


def test_a_hold_on_the_person_refuses_the_erasure_by_name(hold, erase, world, write):
    note = write(world.alice, "Kept for the court.")
    placed = hold(person=world.alice.public_id)
    with pytest.raises(Held, match=str(placed.public_id)):
        erase(world.alice)
    note.refresh_from_db()
    world.alice.refresh_from_db()
    assert (note.status, world.alice.is_active) == ("active", True)
    assert not Erasure.objects.exists()


def test_so_does_one_on_the_personal_space(hold, erase, world):
    placed = hold(space=world.personal(world.alice).public_id)
    with pytest.raises(Held, match=str(placed.public_id)):
        erase(world.alice)


def test_one_on_a_memory_keeps_it_and_the_certificate_says_so(hold, dora, erase, world, write):
    kept, gone = (write(world.alice, text) for text in ("Kept for the court.", "Not kept."))
    placed = hold(memory=kept.public_id)
    done = erase(world.alice)
    for note in (kept, gone):
        note.refresh_from_db()
    assert (kept.status, kept.text) == ("active", "Kept for the court.")
    assert gone.status == "erased"
    assert kept.revisions.get().text == "Kept for the court."
    told = next(row for row in done.remained if row["what"] == "memories")
    assert (told["count"], told["why"]) == (1, "legal hold")
    assert told["holds"] == [str(placed.public_id)]
    assert erasures.complete() == 0
    holds.release(actor=of_user(dora), hold=placed, reason="Case closed.")
    assert erasures.complete() == 1
    assert erasures.resume() == 1
    kept.refresh_from_db()
    assert (kept.status, kept.revisions.first().text) == ("erased", "")
    assert Erasure.objects.count() == 2


def test_one_on_a_shared_space_keeps_what_lies_there(hold, erase, world, write):
    kept = write(world.alice, "Kept for the court.", space=world.team)
    hold(space=world.team.public_id)
    erase(world.alice)
    kept.refresh_from_db()
    assert kept.status == "active"


def test_one_placed_while_the_job_waits_stops_it(hold, world):
    erasure = erasures.queue(organisation=world.organisation, person=world.alice, reason="Asked.")
    placed = hold(person=world.alice.public_id)
    erasure = erasures.execute(erasure_id=erasure.pk)
    assert erasure.state == "failed"
    assert str(placed.public_id) in erasure.error


def test_only_administrators_hold_and_release(hold, dora, world):
    with pytest.raises(Forbidden):
        holds.place(actor=of_user(world.alice), reason="No.", person=world.bob.public_id)
    placed = hold(person=world.bob.public_id)
    with pytest.raises(Forbidden):
        holds.release(actor=of_user(world.alice), hold=placed, reason="No.")
    with pytest.raises(Invalid, match="needs a reason"):
        holds.release(actor=of_user(dora), hold=placed, reason=" ")
    holds.release(actor=of_user(dora), hold=placed, reason="Over.")
    with pytest.raises(Conflict, match="released on"):
        holds.release(actor=of_user(dora), hold=placed, reason="Again.")
    actions = AuditEvent.objects.filter(object_type="hold").values_list("action", flat=True)
    assert [*actions.order_by("id")] == ["hold.place", "hold.release"]


def test_a_hold_is_on_one_thing_of_the_own_organisation(hold, world):
    for named in ({}, {"person": world.bob.public_id, "space": world.team.public_id}):
        with pytest.raises(Invalid, match="exactly one"):
            hold(**named)
    with pytest.raises(Invalid, match="no such person"):
        hold(person=world.charlie.public_id)


def test_the_database_keeps_holds_too(hold, dora, world):
    placed = hold(person=world.bob.public_id)
    with pytest.raises(ProgrammingError, match="Cannot delete"), transaction.atomic():
        placed.delete()
    holds.release(actor=of_user(dora), hold=placed, reason="Over.")
    placed.refresh_from_db()
    placed.released_at = None
    with pytest.raises(ProgrammingError, match="released already"), transaction.atomic():
        placed.save()
