"""What row-level security costs: recalls and writes with a context and without, in one run.

One organisation of 20 people with a space each, five teams and a common space. Every request is
made twice, in turn: as the web role in a fresh context of the person, the database's search for
the visible spaces included; and as the owner of the tables, whose policy is `true`. The same
services answer both, without HTTP, so that the share of the database is large. Vectors are of the
null model: no time is spent on meaning.

Figures, by `recall` and `write`: the median in milliseconds with and without (`with_ms`,
`without_ms`), and their ratio. `plans` lists the kinds of scans that the recall's two legs and the
statistics take with a context and without: the indexes that drive them should be the same.
"""

import argparse
import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import scratch

PEOPLE, TEAMS = 20, 5
_WORDS = [f"{a}{b}" for a in ("bo", "ka", "ri", "tu", "me", "so") for b in (
    "iler", "lves", "mpet", "nder", "ster", "vent", "lock", "port", "gate", "wing")]  # fmt: skip


def main() -> None:
    """Run, print a table, write the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench.isolation", description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000, help="memories (%(default)s)")
    parser.add_argument("--requests", type=int, default=200, help="of each kind (%(default)s)")
    parser.add_argument("--out", type=Path, required=True, help="file for the figures, JSON")
    options = parser.parse_args()
    os.environ["EMBEDDING_MODEL"] = "null"
    with scratch.hub():
        found = _measure(options.rows, options.requests)
    scratch.write(options.out, found)
    print("| request | with, ms | without, ms | ratio |\n|---|---|---|---|")
    for name in ("recall", "write"):
        told = found[name]
        print(
            f"| {name} | {told['with_ms']:.2f} | {told['without_ms']:.2f} | {told['ratio']:.3f} |"
        )
    print(f"same kinds of scans: {found['same_plans']}")


def _measure(rows: int, requests: int) -> dict[str, Any]:
    from apps.accounts.actors import of_user
    from apps.memories.services import memories
    from apps.memories.services.drafts import Draft
    from apps.recall.core.questions import Question
    from apps.recall.services import recall

    chance = random.Random(5)
    people = _populate(rows, chance)

    def ask(person: Any, text: str) -> None:
        recall.ask(actor=of_user(person), question=Question(query=text))

    def write(person: Any, text: str) -> None:
        memories.remember(actor=of_user(person), draft=Draft(text=text))

    found: dict[str, Any] = {"rows": rows, "requests": requests}
    for name, request in (("recall", ask), ("write", write)):
        found[name] = _compare(request, people, requests, chance)
    found["plans"] = {
        name: _plans(people[0], isolated=name == "with") for name in ("with", "without")
    }
    found["same_plans"] = found["plans"]["with"] == found["plans"]["without"]
    return found


def _compare(
    request: Callable[[Any, str], None], people: list[Any], requests: int, chance: random.Random
) -> dict[str, float]:
    """Medians of both kinds; the first twentieth warms up. The order within a pair alternates."""
    times: dict[bool, list[float]] = {True: [], False: []}
    for number in range(requests + requests // 20):
        person = chance.choice(people)
        for isolated in (True, False) if number % 2 else (False, True):
            text = _text(chance)
            began = time.perf_counter()
            with _context(person, isolated):
                request(person, text)
            if number >= requests // 20:
                times[isolated].append((time.perf_counter() - began) * 1000)
        _report(number + 1, requests + requests // 20)
    told = {flag: statistics.median(values) for flag, values in times.items()}
    return {
        "with_ms": told[True],
        "without_ms": told[False],
        "ratio": told[True] / told[False],
    }


def _context(person: Any, isolated: bool) -> Any:  # noqa: FBT001
    from apps.kernel import isolation

    return isolation.within(isolation.Context(person.pk) if isolated else None)


def _text(chance: random.Random, words: int = 12) -> str:
    return " ".join(chance.choices(_WORDS, k=words)) + f" {chance.randrange(10**6)}"


def _populate(rows: int, chance: random.Random) -> list[Any]:
    """Half of the memories in personal spaces, a quarter in teams, a quarter in the common one."""
    from apps.accounts.actors import of_user
    from apps.accounts.services import users
    from apps.memories.models import MemoryIndex
    from apps.memories.services import bulk, embeddings, vector_indexes
    from apps.memories.services.drafts import Draft
    from apps.spaces.services import organisations, tree

    organisation = organisations.found(name="Bench")
    root = organisations.root_of(organisation)
    teams = [
        tree.create_team(organisation=organisation, name=f"Team {n}", parent=root)
        for n in range(TEAMS)
    ]
    people = []
    for number in range(PEOPLE):
        person = users.create_person(email=f"p{number}@example.org", name=f"Person {number}")
        organisations.join(organisation=organisation, person=person)
        tree.settle(team=teams[number % TEAMS], person=person)
        tree.settle(team=root, person=person)
        people.append(person)
    each = rows // PEOPLE
    for number, person in enumerate(people):
        places = [None] * (each // 2) + [teams[number % TEAMS].public_id] * (each // 4)
        places += [root.public_id] * (each - len(places))
        drafts: list[Any] = [Draft(text=_text(chance, 20), space=place) for place in places]
        for start in range(0, len(drafts), 500):
            bulk.remember_many(
                actor=of_user(person), drafts=drafts[start : start + 500], atomic=True
            )
        _report(number + 1, PEOPLE)
    while MemoryIndex.objects.pending().exists():
        embeddings.embed_pending(batch=500)
    one = MemoryIndex.objects.exclude(embedding=None).first()
    assert one is not None, "there are memories"  # noqa: S101
    vector_indexes.ensure(one.model, len(list(one.embedding)))
    _analyse()
    return people


def _analyse() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _plans(person: Any, *, isolated: bool) -> list[list[str]]:
    """Kinds of scans on the room's tables in each statement of a recall, in order."""
    from django.db import connection, transaction

    from apps.accounts.actors import of_user
    from apps.recall.core.questions import Question
    from apps.recall.services import recall

    found: list[list[str]] = []

    def explained(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001
        if "memories_" in sql and sql.lstrip().startswith(("SELECT", "WITH")):
            with connection.connection.cursor() as cursor:
                plan = cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params).fetchone()[0]
            found.append(sorted(set(_scans(plan[0]["Plan"]))))
        return execute(sql, params, many, context)

    with _context(person, isolated), transaction.atomic(), connection.execute_wrapper(explained):
        recall.ask(actor=of_user(person), question=Question(query="boiler kalves rimpet"))
    return found


def _scans(plan: dict[str, Any]) -> Any:
    """`Index Scan memories_memory by memory_by_space`; sub-plans of policies look rows up by id."""
    relation = plan.get("Relation Name", plan.get("Index Name", ""))
    by_policy = str(plan.get("Parent Relationship", "")) in {"InitPlan", "SubPlan"}
    if "Scan" in plan["Node Type"] and relation.startswith(("memories_", "index_", "vectors_")):
        yield f"{plan['Node Type']} {relation} {plan.get('Index Name', '')}".strip()
    for child in plan.get("Plans", []):
        if not (by_policy and child.get("Alias") == "parent"):
            yield from _scans(child)


def _report(done: int, total: int) -> None:
    if done == total or done % 20 == 0:
        sys.stderr.write(f"\r{done}/{total} ")
        sys.stderr.flush()


if __name__ == "__main__":
    main()
