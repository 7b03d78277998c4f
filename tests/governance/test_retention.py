"""Retention does what its dry run said, and never what a hold keeps."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.core.management import call_command
from django.db import DatabaseError, ProgrammingError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts.actors import of_user
from apps.audit.models import AuditEvent
from apps.governance.core.retention import Rule, in_force, newest
from apps.governance.models import RetentionRule
from apps.governance.services import holds, residue, retention
from apps.kernel import clock
from apps.kernel.errors import Conflict, Forbidden, Invalid
from apps.kernel.locks import key
from apps.memories.models import Memory

NOW = datetime(2026, 6, 1, tzinfo=UTC)
PARENTS = {1: None, 2: 1, 3: 2}
rules = st.lists(
    st.builds(
        Rule,
        id=st.integers(1, 99),
        space=st.sampled_from([1, 2, 3]),
        kind=st.sampled_from(["", "fact", "episode"]),
        version=st.integers(1, 5),
        action=st.sampled_from(["archive", "delete", "keep"]),
        max_age_days=st.integers(1, 400),
        basis=st.sampled_from(["confirmed", "created"]),
    )
)


@pytest.mark.parametrize(
    ("given_rules", "space", "kind", "expected"),
    [
        ([], 3, "fact", None),
        ([(1, "")], 3, "fact", (1, "")),
        ([(1, "fact"), (1, "")], 3, "fact", (1, "fact")),
        ([(1, "fact"), (2, "")], 3, "fact", (2, "")),
        ([(3, "episode"), (1, "")], 3, "fact", (1, "")),
        ([(3, "")], 2, "fact", None),
    ],
)
def test_the_nearest_space_decides_and_its_own_kind_first(given_rules, space, kind, expected):
    made = newest(
        Rule(n, at, named, 1, "archive", 9, "created") for n, (at, named) in enumerate(given_rules)
    )
    found = in_force(made, space=space, kind=kind, parent_of=PARENTS)
    assert (found and (found.space, found.kind)) == expected


@given(rules, st.sampled_from([1, 2, 3]), st.sampled_from(["fact", "episode", "brief"]))
def test_the_rule_in_force_is_the_newest_of_its_place(made, space, kind):
    found = in_force(newest(made), space=space, kind=kind, parent_of=PARENTS)
    if found is None:
        assert not [one for one in made if one.space == 1 and one.kind in {"", kind}]
        return
    assert found.kind in {"", kind}
    same = [one for one in made if (one.space, one.kind) == (found.space, found.kind)]
    assert found.version == max(one.version for one in same)
    before = found.before(NOW)
    assert (before is None) == (found.action == "keep")
    assert before is None or before < NOW


@pytest.fixture
def rule(dora, world):
    def make(space=None, **values):
        place = (space or world.root).public_id
        return retention.rule(
            actor=of_user(dora), space=place, reason="Policy 12.",
            **{"action": "delete", "max_age_days": 30, **values},
        )  # fmt: skip

    return make


def age(memory: Memory, days: int, confirmed: int | None = None) -> Memory:
    now = clock.now()
    Memory.objects.filter(pk=memory.pk).update(
        created_at=now - timedelta(days=days),
        corroborated_at=None if confirmed is None else now - timedelta(days=confirmed),
    )
    return memory


def statuses(*notes: Memory) -> list[str]:
    return [Memory.objects.get(pk=note.pk).status for note in notes]


@pytest.fixture
def notes(world, write):
    """Old and new notes of two kinds, one confirmed lately."""
    return {
        "old": age(write(world.alice, "Old zqretention fact."), 40),
        "confirmed": age(write(world.alice, "Old and confirmed."), 40, confirmed=3),
        "new": age(write(world.alice, "New fact."), 5),
        "episode": age(write(world.bob, "An old episode.", kind="episode"), 40),
        "team": age(write(world.bob, "Old in the team.", space=world.team), 40),
    }


def test_what_the_dry_run_says_is_what_then_happens(rule, notes, dora, world):
    rule()
    rule(kind="episode", action="archive")
    assert retention.enforce(organisation=world.organisation).done == 0, "no dry run yet"
    told = retention.rehearse(actor=of_user(dora))
    assert set(statuses(*notes.values())) == {"active"}
    done = retention.enforce(organisation=world.organisation)
    assert [{**row, "ids": sorted(row["ids"])} for row in done.report] == [
        {**row, "ids": sorted(row["ids"])} for row in told.report
    ]
    assert done.done == sum(row["count"] for row in told.report) == 3
    named = {one for row in told.report for one in row["ids"]}
    assert named == {str(notes[name].public_id) for name in ("old", "episode", "team")}
    assert statuses(*notes.values()) == ["erased", "active", "active", "archived", "erased"]
    assert "memories_memoryrevision" not in residue.tables_with("zqretention")
    again = retention.enforce(organisation=world.organisation)
    assert (again.done, again.report) == (0, [])
    actions = AuditEvent.objects.filter(action__startswith="retention.")
    assert [one.action for one in actions.order_by("id")] == [
        "retention.change", "retention.change", "retention.rehearse", "retention.enforce",
    ]  # fmt: skip


def test_a_rule_made_after_the_dry_run_waits_for_the_next(rule, notes, dora, world):
    rule(max_age_days=1000)
    retention.rehearse(actor=of_user(dora))
    rule(max_age_days=30)
    assert retention.enforce(organisation=world.organisation).done == 0
    retention.rehearse(actor=of_user(dora))
    assert retention.nightly() == 3


def test_created_counts_from_the_writing_and_keep_ends_what_is_above(rule, notes, dora, world):
    rule(basis="created", action="archive")
    kept = rule(world.team, action="keep", max_age_days=None)
    retention.rehearse(actor=of_user(dora))
    assert retention.enforce(organisation=world.organisation).done == 0
    assert kept.version == 1
    rule(world.team, basis="created", action="archive")
    retention.rehearse(actor=of_user(dora))
    assert retention.enforce(organisation=world.organisation).done == 4
    assert statuses(notes["confirmed"], notes["new"]) == ["archived", "active"]


def test_what_is_held_stays_and_is_counted(rule, notes, dora, world):
    rule()
    holds.place(actor=of_user(dora), reason="Case.", memory=notes["old"].public_id)
    holds.place(actor=of_user(dora), reason="Case.", space=world.team.public_id)
    told = retention.rehearse(actor=of_user(dora))
    done = retention.enforce(organisation=world.organisation)
    assert (told.held, done.held, done.done) == (2, 2, 1)
    assert statuses(notes["old"], notes["team"]) == ["active", "active"]


def test_the_database_refuses_to_erase_what_is_held_and_names_the_hold(notes, dora, world):
    placed = holds.place(actor=of_user(dora), reason="Case.", memory=notes["old"].public_id)
    named = f"Legal hold {placed.public_id}"
    with pytest.raises(DatabaseError, match=named), transaction.atomic():
        Memory.objects.filter(pk=notes["old"].pk).update(status="erased")
    holds.release(actor=of_user(dora), hold=placed, reason="Over.")
    Memory.objects.filter(pk=notes["old"].pk).update(status="erased")


def test_others_are_left_alone(rule, notes, dora, world, write):
    strange = age(write(world.charlie, "Elsewhere and old."), 400)
    world.team.read_only = True
    world.team.save()
    rule()
    retention.rehearse(actor=of_user(dora))
    retention.nightly()
    assert statuses(strange, notes["team"]) == ["active", "active"]


def test_it_waits_for_a_curation_run(rule, world, django_db_blocker, transactional_db):
    at = connection.settings_dict
    with psycopg.connect(
        dbname=at["NAME"], user=at["USER"], password=at["PASSWORD"], host=at["HOST"],
        port=at["PORT"],
    ) as run:  # fmt: skip
        run.execute("SELECT pg_advisory_lock(%s)", [key(f"curation:{world.organisation.pk}")])
        with pytest.raises(Conflict, match="under way"):
            retention.enforce(organisation=world.organisation)


def test_bad_rules_are_refused_with_the_field(rule, world, alice):
    for values, field in (
        ({"max_age_days": None}, "max_age_days"),
        ({"action": "keep"}, "max_age_days"),
        ({"space": world.personal(world.charlie)}, "space"),
    ):
        with pytest.raises(Invalid) as refused:
            rule(**values)
        assert refused.value.attr == field
    with pytest.raises(Forbidden):
        retention.rehearse(actor=of_user(alice))
    made = rule()
    with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
        RetentionRule.objects.filter(pk=made.pk).update(max_age_days=1)


def test_by_the_api_and_the_command(notes, dora, world, client_of, capsys):
    client = client_of(dora)
    body = {"space": str(world.root.public_id), "action": "delete", "max_age_days": 30,
            "reason": "Policy 12."}  # fmt: skip
    assert client.post("/api/v1/retention-rules", body).status_code == 201
    run = client.post("/api/v1/retention-runs").json()
    assert sum(row["count"] for row in run["report"]) == 3
    assert client.get(f"/api/v1/retention-runs/{run['id']}").json() == run
    call_command("retention", "--dry-run", "--organisation", "Aldermoor")
    assert "3 memories would be archived or erased" in capsys.readouterr().out
    call_command("retention", "--organisation", "Aldermoor")
    assert "3 memories were archived or erased" in capsys.readouterr().out
