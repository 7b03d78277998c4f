"""How long the desk's queue takes on the server with many requests in the table.

One organisation with two teams; a reviewer of all of it signs in and asks for pages through
Django's handler, with row-level security as in a hub but without a socket. Half of the requests
wait, the others were decided; every one has two members. A page is asked `--rounds` times after
one that is not counted.

Figures, by page: the median and the slowest in milliseconds (`median_ms`, `slowest_ms`), queries
to the database (`queries`), and bytes of the answer. `next` takes the next request for a reviewer.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from bench import scratch

PAGES = {
    "queue": "",
    "queue, last page": "?p={last}",
    "queue, one reason": "?reason=gate.disputed",
    "queue, a score range": "?score=0.7-0.85",
    "queue, search": "?q=fact+77",
    "rejected": "?status=rejected",
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
                                members_hash, revision, reason, created_at, decided_at, made,
                                readers, ranked_at)
SELECT gen_random_uuid(), d.cluster_id, d.target_id, d.id,
       CASE WHEN d.id %% 2 = 0 THEN 'pending' ELSE 'rejected' END,
       'This is fact ' || d.id || ' of many, and it is about as long as a sentence usually is.',
       false, '', 1, '', d.created_at, CASE WHEN d.id %% 2 = 0 THEN NULL ELSE now() END, false, 20,
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
    from django.test import Client  # noqa: PLC0415  after the setup

    reviewer = _populate(rows)
    client = Client()
    client.force_login(reviewer)
    base = "/desk/curation/candidate/"
    last = max(1, rows // 2 // 25)
    pages = {name: base + query.format(last=last) for name, query in PAGES.items()}
    shown = {
        name: _timed(partial(client.get, address), rounds, expect=200)
        for name, address in pages.items()
    }
    shown["next"] = _timed(lambda: client.post(f"{base}next"), rounds, expect=302)
    return {"rows": rows, "rounds": rounds, "pages": shown}


def _timed(ask: Callable[[], Any], rounds: int, *, expect: int) -> dict[str, float]:
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

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


def _populate(rows: int) -> Any:
    """A reviewer, and the requests, written as rows: services would take an hour."""
    from django.db import connection  # noqa: PLC0415

    from apps.accounts.actors import of_user  # noqa: PLC0415
    from apps.accounts.services import users  # noqa: PLC0415
    from apps.audit.services.events import SYSTEM  # noqa: PLC0415
    from apps.curation.models import CurationRun  # noqa: PLC0415
    from apps.kernel import clock  # noqa: PLC0415
    from apps.memories.services import memories  # noqa: PLC0415
    from apps.memories.services.drafts import Draft  # noqa: PLC0415
    from apps.spaces.services import grants, organisations, tree  # noqa: PLC0415

    organisation = organisations.found(name="Bench")
    root = organisations.root_of(organisation)
    teams = [tree.create_team(organisation=organisation, name=name, parent=root) for name in "AB"]
    person = users.create_person(email="reviewer@bench.example", name="Reviewer")
    organisations.join(organisation=organisation, person=person)
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
    }  # fmt: skip
    with connection.cursor() as cursor:
        for statement in (_CLUSTERS, _DECISIONS, _REQUESTS, _MEMBERS):
            cursor.execute(statement, values)
        cursor.execute("ANALYZE")
    return person


if __name__ == "__main__":
    main()
