"""A run archives what faded, leaves what is protected, writes nothing else, and can be undone."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from apps.accounts.actors import of_user
from apps.audit.models import AuditEvent
from apps.consolidation.services import runs as consolidation
from apps.curation.services import policies
from apps.decay import sql as statements
from apps.decay.core import strength
from apps.decay.models import DecayMove, DecayRun
from apps.decay.services import explaining, forecasts, moving, reckoning, runs
from apps.governance.models import LegalHold
from apps.kernel import clock, isolation
from apps.kernel.errors import Conflict, Forbidden, Invalid
from apps.kernel.locks import key
from apps.memories.models import Memory, MemoryIndex, MemoryRevision
from apps.memories.services import evidence, memories
from apps.recall.models import RecallUse
from apps.spaces.models import Space
from apps.spaces.services import switches
from tests.decay.conftest import status_of

WEAK = 430  # days after which a fact without evidence is below the floor


def confirmed(memory, *people):
    for person in people:
        evidence.confirm(actor=of_user(person), memory=memory)
    memory.refresh_from_db()
    return memory


def shown(world, person, memory):
    RecallUse.objects.create(
        organisation=world.organisation,
        user=person,
        person=person,
        query_hash="",
        memories=[memory.public_id],
        created_at=clock.now(),
    )


def test_what_faded_is_archived_and_everything_protected_stays(world, aged, decay):
    team = {"space": world.team}
    gone = [
        aged(world.alice, "The old pump hums.", WEAK),
        aged(world.bob, "Somebody saw a fox.", 150, kind="episode", **team),
    ]
    stay = {
        "young": aged(world.alice, "The new pump hums.", WEAK - 60),
        "decision": aged(world.alice, "We buy from Halden.", 5000, kind="decision"),
        "directive": aged(world.alice, "Lock the gate.", 5000, kind="directive"),
        "pinned": aged(world.alice, "Gate code is at Ada's.", 5000, tags=("pinned",)),
        "held": aged(world.bob, "Fennick paid late.", 5000, **team),
        "confirmed": confirmed(aged(world.bob, "Depot shuts at six.", 5000, **team), world.alice),
        "read": aged(world.alice, "The valve sticks.", WEAK),
    }
    shown(world, world.alice, stay["read"])
    LegalHold.objects.create(
        organisation=world.organisation, memory=stay["held"], reason="Case.", placed_at=clock.now()
    )
    dry = decay(dry=True)
    wanted = {"fact": {"decay.faded": 1}, "episode": {"decay.faded": 1}}
    assert dry.counts["archived"] == wanted
    assert status_of(*gone, *stay.values()) == ["active"] * 9
    run = decay()
    assert run.state == "done"
    assert run.counts == {
        "memories": 9,
        "archived": wanted,
        "kept": {"pinned": 1, "protected": 1},
    }
    assert status_of(*gone) == ["archived"] * 2
    assert status_of(*stay.values()) == ["active"] * 7
    assert set(run.moves.values_list("memory_id", "reason")) == {
        (memory.pk, "decay.faded") for memory in gone
    }
    last = MemoryRevision.objects.filter(memory=gone[0]).order_by("-number")[0]
    assert (last.number, last.status, last.reason) == (2, "archived", "decay.faded")
    assert set(MemoryIndex.objects.filter(memory__in=gone).values_list("status", flat=True)) == {
        "archived"
    }
    events = AuditEvent.objects.filter(action="memory.archive")
    assert {one for event in events for one in event.object_ids} == {m.public_id for m in gone}


def test_a_run_that_archives_nothing_writes_to_no_memory(world, aged, decay):
    for number in range(5):
        aged(world.alice, f"Young fact {number}.", 20)
    changed = """SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)
                   FROM pg_stat_xact_user_tables WHERE relname LIKE ANY(%s)"""

    def written():
        with connection.cursor() as cursor:
            cursor.execute(changed, [["memories\\_%", "decay\\_decaymove"]])
            return cursor.fetchone()[0]

    before = written()
    assert decay().counts == {"memories": 5, "kept": {}}
    assert written() == before


def test_evidence_counts_people_once_and_only_on_the_present_words(world, aged):
    note = aged(world.bob, "Boiler two is loud.", 100, space=world.team)
    bob, alice = of_user(world.bob), of_user(world.alice)
    evidence.contradict(actor=alice, memory=note)
    confirmed(note, world.alice, world.alice, world.bob)
    for success in (True, True, False):
        evidence.report_outcome(actor=alice, task="t", success=success, memory_ids=[note.public_id])
    evidence.report_outcome(actor=bob, task="t", success=True, memory_ids=[note.public_id])
    shown(world, world.alice, note)
    shown(world, world.alice, note)
    shown(world, world.bob, note)
    told = explaining.explain(actor=bob, memory=note.public_id)
    assert told.evidence == strength.Evidence(1, 0, 1, 1, 2)
    memories.revise(actor=bob, memory=note, changes={"text": "Boiler three is loud."})
    told = explaining.explain(actor=bob, memory=note.public_id)
    assert told.evidence == strength.Evidence(0, 0, 0, 0, 2)
    assert told.confidence == 0.5


def test_the_strength_told_is_what_the_run_goes_by(world, aged, decay):
    doubted = aged(world.bob, "The lift is fixed.", 320, space=world.team)
    evidence.contradict(actor=of_user(world.alice), memory=doubted)
    trusted = aged(world.bob, "The lift holds eight.", 320, space=world.team)
    for memory, below in ((doubted, True), (trusted, False)):
        told = explaining.explain(actor=of_user(world.bob), memory=memory.public_id)
        assert told.strength is not None
        assert told.fades_at is not None
        assert (told.strength < told.floor) == (told.fades_at < clock.now()) == below
    assert decay().counts["archived"] == {"fact": {"decay.contradicted": 1}}
    assert status_of(doubted, trusted) == ["archived", "active"]


def test_what_somebody_confirms_comes_back_and_words_said_anew_do_not_double(world, aged, decay):
    team = {"space": world.team}
    wanted = aged(world.bob, "Spare keys hang in bay two.", WEAK, **team)
    again = aged(world.bob, "Bay three floods.", WEAK, **team)
    forgotten = aged(world.bob, "Bay four is dry.", WEAK, **team)
    first = decay()
    with pytest.raises(Conflict):
        evidence.contradict(actor=of_user(world.alice), memory=Memory.objects.get(pk=wanted.pk))
    for memory in (wanted, again):
        confirmed(Memory.objects.get(pk=memory.pk), world.alice)
    copy = aged(world.bob, "Bay three floods.", 0, **team)
    assert copy.pk != again.pk
    second = decay()
    assert (second.counts["revived"], second.counts["memories"]) == (1, 1)
    assert status_of(wanted, again, forgotten) == ["active", "archived", "archived"]
    move = DecayMove.objects.get(memory=wanted)
    assert (move.run, move.restored_for) == (first, "decay.confirmed")
    assert set(decay().counts) == {"memories", "kept"}, "a third run finds nothing to do"


def test_an_undone_run_brings_everything_back_and_the_next_one_leaves_it(world, aged, decay):
    notes = [aged(world.alice, f"Old fact {number}.", WEAK) for number in range(3)]
    before = list(Memory.objects.order_by("pk").values("text", "status", "content_hash", "tags"))
    run = decay()
    assert status_of(*notes) == ["archived"] * 3
    assert runs.ask_to_undo(actor=of_user(world.alice), run=run).state == "undoing"
    done = runs.execute(run_id=run.pk)
    assert (done.state, done.counts["restored"], done.counts["left"]) == ("undone", 3, 0)
    after = list(Memory.objects.order_by("pk").values("text", "status", "content_hash", "tags"))
    assert after == before
    assert decay().counts == {"memories": 3, "kept": {}}
    with pytest.raises(Conflict, match="undone"):
        runs.ask_to_undo(actor=of_user(world.alice), run=done)


def test_a_run_killed_at_any_batch_ends_as_a_clean_one(world, aged, decay, monkeypatch):
    monkeypatch.setattr(moving, "BATCH", 2)
    notes = [aged(world.alice, f"Old fact {number}.", WEAK) for number in range(5)]
    notes += [aged(world.alice, f"Old episode {number}.", 400, kind="episode") for number in (1, 2)]
    for survives in range(4):
        run = runs.queue(organisation=world.organisation)
        left = iter(range(survives))

        def killed(_step, _done, left=left):
            if next(left, None) is None:
                raise SystemExit

        with pytest.raises(SystemExit):
            runs.execute(run_id=run.pk, told=killed)
        long_ago = clock.now() - timedelta(minutes=3)
        DecayRun.objects.filter(pk=run.pk).update(beat_at=long_ago)
        assert runs.resume() == 1
        run.refresh_from_db()
        assert (run.state, run.moves.count()) == ("done", 7)
        assert run.counts["archived"] == {
            "fact": {"decay.faded": 5},
            "episode": {"decay.faded": 2},
        }
        assert status_of(*notes) == ["archived"] * 7
        with transaction.atomic():
            runs.undoing(run=run)
        runs.execute(run_id=run.pk)
        DecayMove.objects.all().delete()


def test_nothing_is_moved_that_was_touched_after_the_run_looked(world, aged):
    note = aged(world.bob, "The ramp is icy.", WEAK, space=world.team)
    run = runs.queue(organisation=world.organisation)
    found = [reckoning.faded(g, run.moment) for g in reckoning.groups(world.organisation.pk)]
    assert [ids for one in found for ids in one.ids.values()] == [[note.pk]]
    confirmed(note, world.alice)
    for one in found:
        moving.archive(run, one)
    assert status_of(note) == ["active"]


def test_each_space_has_its_own_half_lives_and_a_switch(world, aged, decay):
    old = {
        space: aged(world.alice, "The hatch leaks.", 100, space=space)
        for space in (world.team, world.root)
    }
    policies.change(
        actor=of_user(world.alice), space=world.team, values={"half_life_fact": 30}, reason="Fast."
    )
    decay()
    assert status_of(old[world.team], old[world.root]) == ["archived", "active"]
    policies.change(
        actor=of_user(world.alice),
        space=world.root,
        values={"half_life_fact": 1, "decay": False},
        reason="Off.",
    )
    decay()
    assert status_of(old[world.root]) == ["active"]
    Space.objects.filter(pk=world.root.pk).update(read_only=True)


def test_runs_wait_for_curation_and_for_each_other(world, decay):
    first = runs.queue(organisation=world.organisation)
    with pytest.raises(runs.DecayUnderWay):
        runs.queue(organisation=world.organisation)
    with pytest.raises(IntegrityError), transaction.atomic():
        DecayRun.objects.create(
            organisation=world.organisation, moment=clock.now(), created_at=clock.now()
        )
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_lock(%s)", [key(f"curation:{world.organisation.pk}")]
            )
            assert runs.execute(run_id=first.pk).state == "queued"
            cursor.execute("SELECT pg_advisory_unlock_all()")
    finally:
        other.close()
    assert runs.execute(run_id=first.pk).state == "done"


def test_a_pause_of_consolidation_stops_decay_between_two_batches_and_loses_nothing(
    world, aged, decay, monkeypatch
):
    monkeypatch.setattr(moving, "BATCH", 1)
    notes = [aged(world.alice, f"Old fact {number}.", WEAK) for number in range(3)]
    run = runs.queue(organisation=world.organisation)
    switched = []

    def pausing(_step, done):
        if done == 1:
            switched.append(switches.turn_on_everywhere(kind="consolidation", reason="Look first."))

    stopped = runs.execute(run_id=run.pk, told=pausing)
    assert (stopped.state, stopped.counts["archived"]) == ("running", {"fact": {"decay.faded": 1}})
    assert status_of(*notes) == ["archived", "active", "active"]
    DecayRun.objects.update(beat_at=clock.now() - timedelta(minutes=3))
    assert runs.resume() == 0
    switches.lift(actor=None, switch=switched[0])
    assert runs.resume() == 1
    run.refresh_from_db()
    assert (run.state, run.counts["archived"]) == ("done", {"fact": {"decay.faded": 3}})
    pause = switches.turn_on_everywhere(kind="consolidation", reason="Look again.")
    with pytest.raises(switches.Paused, match="Look again"):
        decay()
    assert runs.nightly() == 0
    assert decay(dry=True).state == "done"
    runs.ask_to_undo(actor=of_user(world.alice), run=run)
    assert runs.execute(run_id=run.pk).state == "undone"  # a pause does not keep what went wrong
    assert status_of(*notes) == ["active"] * 3
    switches.lift(actor=None, switch=pause)


def test_what_was_said_of_merged_memories_is_said_of_the_one_each_person_once(world, write):
    team = {"space": world.team}
    one = write(world.bob, "Boiler two is loud.", **team)
    other = write(world.alice, "Boiler two is loud!", **team)
    evidence.confirm(actor=of_user(world.alice), memory=one)
    for memory, success in ((one, True), (other, True), (one, True)):
        evidence.report_outcome(
            actor=of_user(world.dora), task="t", success=success, memory_ids=[memory.public_id]
        )
    shown(world, world.bob, one)
    shown(world, world.bob, other)
    consolidation.execute(run_id=consolidation.queue(space=world.team).pk)
    merged = Memory.objects.get(source="consolidation")
    assert status_of(one, other, merged) == ["superseded", "superseded", "active"]
    told = explaining.explain(actor=of_user(world.bob), memory=merged.public_id)
    assert told.evidence == strength.Evidence(1, 0, 1, 0, 1)
    evidence.report_outcome(
        actor=of_user(world.dora), task="u", success=True, memory_ids=[merged.public_id]
    )
    again = explaining.explain(actor=of_user(world.bob), memory=merged.public_id)
    assert again.evidence == told.evidence
    third = write(world.dora, "Boiler two is loud.", space=world.other_team)
    told = explaining.explain(actor=of_user(world.dora), memory=third.public_id)
    assert told.evidence == strength.NONE


def test_only_who_manages_the_organisation_starts_and_undoes_real_runs(world):
    with pytest.raises(Forbidden):
        runs.request(actor=of_user(world.bob))
    assert runs.request(actor=of_user(world.alice), dry=False).state == "queued"


def test_a_forecast_is_what_runs_would_do(world, aged, decay):
    aged(world.alice, "Faded already.", WEAK, space=world.team)
    aged(world.alice, "Fades in spring.", WEAK - 100, space=world.team)
    aged(world.dora, "Of no concern to Alice.", WEAK, space=world.other_team)
    aged(world.bob, "Bob's own.", WEAK)
    aged(world.alice, "Pinned.", WEAK, tags=("pinned",))
    alice = of_user(world.alice)
    found = forecasts.seen_by(alice, months=12)
    assert (found.memories, found.points[0].archived, found.archived) == (3, 1, 2)
    assert (found.kinds, found.kept) == ({"fact": 2}, {"pinned": 1})
    with isolation.within(isolation.Context(user=world.alice.pk, reach="review")):
        assert forecasts.seen_by(alice, months=12) == found
    slow = forecasts.seen_by(alice, months=12, values={"half_life_fact": 3000})
    assert slow.archived == 0
    assert slow.sentence.startswith("0 of 3 would be archived by ")
    everything = forecasts.of_spaces(world.organisation.pk, months=1)
    assert (
        everything.points[0].archived == decay(dry=True).counts["archived"]["fact"]["decay.faded"]
    )
    with pytest.raises(Forbidden):
        forecasts.seen_by(of_user(world.bob))
    for wrong in ({"values": {"kill_switch": True}}, {"values": {"decay_floor": 2}}, {"months": 0}):
        with pytest.raises(Invalid):
            forecasts.seen_by(alice, **wrong)


def test_the_command_counts_looks_ahead_archives_and_undoes(world, aged, capsys):
    note = aged(world.alice, "The old pump hums.", WEAK)
    call_command("decay", dry_run=True)
    assert "1 of 1 memories would be archived" in capsys.readouterr().out
    call_command("decay", simulate=True, half_life=["fact=3000"])
    assert "0 of 1 would be archived by" in capsys.readouterr().out
    call_command("decay", organisation=world.organisation.name)
    assert "1 of 1 memories were archived" in capsys.readouterr().out
    run = DecayRun.objects.get(moves__memory=note)
    call_command("decay", undo=run.public_id)
    assert "1 memories are active again" in capsys.readouterr().out
    for wrong in ({"simulate": True, "half_life": ["fox=1"]}, {"organisation": "Nobody"}):
        with pytest.raises(CommandError):
            call_command("decay", **wrong)


@pytest.mark.parametrize("only", [{"half_life": ["fact=90"]}, {"floor": 0.5}, {"months": 4}])
@pytest.mark.parametrize("what", [{}, {"dry_run": True}])
def test_what_only_a_forecast_takes_starts_no_run(world, only, what):
    with pytest.raises(CommandError, match="belongs to --simulate"):
        call_command("decay", **only, **what)
    assert not DecayRun.objects.exists()


def test_statements_use_every_column_of_evidence():
    fields = strength.Evidence.__dataclass_fields__
    assert tuple(fields) == statements.COLUMNS
