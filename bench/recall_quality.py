"""How well recall finds: R@5, R@10, MRR and nDCG of each leg and of the final answer.

    make bench-recall-quality DATA=FOLDER OUT=FILE.json

FOLDER holds pairs `NAME.corpus.jsonl` (rows `space, id, text`, where known `time, session`) and
`NAME.queries.jsonl` (rows `space, text, gold[]`). Every (set, space) becomes one person with a
personal space, written through the services; each question is asked as that person. Without
DATABASE_URL a scratch PostgreSQL is started and thrown away.
"""

import argparse
import math
import secrets
import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from bench import scratch
from bench.scratch import Row

if TYPE_CHECKING:
    from apps.accounts.actors import Actor
    from apps.spaces.models import Organisation

LEGS = ("lexical", "dense", "rrf", "final")
FIGURES = ("r5", "r10", "mrr", "ndcg")
TOP = 10  # how far down a ranking is looked at
BULK = 1_000

Figures = dict[str, float]


@dataclass
class Home:
    """One isolated memory: who asks, and which corpus rows each memory id stands for.

    Two rows of the same text are one memory, so an id may stand for several.
    """

    actor: "Actor"
    rows: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    public: dict[Any, int] = field(default_factory=dict)


def main() -> None:
    """Measure every set of the folder, print a table and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    names = sorted(path.name.split(".")[0] for path in args.data.glob("*.corpus.jsonl"))
    if not names:
        parser.error(f"{args.data} holds no NAME.corpus.jsonl")
    with scratch.hub():
        results = {name: measure(args.data, name) for name in names}
    scratch.write(args.out, results)


def measure(folder: Path, name: str) -> dict[str, Figures]:
    """Figures of one set by leg; prints its table."""
    from apps.spaces.services import organisations

    organisation = organisations.found(name=f"{name} {secrets.token_hex(4)}")
    corpus = defaultdict(list)
    for row in scratch.rows(folder / f"{name}.corpus.jsonl"):
        corpus[row["space"]].append(row)
    homes = {space: load(organisation, rows) for space, rows in corpus.items()}
    _analyse()
    scores: dict[str, list[Figures]] = {leg: [] for leg in LEGS}
    took = []
    for query in scratch.rows(folder / f"{name}.queries.jsonl"):
        home, gold = homes[query["space"]], set(query["gold"])
        started = perf_counter()
        final = ask(home, query["text"])
        took.append((perf_counter() - started) * 1000)
        rrf = ask(home, query["text"], fusion="rrf", neighbours=False)
        rankings = {**legs(home, query["text"]), "rrf": rrf, "final": final}
        for leg, ranking in rankings.items():
            scores[leg].append(judge([home.rows[id_] for id_ in ranking], gold))
    means = {leg: {f: _mean(each[f] for each in scores[leg]) for f in FIGURES} for leg in LEGS}
    _print(name, sum(map(len, corpus.values())), means, took)
    return means


def load(organisation: "Organisation", rows: Sequence[Row]) -> Home:
    """Write the rows into a new person's personal space and embed them."""
    from apps.accounts.actors import of_user
    from apps.accounts.services import users
    from apps.memories.services import bulk, embeddings
    from apps.spaces.services import organisations

    key = secrets.token_hex(8)
    person = users.create_person(
        email=f"{key}@example.org", name=key, password=secrets.token_urlsafe(16)
    )
    organisations.join(organisation=organisation, person=person)
    home = Home(of_user(person))
    for start in range(0, len(rows), BULK):
        part = rows[start : start + BULK]
        drafts = [_draft(row) for row in part]
        written = bulk.remember_many(actor=home.actor, drafts=drafts, atomic=True)
        for row, result in zip(part, written, strict=True):
            assert result.memory is not None, "atomic: every item was kept"  # noqa: S101
            home.rows[result.memory.pk].add(row["id"])
            home.public[result.memory.public_id] = result.memory.pk
    while embeddings.embed_pending():
        pass
    return home


def ask(home: Home, text: str, **how: Any) -> list[int]:
    """Row ids of the service's answer; `how` are fields of the question."""
    from apps.recall.core.questions import Question
    from apps.recall.services import recall

    answer = recall.ask(actor=home.actor, question=Question(query=text, limit=TOP, **how))
    return [home.public[result.id] for result in answer.results]


def legs(home: Home, text: str) -> dict[str, list[int]]:
    """Row ids by leg, from the same statements that the service runs."""
    from django.db import transaction

    from apps.kernel import clock
    from apps.recall.core import fusion
    from apps.recall.core.questions import Question
    from apps.recall.services import legs as parts
    from apps.recall.services import meaning, reach, search

    within = reach.of(home.actor, Question(query=text), clock.now())
    with transaction.atomic(), parts.timely() as timely:
        counts = search.count(timely, within, search.terms_of(text))
        vector = meaning.vector_of(text, within.embedder)
        found = search.candidates(timely, within, counts, vector)
    lexical = {each.id: each.lexical for each in found if each.lexical is not None}
    dense = {each.id: each.dense for each in found if each.dense is not None}
    ranked = {"lexical": fusion.ordered(lexical, {}), "dense": fusion.ordered(dense, {})}
    return {leg: [each.id for each in order[:TOP]] for leg, order in ranked.items()}


def judge(ranking: Sequence[set[str]], gold: set[str]) -> Figures:
    """Figures of one ranking, in [0, 1], all within the top 10.

    Args:
        ranking: best first; each place holds the corpus ids that its memory stands for.
        gold: corpus ids that answer the question.

    Returns:
        r5, r10: share of the gold found; mrr: 1 / place of the first; ndcg: binary gain.
    """
    hits = [len(ids & gold) for ids in ranking[:TOP]]
    first = next((place for place, hit in enumerate(hits, start=1) if hit), 0)
    gain = sum(bool(hit) / math.log2(place + 1) for place, hit in enumerate(hits, start=1))
    ideal = sum(1 / math.log2(place + 1) for place in range(1, min(len(gold), TOP) + 1))
    return {
        "r5": sum(hits[:5]) / len(gold),
        "r10": sum(hits) / len(gold),
        "mrr": 1 / first if first else 0.0,
        "ndcg": gain / ideal,
    }


def _draft(row: Row) -> Any:
    from apps.memories.services.drafts import Draft

    moment = datetime.fromisoformat(row["time"]) if row.get("time") else None
    if moment is not None and moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return Draft(text=row["text"], session_id=row.get("session") or "", occurred_at=moment)


def _analyse() -> None:
    """Fresh table statistics: a bulk load outruns autovacuum."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE memories_memory, memories_memoryindex")


def _mean(values: Iterator[float]) -> float:
    return round(statistics.fmean(values), 4)


def _print(name: str, rows: int, means: Mapping[str, Figures], took: Sequence[float]) -> None:
    print(f"{name}: {rows} memories, {len(took)} questions, p50 {statistics.median(took):.1f} ms")
    print(f"  {'':8}" + "".join(f"{figure:>8}" for figure in FIGURES))
    for leg in LEGS:
        print(f"  {leg:8}" + "".join(f"{100 * means[leg][f]:8.1f}" for f in FIGURES))


if __name__ == "__main__":
    main()
