"""How long the desk's queue takes on the server with many requests in the table.

One organisation with two teams; a reviewer of all of it, who administers it, too, signs in and
asks for pages through Django's handler, with row-level security as in a hub but without a socket.
Half of the requests wait, the others were decided by people within a year; every one has two
members. There are as many memories, events of the audit and decisions of one run as requests. A
page is asked `--rounds` times after one that is not counted.

Figures, by page: the median and the slowest in milliseconds (`median_ms`, `slowest_ms`), queries
to the database (`queries`), and bytes of the answer. `next` takes the next request for a reviewer.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from bench import scratch

PAGES = {
    "queue": "curation/candidate/",
    "queue, last page": "curation/candidate/?p={last}",
    "queue, one reason": "curation/candidate/?reason=gate.disputed",
    "queue, a score range": "curation/candidate/?score=0.7-0.85",
    "queue, one contributor": "curation/candidate/?person={person}",
    "queue, search": "curation/candidate/?q=fact+77",
    "queue, most people first": "curation/candidate/?o=-3",
    "rejected": "curation/candidate/?status=rejected",
    "rejected, last page": "curation/candidate/?status=rejected&p={last}",
    "a request": "curation/candidate/{request}/",
    "first page": "",
    "a run": "curation/curationrun/{run}/",
    "memories": "memories/memory/",
    "memories, last page": "memories/memory/?p={last}",
    "memories, search": "memories/memory/?q=note+77",
    "audit": "audit/auditevent/",
}
TARGET_MS = 300

_CLUSTERS = """
INSERT INTO curation_cluster (public_id, organisation_id, canonical_id, created_at)
SELECT gen_random_uuid(), %(organisation)s, %(first)s, now() FROM generate_series(1, %(rows)s)
"""
_DECISIONS = """
INSERT INTO curation_decision (public_id, run_id, cluster_id, target_id, verdict, score, reasons,
                               inputs, evidence_hash, policy_version, engine_version, created_at)
SELECT gen_random_uuid(), %(run)s, c.id, (ARRAY[%(root)s, %(team)s, %(other)s])[1 + c.id %% 3],
       'review', (c.id %% 100) / 100.0,
       CASE WHEN c.id %% 50 = 0 THEN '{gate.disputed}' ELSE '{people.likely_same}' END::varchar[],
       '{}'::jsonb, '', 0, '2', now() - (c.id %% 90) * interval '1 day'
  FROM curation_cluster c
"""
_REQUESTS = """
INSERT INTO curation_candidate (public_id, cluster_id, target_id, decision_id, status, text, edited,
                                members_hash, revision, reason, created_at, reviewer_id,
                                decided_at, made, readers, ranked_at)
SELECT gen_random_uuid(), d.cluster_id, d.target_id, d.id,
       CASE WHEN d.id %% 2 = 0 THEN 'pending' ELSE 'rejected' END,
       'This is fact ' || d.id || ' of many, and it is about as long as a sentence usually is.',
       false, '', 1, '', d.created_at, CASE WHEN d.id %% 2 = 1 THEN %(reviewer)s END,
       CASE WHEN d.id %% 2 = 1 THEN now() - (d.id %% 365) * interval '1 day' END, false, 20,
       d.created_at - (d.id %% 17) * interval '1 day'
  FROM curation_decision d
"""
_MEMBERS = """
INSERT INTO curation_candidatemember (candidate_id, memory_id, revision, person_id, link,
                                      independent, linked)
SELECT c.id, m.id, 1, m.owner_id, 'likely', true, false
  FROM curation_candidate c, memories_memory m WHERE m.id IN (%(first)s, %(second)s)
"""


def main() -> None:
    """Run, print a table, write the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench.desk", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="requests (%(default)s)")
    parser.add_argument("--rounds", type=int, default=7, help="of each page (%(default)s)")
    parser.add_argument("--out", type=Path, required=True, help="file for the figures, JSON")
    options = parser.parse_args()
    os.environ["EMBEDDING_MODEL"] = "null"
    with tempfile.TemporaryDirectory(prefix="memoryhub-static-") as static:
        os.environ["STATIC_ROOT"] = static
        with scratch.hub():
            found = _measure(options.rows, options.rounds)
    scratch.write(options.out, found)
    print("| page | median, ms | slowest, ms | queries | KiB |\n|---|---|---|---|---|")
    for name, told in found["pages"].items():
        print(
            f"| {name} | {told['median_ms']:.0f} | {told['slowest_ms']:.0f} | {told['queries']}"
            f" | {told['bytes'] / 1024:.0f} |"
        )
    print(f"queue under {TARGET_MS} ms: {found['pages']['queue']['median_ms'] < TARGET_MS}")


