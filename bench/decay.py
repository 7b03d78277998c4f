"""`make bench-decay`: what a night of decay costs, in time, rows written and WAL.

One organisation of 50 people with a space each and five teams, on a database of its own. Memories
are made by the database itself, with revisions, index rows and vectors; indexes that only searches
need are built when all rows are there, and words are counted then. There is no graph index over the
vectors of the null model: building one takes longer than everything else, and decay asks it
nothing. 5 % are confirmed, 2 % contradicted, 2 % named by outcomes, and 20,000 answers have shown
ten each.

| key | is |
|---|---|
| `quiet` | a run in which nothing has faded |
| `archiving` | a run after 1 % of the memories were made old; a quarter of them are decisions |
| `undo` | taking that run back |
| `forecast` | looking six months ahead |
| `seconds` | wall time |
| `written` | rows inserted, updated and deleted, by table, those of 0 left out |
| `wal_bytes` | write-ahead log from before to after, whatever wrote it |
| `moved` | memories that changed their status in it |

Each move is a row of the memory, of its revision, of its index row, of what decay notes, and the
changed counts of its words; `rows of memories written` beside `moved` shows whether anything else
was touched.
"""

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import scratch
from bench.service.progress import interruptible, say

PEOPLE, TEAMS, DIMENSIONS, CHUNK = 50, 5, 384, 50_000
OLD_SHARE = 100  # one in so many is made old
OLD_DAYS = 2000
_CONTENT = ("memories_memory", "memories_memoryrevision", "memories_memoryindex")

_MEMORIES = """
WITH made AS (
    INSERT INTO memories_memory (public_id, organisation_id, space_id, author_id, owner_id,
        session_id, kind, text, language, tags, metadata, importance, sensitivity, source, status,
        content_hash, revision, occurred_at, created_at, updated_at)
    SELECT gen_random_uuid(), %(organisation)s, (%(spaces)s::bigint[])[1 + n %% %(places)s],
           (%(people)s::bigint[])[1 + n %% %(persons)s],
           (%(people)s::bigint[])[1 + n %% %(persons)s],
           '', (ARRAY['fact', 'procedure', 'preference', 'decision'])[1 + n / 100 %% 4],
           'Pump ' || n || ' of hall ' || n %% 97 || ' runs at ' || n %% 31 || ' bar since the'
           || ' overhaul, and the spare valve hangs in bay ' || n %% 53 || '.',
           'en', '{}', '{}', 0.5, 'normal', 'api', 'active', md5(n::text) || md5((-n)::text), 1,
           %(now)s - make_interval(days => n %% 100), %(now)s - make_interval(days => n %% 100),
           %(now)s - make_interval(days => n %% 100)
      FROM generate_series(%(first)s::int, %(last)s::int) AS n
    RETURNING *),
first AS (
    INSERT INTO memories_memoryrevision (memory_id, number, recorded_at, reason, status, text, kind,
        language, tags, metadata, importance, sensitivity, occurred_at)
    SELECT id, 1, created_at, '', status, text, kind, language, tags, metadata, importance,
           sensitivity, occurred_at FROM made)
INSERT INTO memories_memoryindex (memory_id, model, space_id, author_id, kind, status, tags,
    session_id, occurred_at, content_hash, lexemes, terms, embedding, attempts, next_attempt_at)
SELECT id, 'null', space_id, author_id, kind, status, tags, '', occurred_at, content_hash,
       to_tsvector('simple', text), '{}/1000000000', %(vector)s::halfvec, 0, %(now)s FROM made
"""
_SAID = """
INSERT INTO memories_confirmation (memory_id, user_id, person_id, stance, note, created_at)
SELECT id, (%(people)s::bigint[])[1 + (id + 7) %% %(persons)s],
       (%(people)s::bigint[])[1 + (id + 7) %% %(persons)s],
       CASE WHEN id %% 100 < 5 THEN 'confirmed' ELSE 'contradicted' END, '', created_at
  FROM memories_memory WHERE id %% 100 < 7
"""
_OUTCOMES = """
WITH told AS (
    INSERT INTO memories_outcome (public_id, organisation_id, reporter_id, person_id, task, success,
        kind, occurred_at, created_at)
    SELECT gen_random_uuid(), %(organisation)s, (%(people)s::bigint[])[1 + n %% %(persons)s],
           (%(people)s::bigint[])[1 + n %% %(persons)s], n::text, n %% 4 <> 0, 'other', %(now)s,
           %(now)s
      FROM generate_series(1, greatest(1, %(rows)s::int / 50)) AS n RETURNING id, task::int AS n)
INSERT INTO memories_outcomeuse (outcome_id, named, memory_id, content_hash)
SELECT told.id, m.public_id, m.id, m.content_hash
  FROM told JOIN (SELECT *, row_number() OVER (ORDER BY id) AS place FROM memories_memory) m
    ON m.place = told.n * 50
"""
_READS = """
WITH numbered AS (SELECT public_id, row_number() OVER (ORDER BY id) AS place FROM memories_memory)
INSERT INTO recall_recalluse (public_id, organisation_id, user_id, person_id, query_hash, memories,
    created_at)
SELECT gen_random_uuid(), %(organisation)s, (%(people)s::bigint[])[1 + n %% %(persons)s],
       (%(people)s::bigint[])[1 + n %% %(persons)s], '',
       array_agg(numbered.public_id), %(now)s
  FROM generate_series(1, 20000) AS n CROSS JOIN generate_series(1, 10) AS k
  JOIN numbered ON numbered.place = 1 + (n::bigint * 7919 + k * 104729) %% %(rows)s
 GROUP BY n
"""
_AGE = """
UPDATE memories_memory SET created_at = created_at - make_interval(days => %(days)s),
       updated_at = updated_at - make_interval(days => %(days)s)
 WHERE id %% %(share)s = 51
"""


