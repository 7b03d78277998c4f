"""A person is erased from every table, dump, file, key and log; others' data is as it was."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import redis
from django.apps import apps
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection

from apps.accounts.actors import of_user
from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.curation.models import Candidate, Opinion
from apps.governance.core.tables import TABLES
from apps.governance.models import Erasure
from apps.governance.services import erasures, rehearsal, residue, steps
from apps.kernel import clock
from apps.kernel.errors import Invalid
from apps.memories.models import Confirmation, Memory, MemoryIndex, Outcome
from apps.memories.services import index, memories, statistics, storage
from apps.memories.services.drafts import Draft
from apps.recall.models import Feedback, RecallUse
from memoryhub.embedded import binaries

# What holds hashes, vectors and numbers instead of letters; asserted by themselves below
_NO_LETTERS = {
    "memories.Provenance",
    "memories.OutcomeUse",
    "curation.ClusterMember",
    "curation.CandidateMember",
    "curation.RulingNote",
    "consolidation.ChangeSource",
    "consolidation.ProposalSource",
    "recall.RecallUse",
    "spaces.Membership",
    "sessions.Session",
    "accounts.User.password",
    "governance.LegalHold",
    "identity.ManagedGrant",
    "mfa.Authenticator",
}


def test_the_planted_string_was_everywhere_it_could_be(canary):
    found = residue.tables_with(canary.needle)
    wanted = {
        apps.get_model(table.label)._meta.db_table
        for table in TABLES
        if table.holds and table.label not in _NO_LETTERS
    }
    assert wanted <= found.keys(), sorted(wanted - found.keys())
    assert not [table for table in found if table.startswith("audit")]


def test_afterwards_no_table_holds_it(canary, erase, world, capfd):
    assert Session.objects.exists()
    erasure = erase(world.alice)
    assert (erasure.state, erasure.step) == ("done", "")
    assert residue.tables_with(canary.needle) == {}
    assert canary.needle not in "".join(capfd.readouterr())
    assert not MemoryIndex.objects.filter(memory__owner=world.alice).exists()
    assert not Opinion.objects.exists()
    assert residue.tables_with(canary.digest(f"gate open Fridays {canary.needle}")) == {}
    assert statistics.repair() == 0


def test_the_name_row_is_erased_and_the_audit_knows_a_number(canary, erase, world):
    before = AuditEvent.objects.filter(actor=world.alice.public_id).count()
    erase(world.alice)
    person = User.objects.get(pk=world.alice.pk)
    assert (person.name, person.is_active) == ("Erased person", False)
    assert person.email == f"{person.public_id.hex}@erased.invalid"
    assert not person.has_usable_password()
    assert not person.groups.exists()
    assert {agent.name for agent in person.agents.all()} == {"Erased agent"}
    assert AuditEvent.objects.filter(actor=world.alice.public_id).count() == before


def test_what_she_did_to_others_memories_stays_as_evidence(canary, erase, world):
    erase(world.alice)
    confirmed = Confirmation.objects.get(memory=canary.bobs, person=world.alice)
    assert (confirmed.stance, confirmed.note) == ("confirmed", "")
    assert [one.task for one in Outcome.objects.filter(person=world.alice)] == [""]
    assert [one.note for one in Feedback.objects.filter(person=world.alice)] == [""]
    assert {one.query_hash for one in RecallUse.objects.filter(person=world.alice)} == {""}


def test_erased_memories_are_final_and_keep_their_number(canary, erase, world):
    mine = set(Memory.objects.filter(owner=world.alice).values_list("public_id", flat=True))
    erase(world.alice)
    left = Memory.objects.filter(owner=world.alice)
    assert {memory.status for memory in left} == {"erased"}
    assert set(left.values_list("public_id", flat=True)) == mine - {canary.published.public_id}
    for memory in left:
        assert {one.text for one in memory.revisions.all()} == {""}
        assert memory.revisions.latest("number").status == "erased"


def test_what_others_have_is_byte_for_byte_what_it_was(canary, erase, world, write):
    write(world.dora, "Dora counts the boxes.")
    write(world.charlie, "Charlie is elsewhere.")
    before = others(world)
    erase(world.alice)
    assert others(world) == before
    assert len(before) > 20


def others(world: Any) -> set[str]:
    """Rows of everybody else, but for what is derived from Alice's words."""
    derived = "SELECT memory_id FROM memories_provenance WHERE contributor_id = %(alice)s"
    bobs = f"""SELECT id FROM memories_memory WHERE owner_id <> %(alice)s
                AND source = 'api' AND id NOT IN ({derived})"""
    queries = {
        "memories_memory": f"id IN ({bobs})",
        "memories_memoryrevision": f"memory_id IN ({bobs})",
        "memories_memoryindex": f"memory_id IN ({bobs})",
        "memories_provenance": f"memory_id IN ({bobs})",
        "memories_confirmation": f"memory_id IN ({bobs}) AND person_id <> %(alice)s",
        "memories_outcome": "person_id <> %(alice)s",
        "accounts_user": "id <> %(alice)s AND owner_id IS DISTINCT FROM %(alice)s",
        "accounts_agenttoken": "user_id NOT IN (SELECT id FROM accounts_user WHERE id = %(alice)s"
        " OR owner_id = %(alice)s)",
        "spaces_membership": "person_id <> %(alice)s",
        "spaces_space": "person_id IS DISTINCT FROM %(alice)s",
        "auth_group": "true",
        "recall_recalluse": "person_id <> %(alice)s",
    }
    rows = set()
    with connection.cursor() as cursor:
        for table, where in queries.items():
            cursor.execute(
                f"SELECT t::text FROM {table} t WHERE {where}", {"alice": world.alice.pk}
            )
            rows |= {f"{table} {row}" for (row,) in cursor.fetchall()}
    return rows