def _measure(rows: int, rounds: int) -> dict[str, Any]:
    from django.core.management import call_command
    from django.test import Client

    call_command("collectstatic", verbosity=0, interactive=False)
    reviewer, names = _populate(rows)
    client = Client()
    client.force_login(reviewer)
    names["last"] = str(max(1, rows // 2 // 25))
    shown = {
        name: _timed(partial(client.get, f"/desk/{page.format(**names)}"), rounds, expect=200)
        for name, page in PAGES.items()
    }
    following = "/desk/curation/candidate/next"
    shown["next"] = _timed(lambda: client.post(following), rounds, expect=302)
    return {"rows": rows, "rounds": rounds, "pages": shown}


def _timed(ask: Callable[[], Any], rounds: int, *, expect: int) -> dict[str, float]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    took = []
    with CaptureQueriesContext(connection) as queries:
        answer = ask()
    if answer.status_code != expect:
        raise SystemExit(f"{answer.status_code} instead of {expect}")
    for _ in range(rounds):
        start = time.perf_counter()
        ask()
        took.append(1000 * (time.perf_counter() - start))
    return {
        "median_ms": statistics.median(took),
        "slowest_ms": max(took),
        "queries": len(queries),
        "bytes": len(answer.content),
    }


def _populate(rows: int) -> tuple[Any, dict[str, str]]:
    """A reviewer, and what addresses name. Written as rows: services would take an hour."""
    from django.db import connection

    from apps.accounts.actors import of_user
    from apps.accounts.services import users
    from apps.audit.models import AuditEvent
    from apps.audit.services.events import SYSTEM
    from apps.curation.models import Candidate, CurationRun
    from apps.kernel import clock
    from apps.memories.models import Memory
    from apps.memories.services import memories
    from apps.memories.services.drafts import Draft
    from apps.spaces.models import Membership
    from apps.spaces.services import grants, organisations, tree

    organisation = organisations.found(name="Bench")
    root = organisations.root_of(organisation)
    teams = [tree.create_team(organisation=organisation, name=name, parent=root) for name in "AB"]
    person = users.create_person(email="reviewer@bench.example", name="Reviewer")
    organisations.join(organisation=organisation, person=person)
    Membership.objects.filter(person=person).update(role="admin")
    for space in (root, *teams):
        grants.grant(space=space, person=person, role="curator", by=SYSTEM)
    notes = [
        memories.remember(actor=of_user(person), draft=Draft(text=text)).memory
        for text in ("One note.", "Another note.")
    ]
    now = clock.now()
    run = CurationRun.objects.create(
        organisation=organisation, state="done", created_at=now, finished_at=now
    )
    values = {
        "organisation": organisation.pk, "run": run.pk, "rows": rows, "root": root.pk,
        "team": teams[0].pk, "other": teams[1].pk, "first": notes[0].pk, "second": notes[1].pk,
        "reviewer": person.pk,
    }  # fmt: skip
    with connection.cursor() as cursor:
        for statement in (_CLUSTERS, _DECISIONS, _REQUESTS, _MEMBERS):
            cursor.execute(statement, values)
        _copy(cursor, Memory, notes[0].pk, rows, {
            "space_id": f"CASE WHEN n % 2 = 0 THEN {teams[0].pk} ELSE {teams[1].pk} END",
            "text": "'This is note ' || n || ' of many, about as long as a sentence usually is.'",
            "content_hash": "md5(n::text)", "created_at": "t.created_at - n * interval '1 minute'",
        })  # fmt: skip
        first = AuditEvent.objects.order_by("id")[0]
        _copy(cursor, AuditEvent, first.pk, rows, {})
        cursor.execute("DELETE FROM audit_pendingevent")  # as if all were sealed
        cursor.execute("VACUUM ANALYZE")
    waiting = Candidate.objects.filter(status="pending").order_by("pk")[0]
    return person, {
        "request": str(waiting.public_id), "run": str(run.public_id),
        "person": str(person.public_id),
    }  # fmt: skip


def _copy(cursor: Any, model: Any, pk: int, rows: int, made: dict[str, str]) -> None:
    """So many rows like one of them, but for what is `made` of the number `n`."""
    columns = [field.column for field in model._meta.concrete_fields if not field.primary_key]  # noqa: SLF001
    made = {"public_id": "gen_random_uuid()"} | made
    shown = ", ".join(made.get(column, f"t.{column}") for column in columns)
    table = model._meta.db_table  # noqa: SLF001
    cursor.execute(
        f"INSERT INTO {table} ({', '.join(columns)})"  # noqa: S608  names of columns and constants
        f" SELECT {shown} FROM {table} t, generate_series(1, {rows}) n WHERE t.id = {pk}"
    )


if __name__ == "__main__":
    main()
