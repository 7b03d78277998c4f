"""Kill switches: who turns them, what the database keeps in step, and what stops."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, transaction

from apps.accounts.actors import of_user
from apps.audit.models import AuditEvent
from apps.consolidation.services import runs as archivist
from apps.curation.models import CurationRun, RunState
from apps.curation.services import candidates, runs
from apps.kernel import clock
from apps.kernel.errors import Conflict, Forbidden, Invalid, ReadOnly
from apps.memories.models import Memory
from apps.memories.services import memories
from apps.memories.services.drafts import Draft
from apps.spaces.models import Membership, Organisation, Switch, SwitchKind
from apps.spaces.services import organisations, switches
from apps.spaces.services.switches import Paused
from tests.desk.stage import Said, propose


@pytest.fixture
def admin(world):
    """Alice administers."""
    Membership.objects.filter(person=world.alice).update(role="admin")
    return of_user(world.alice)


def stop(admin, kind, reason="A bad batch."):
    return switches.turn_on(actor=admin, kind=kind, reason=reason)


def test_turning_on_and_off_is_on_record_with_who_when_and_why(admin, world):
    made = stop(admin, "promotion")
    done = switches.lift(actor=of_user(world.alice), switch=made, reason="Cleaned up.")
    assert (made.set_by, made.lifted_at) == (world.alice, None)
    assert (done.lifted_by, done.lift_reason) == (world.alice, "Cleaned up.")
    told = AuditEvent.objects.filter(object_ids__contains=[made.public_id]).order_by("pk")
    assert [(row.action, row.reason, row.detail["kind"]) for row in told] == [
        ("switch.on", "A bad batch.", "promotion"),
        ("switch.off", "Cleaned up.", "promotion"),
    ]
    assert {row.organisation for row in told} == {world.organisation.public_id}


@pytest.mark.parametrize("who", ["bob", "charlie"])
def test_only_administrators_turn_them(admin, world, who):
    made = stop(admin, "promotion")
    stranger = of_user(getattr(world, who))
    with pytest.raises(Forbidden):
        stop(stranger, "read_only")
    with pytest.raises(Forbidden):
        switches.lift(actor=stranger, switch=made)
    everywhere = switches.turn_on_everywhere(kind="consolidation", reason="Maintenance.")
    with pytest.raises(Forbidden, match="turned by who operates it"):
        switches.lift(actor=admin, switch=everywhere)


@pytest.mark.parametrize(
    ("kind", "reason", "attr"),
    [
        ("gravity", "Why not.", "kind"),
        ("promotion", " ", "reason"),
        ("promotion", "x" * 501, "reason"),
    ],
)
def test_bad_input_names_the_field(admin, kind, reason, attr):
    with pytest.raises(Invalid) as refused:
        stop(admin, kind, reason)
    assert refused.value.attr == attr


def test_once_on_it_cannot_be_on_twice_nor_changed_nor_deleted(admin, world):
    made = stop(admin, "promotion")
    with pytest.raises(Conflict, match="on already"):
        stop(admin, "promotion")
    with pytest.raises(IntegrityError), transaction.atomic():
        Switch.objects.create(
            organisation=world.organisation, kind="promotion", reason="r", set_at=clock.now()
        )
    with pytest.raises(DatabaseError), transaction.atomic():
        Switch.objects.filter(pk=made.pk).update(reason="Another.")
    with pytest.raises(DatabaseError), transaction.atomic():
        Switch.objects.filter(pk=made.pk).delete()
    switches.lift(actor=admin, switch=made)
    with pytest.raises(Conflict, match="lifted already"):
        switches.lift(actor=admin, switch=made)
    assert stop(admin, "promotion").pk != made.pk


def test_read_only_closes_every_way_of_writing_and_opens_it_again(admin, world):
    made = stop(admin, "read_only")
    with pytest.raises(ReadOnly):
        memories.remember(actor=of_user(world.bob), draft=Draft(text="Now?"))
    with pytest.raises(ReadOnly):
        runs.request(actor=admin)
    memories.remember(actor=of_user(world.charlie), draft=Draft(text="Elsewhere it goes on."))
    switches.lift(actor=admin, switch=made)
    memories.remember(actor=of_user(world.bob), draft=Draft(text="Now."))
    assert not Organisation.objects.filter(read_only=True).exists()


def test_of_the_whole_hub_it_closes_everybody_also_who_comes_later(admin, world):
    own = stop(admin, "read_only")
    whole = switches.turn_on_everywhere(kind="read_only", reason="Moving house.")
    later = organisations.found(name="Later")
    assert later.read_only or Organisation.objects.get(pk=later.pk).read_only
    assert Organisation.objects.filter(read_only=True).count() == 3
    switches.lift(actor=None, switch=whole)
    assert list(Organisation.objects.filter(read_only=True)) == [world.organisation]
    switches.lift(actor=admin, switch=own)
    assert not Organisation.objects.filter(read_only=True).exists()


def test_paused_promotion_refuses_an_approval_and_says_why(admin, world):
    request = propose(world.team, [Said(world.bob, "Halden needs orders before 14:00.")])
    made = stop(admin, "promotion")
    with pytest.raises(Paused, match="A bad batch"):
        candidates.approve(actor=admin, candidate=request)
    candidates.reject(actor=admin, candidate=request, reason="wrong")
    other = propose(world.team, [Said(world.bob, "Gate two sticks.")])
    switches.lift(actor=admin, switch=made)
    assert candidates.approve(actor=admin, candidate=other).status == "approved"


def test_paused_consolidation_lets_no_run_start_and_a_queued_one_waits(admin, world):
    queued = runs.queue(organisation=world.organisation)
    made = stop(admin, "consolidation")
    assert runs.execute(run_id=queued.pk).state == RunState.QUEUED
    CurationRun.objects.filter(pk=queued.pk).update(state=RunState.CANCELLED)
    with pytest.raises(Paused):
        runs.request(actor=admin)
    assert runs.request(actor=admin, dry=True).dry
    CurationRun.objects.update(state=RunState.CANCELLED)
    assert runs.nightly() == 1  # the other organisation's
    switches.lift(actor=admin, switch=made)
    assert runs.execute(run_id=runs.queue(organisation=world.organisation).pk).state == "done"


def test_paused_consolidation_stops_the_archivist_too(admin, world):
    queued = archivist.queue(space=world.team)
    made = stop(admin, "consolidation")
    assert archivist.execute(run_id=queued.pk).state == "queued"
    with pytest.raises(Paused):
        archivist.queue(space=world.root)
    assert archivist.sweep() == 0
    switches.lift(actor=admin, switch=made)
    assert archivist.execute(run_id=queued.pk).state == "done"


def test_the_archivist_stops_between_two_steps_and_goes_on_later(admin, world):
    queued = archivist.queue(space=world.team)

    def follow(*_told: object) -> None:
        if not Switch.objects.on().exists():
            stop(admin, "consolidation")

    halted = archivist.execute(run_id=queued.pk, follow=follow)
    assert (halted.state, halted.steps.count()) == ("running", 1)
    switches.lift(actor=admin, switch=Switch.objects.get())
    assert archivist.execute(run_id=queued.pk).state == "done"


def test_a_run_that_a_switch_overtakes_writes_nothing(admin, world):
    memories.remember(actor=of_user(world.bob), draft=Draft(text="The gate sticks in winter."))
    queued = runs.queue(organisation=world.organisation)

    def follow(step: str, _done: int, _total: int) -> None:
        if step == "assessing" and not Switch.objects.on().exists():
            stop(admin, "consolidation")

    ended = runs.execute(run_id=queued.pk, follow=follow)
    assert ended.state == RunState.CANCELLED
    assert not ended.decisions.exists()


def test_paused_promotion_holds_what_a_run_would_publish(admin, world):
    memories.remember(actor=of_user(world.bob), draft=Draft(text="The gate sticks in winter."))
    made = stop(admin, "promotion")
    run = runs.execute(run_id=runs.queue(organisation=world.organisation).pk)
    assert (run.state, run.counts["new"]["published"]) == (RunState.DONE, 0)
    assert run.counts["reasons"] == {"gate.kill_switch": 1}
    assert not Memory.objects.filter(source="promotion").exists()
    switches.lift(actor=admin, switch=made)
    after = runs.execute(run_id=runs.queue(organisation=world.organisation).pk)
    assert "gate.kill_switch" not in after.counts["reasons"]


def test_the_command_turns_those_of_the_whole_hub(db):
    def told(*words: str) -> str:
        out = StringIO()
        call_command("switch", *words, stdout=out)
        return out.getvalue()

    assert "Nothing is stopped" in told()
    public_id = told("on", "read_only", "--reason", "Moving house.").split()[-1]
    assert "the whole hub" in told()
    assert "It goes on" in told("off", public_id)
    with pytest.raises(CommandError, match="lifted already"):
        told("off", public_id)
    assert set(SwitchKind.values) == {"promotion", "consolidation", "read_only"}