def main() -> int:
    """Measure, write the figures, print the table; the exit status."""
    parser = argparse.ArgumentParser(
        prog="make bench-decay", description="What a night of decay costs. Starts its own database."
    )
    parser.add_argument("--rows", type=_size, default=100_000, help="memories (%(default)s)")
    parser.add_argument("--out", type=Path, required=True, help="file for the figures, JSON")
    args = parser.parse_args()
    interruptible()
    os.environ["EMBEDDING_MODEL"] = "null"
    with scratch.hub():
        figures = _measured(args.rows)
    scratch.write(args.out, figures)
    print(_table(figures))
    return 0


def _size(text: str) -> int:
    size = int(text.replace("_", "").replace(",", ""))
    if not 1_000 <= size <= 10_000_000:
        raise argparse.ArgumentTypeError("rows lie between 1,000 and 10,000,000")
    return size


def _measured(rows: int) -> dict[str, Any]:
    from apps.decay.services import forecasts, runs

    organisation = _populated(rows)
    figures: dict[str, Any] = {"rows": rows}

    def run() -> Any:
        return runs.execute(run_id=runs.queue(organisation=organisation).pk)

    quiet, figures["quiet"] = _timed("a quiet run", run)
    told, figures["forecast"] = _timed("a forecast", lambda: forecasts.of_spaces(organisation.pk))
    _write(_AGE, {"days": OLD_DAYS, "share": OLD_SHARE})
    _vacuum()
    busy, figures["archiving"] = _timed("a run after 1 % grew old", run)

    def undo() -> Any:
        runs.undoing(run=busy)
        return runs.execute(run_id=busy.pk)

    undone, figures["undo"] = _timed("its undo", undo)
    figures["counts"] = {"quiet": quiet.counts, "archiving": undone.counts}
    figures["forecast"]["sentence"] = told.sentence
    figures["quiet"]["moved"] = _moved(quiet.counts)
    figures["archiving"]["moved"] = _moved(undone.counts)
    figures["undo"]["moved"] = undone.counts["restored"]
    return figures


def _moved(counts: dict[str, Any]) -> int:
    archived = sum(sum(reasons.values()) for reasons in counts.get("archived", {}).values())
    return int(archived) + int(counts.get("revived", 0))


def _populated(rows: int) -> Any:
    from apps.accounts.services import users
    from apps.kernel import clock
    from apps.spaces.models import Space
    from apps.spaces.services import organisations, tree
    from bench.service import loading

    organisation = organisations.found(name="Bench")
    root = organisations.root_of(organisation)
    for number in range(TEAMS):
        tree.create_team(organisation=organisation, name=f"Team {number}", parent=root)
    people = []
    for number in range(PEOPLE):
        person = users.create_person(email=f"p{number}@example.org", name=f"Person {number}")
        organisations.join(organisation=organisation, person=person)
        people.append(person.pk)
    spaces = list(
        Space.objects.filter(organisation=organisation).order_by("pk").values_list("pk", flat=True)
    )
    values: dict[str, Any] = {
        "organisation": organisation.pk, "people": people, "persons": len(people),
        "spaces": spaces, "places": len(spaces), "now": clock.now(), "rows": rows,
        "vector": "[" + ",".join(["0.05"] * DIMENSIONS) + "]",
    }  # fmt: skip
    with loading.searched_afterwards():
        for first in range(1, rows + 1, CHUNK):
            last = min(first + CHUNK - 1, rows)
            _write(_MEMORIES, {**values, "first": first, "last": last})
            say(f"{last:,} of {rows:,} memories")
    for statement in (_SAID, _OUTCOMES, _READS):
        _write(statement, values)
    _vacuum()
    return organisation


def _timed(what: str, act: Callable[[], Any]) -> tuple[Any, dict[str, Any]]:
    """What `act` returns, and its figures."""
    before, lsn, began = _written(), _position(), time.perf_counter()
    found = act()
    seconds = time.perf_counter() - began
    after = _written()
    written = {name: after[name] - before.get(name, 0) for name in sorted(after)}
    figures = {
        "seconds": round(seconds, 2),
        "written": {name: count for name, count in written.items() if count},
        "wal_bytes": _position() - lsn,
    }
    say(f"{what}: {seconds:.1f} s")
    return found, figures


def _written() -> dict[str, int]:
    _ask("SELECT pg_stat_force_next_flush()")
    _ask("SELECT pg_stat_clear_snapshot()")
    rows = _ask("SELECT relname::text, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_user_tables")
    return {str(name): int(count) for name, count in rows}


def _position() -> int:
    return int(_ask("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint")[0][0])


def _vacuum() -> None:
    _write("VACUUM ANALYZE", {})


def _write(statement: str, values: dict[str, Any]) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)


def _ask(statement: str) -> list[Any]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def _table(figures: dict[str, Any]) -> str:
    lines = [
        f"| {figures['rows']:,} memories | s | moved | memory rows | all rows | WAL, kB |",
        "|---|---|---|---|---|---|",
    ]
    for name in ("quiet", "forecast", "archiving", "undo"):
        told = figures[name]
        written = told["written"]
        content = sum(written.get(table, 0) for table in _CONTENT)
        lines.append(
            f"| {name} | {told['seconds']:.1f} | {told.get('moved', 0):,} | {content:,}"
            f" | {sum(written.values()):,} | {told['wal_bytes'] / 1000:,.0f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