def test_twice_is_once(canary, erase, world):
    first = erase(world.alice)
    everything = dump()
    again = erase(world.alice)
    assert again.pk == first.pk
    assert dump() == everything


def dump() -> dict[str, list[str]]:
    """Every row of every table."""
    rows = {}
    with connection.cursor() as cursor:
        for table in residue._tables():
            cursor.execute(f'SELECT t::text FROM "{table}" t ORDER BY 1')
            rows[table] = [row for (row,) in cursor.fetchall()]
    return rows


@pytest.mark.parametrize("after", [1, 2, 4, 6, 9])
def test_killed_half_way_and_resumed_it_ends_the_same(after, canary, world, monkeypatch):
    erasure = erasures.queue(organisation=world.organisation, person=world.alice, reason="Asked.")
    done = [0]

    def dying(step: str, number: int) -> None:
        done[0] += 1
        if done[0] == after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        erasures.execute(erasure_id=erasure.pk, told=dying)
    erasure.refresh_from_db()
    assert erasure.state == "running"
    Erasure.objects.update(beat_at=None)
    assert erasures.resume() == 1
    erasure.refresh_from_db()
    assert erasure.state == "done"
    assert residue.tables_with(canary.needle) == {}
    assert erasure.counts == pytest.approx(WHOLE.setdefault("counts", erasure.counts))


WHOLE: dict[str, Any] = {}  # of the first case; the others must end the same


def test_a_rehearsal_counts_and_changes_nothing(canary, erase, world):
    before = dump()
    told = rehearsal.report(world.organisation, world.alice)
    assert dump() == before
    done = erase(world.alice)
    assert told["removed"] == dict(sorted(done.counts.items()))


def test_a_write_that_was_under_way_is_found_by_the_sweep(canary, erase, world):
    erase(world.alice)
    late = memories.build(
        of_user(world.alice), world.personal(world.alice), Draft(text=f"Late, {canary.needle}."),
        clock.now(),
    )  # fmt: skip
    storage.insert(of_user(world.alice), [late], [index.lexical(late)])
    assert erasures.complete() == 1
    assert erasures.resume() == 1
    assert residue.tables_with(canary.needle) == {}
    assert erasures.complete() == 0


def test_who_cannot_be_erased(world, make_agent):
    agent, _, _ = make_agent(world.alice)
    for person, said in ((agent, "Agents are erased"), (world.charlie, "no such person")):
        with pytest.raises(Invalid, match=said):
            erasures.queue(organisation=world.organisation, person=person, reason="Asked.")
    with pytest.raises(Invalid, match="needs a reason"):
        erasures.queue(organisation=world.organisation, person=world.bob, reason="  ")


def test_every_step_is_tried(canary, world):
    erasure = erasures.queue(organisation=world.organisation, person=world.alice, reason="Asked.")
    seen: list[str] = []
    erasures.execute(erasure_id=erasure.pk, told=lambda step, _: seen.append(step))
    assert [*dict.fromkeys(seen)] == [name for name, _ in steps.steps()]


def test_requests_lose_her_words(canary, erase, world):
    erase(world.alice)
    row = Candidate.objects.get(pk=canary.candidate.pk)
    assert (row.text, row.reason, row.members.count()) == ("", "", 0)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_no_dump_file_key_or_log_holds_it(canary, erase, world):
    assert canary.needle in dumped()
    assert len(list(residue.compact())) > 40
    assert files_with(canary.needle), "this is how it looks when something holds it"
    erase(world.alice)
    assert canary.needle not in dumped()
    assert "pg_catalog.pg_statistic" in list(residue.compact())
    assert files_with(canary.needle) == []
    client = redis.from_url(settings.REDIS_URL.replace("redis+socket://", "unix://"))
    for key in client.scan_iter():
        assert canary.needle.encode() not in key + (client.dump(key) or b"")
    logs = list(Path(os.environ["MEMORYHUB_VAR"]).rglob("*.log"))
    assert logs
    assert [path for path in logs if canary.needle.encode() in path.read_bytes()] == []


def dumped() -> str:
    """pg_dump of the database, as a backup would be."""
    at = connection.settings_dict
    program = str(binaries.postgres_folder() / "pg_dump")
    address = [f"--host={at['HOST']}", f"--port={at['PORT']}", f"--username={at['USER']}"]
    done = subprocess.run(
        [program, *address, "--inserts", "--enable-row-security", at["NAME"]],
        env=os.environ | {"PGPASSWORD": at["PASSWORD"]},
        capture_output=True,
        check=True,
    )
    return done.stdout.decode()


def files_with(needle: str) -> list[str]:
    """Heap, index and catalog files that hold it; the write-ahead log is another matter."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT oid FROM pg_database WHERE datname = current_database()")
        (oid,) = cursor.fetchone() or (0,)
    folders = [*Path(os.environ["MEMORYHUB_VAR"]).glob(f"**/base/{oid}")]
    if not folders:
        pytest.skip("the files of this database are elsewhere")
    files = [path for path in folders[0].iterdir() if path.is_file()]
    assert len(files) > 100
    found = [path.name for path in files if needle.encode() in path.read_bytes()]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE pg_relation_filenode(oid)::text = ANY (%s)", [found]
        )
        return [name for (name,) in cursor.fetchall()]
