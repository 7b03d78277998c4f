"""Does the graph find what words and meaning cannot: answers some relations away from the question.

    make bench-multi-hop OUT=FILE.json

An invented factory, generated: each machine has parts, each part a supplier, each supplier a place
and hours. Every one of these is a memory of its own that names its two ends and declares how they
are related, as agents do; names are made of syllables, so that no model knows them. Beside them
stand notes that only name a thing. Questions name the machine, and their answer names

- `itself`: the machine (nothing to gain: the graph must not push it down),
- `one hop`: a part of the machine, which the question does not name,
- `two hops`: the supplier of a part, and neither part nor machine.

All memories of a kind are said in the same words about different things. Figures: r5, r10 and mrr
by kind, without and with the graph, in [0, 1], the milliseconds of a recall in the middle, and
those of questions that name nothing.
"""

import argparse
import random
import secrets
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from bench import scratch
from bench.recall_quality import TOP, judge

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

SEED = 11
PARTS = ("pump", "drive", "gauge")
KINDS = ("itself", "one hop", "two hops")
NAMELESS = (
    "When is the canteen open?",
    "Who may change a shift?",
    "Where do we keep the spare keys?",
)
_SYLLABLES = [c + v for c in "bdfgklmnprstvz" for v in "aeiou"]
_TOPICS = ("was painted", "was cleaned on time", "is on the list for the audit", "has a new label")


@dataclass(frozen=True)
class Said:
    """A memory to write: its text and, by type, what it relates."""

    text: str
    subject: str
    type: str = ""
    object: str = ""

    @property
    def metadata(self) -> dict[str, Any]:
        """As an agent would declare it."""
        if not self.type:
            return {"entities": [{"type": "thing", "name": self.subject}]}
        related = {"subject": self.subject, "type": self.type, "object": self.object}
        return {"relations": [related]}


@dataclass(frozen=True)
class Asked:
    """A question, its kind, and the text that answers it."""

    kind: str
    query: str
    answer: str


def main(argv: list[str] | None = None) -> None:
    """Run, print a table, write the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench.multi_hop", description=__doc__)
    parser.add_argument("--machines", type=int, default=200, help="(%(default)s)")
    parser.add_argument("--questions", type=int, default=100, help="of each kind (%(default)s)")
    parser.add_argument("--out", type=Path, required=True, help="file for the figures, JSON")
    options = parser.parse_args(argv)
    with scratch.hub():
        found = measure(options.machines, options.questions)
    scratch.write(options.out, found)
    sys.stdout.write(table(found))


def table(found: dict[str, Any]) -> str:
    """The figures as Markdown."""
    rows = [
        f"| {kind} | {graph} | {told['r5']:.3f} | {told['r10']:.3f} | {told['mrr']:.3f} |"
        f" {told['p50_ms']:.1f} |"
        for kind, by_graph in found["kinds"].items()
        for graph, told in by_graph.items()
    ]
    lines = [
        f"{found['memories']:,} memories, {found['questions']} questions of each kind.",
        "",
        "| answer names | graph | R@5 | R@10 | MRR | p50, ms |",
        "|---|---|---|---|---|---|",
        *rows,
        "",
    ]
    without, graph = (found["nameless_p50_ms"][name] for name in ("without", "with"))
    told = (
        f"Questions that name nothing: p50 {without:.1f} ms without, {graph:.1f} ms with the graph."
    )
    return "\n".join([*lines, told, ""])


def measure(machines: int, questions: int) -> dict[str, Any]:
    """Write the factory into the database that Django is connected to, and ask."""
    chance = random.Random(SEED)
    said, asked = factory(machines, chance)
    actor, texts = write(said)
    picked = {kind: [one for one in asked if one.kind == kind] for kind in KINDS}
    kinds = {
        kind: _by_graph(actor, texts, chance.sample(all_, min(questions, len(all_))))
        for kind, all_ in picked.items()
    }
    nameless = [Asked("no name", query, "") for query in NAMELESS * max(1, questions // 3)]
    took = {name: told["p50_ms"] for name, told in _by_graph(actor, texts, nameless).items()}
    return {
        "memories": len(said), "questions": questions, "kinds": kinds, "nameless_p50_ms": took,
    }  # fmt: skip


def factory(machines: int, chance: random.Random) -> tuple[list[Said], list[Asked]]:
    """What is known of the factory, in no order, and what may be asked about it."""
    names = _names(machines * 5, chance)
    suppliers = [names.pop() for _ in range(machines)]
    said = [one for name in suppliers for one in _of_supplier(name, chance)]
    hours = {one.subject: one.text for one in said if one.type == "open_at"}
    asked = []
    for _ in range(machines):
        machine = names.pop()
        for part in PARTS:
            number, supplier = names.pop(), chance.choice(suppliers)
            has = Said(f"{machine} has a {number} as its {part}.", machine, "has", number)
            made = Said(f"The {number} comes from {supplier}.", number, "made_by", supplier)
            said += [has, made]
            asked += [
                Asked("itself", f"Which {part} does {machine} have?", has.text),
                Asked("one hop", f"Who delivers the {part} of {machine}?", made.text),
                Asked(
                    "two hops",
                    f"At which hours can we phone whoever delivers the {part} of {machine}?",
                    hours[supplier],
                ),
            ]
        said.append(Said(f"{machine} {chance.choice(_TOPICS)}.", machine))
    chance.shuffle(said)
    return said, asked


def write(said: Sequence[Said]) -> tuple["Actor", dict[Any, str]]:
    """Write all of it into a team's space and let the graph read it; who asks, and texts by id."""
    from apps.accounts.actors import of_user
    from apps.accounts.services import users
    from apps.graph.services import pending
    from apps.memories.services import bulk, embeddings
    from apps.memories.services.drafts import Draft
    from apps.spaces.services import organisations, tree

    organisation = organisations.found(name="Factory")
    team = tree.create_team(
        organisation=organisation, name="Hall", parent=organisations.root_of(organisation)
    )
    person = users.create_person(
        email="anna@example.org", name="Anna", password=secrets.token_urlsafe(16)
    )
    organisations.join(organisation=organisation, person=person)
    tree.settle(team=team, person=person)
    actor, texts = of_user(person), {}
    for start in range(0, len(said), 1_000):
        drafts = [
            Draft(text=one.text, metadata=one.metadata, space=team.public_id)
            for one in said[start : start + 1_000]
        ]
        for kept in bulk.remember_many(actor=actor, drafts=drafts, atomic=True):
            assert kept.memory is not None, "atomic: every item was kept"  # noqa: S101
            texts[kept.memory.public_id] = kept.memory.text
        sys.stderr.write(f"\r{len(texts):,} of {len(said):,} memories")
    sys.stderr.write("\n")
    while embeddings.embed_pending():
        pass
    while pending.read(batch=200):
        pass
    _analyse()
    return actor, texts


def _of_supplier(name: str, chance: random.Random) -> list[Said]:
    opens = chance.randint(5, 11)
    hours = f"{opens}:{chance.choice(('00', '15', '30', '45'))}"
    town = "".join(chance.sample(_SYLLABLES, 3)).capitalize()
    return [
        Said(f"{name} answers the phone from {hours} on.", name, "open_at", f"{hours} o'clock"),
        Said(f"{name} has its seat in {town}.", name, "located_in", town),
    ]


def _names(count: int, chance: random.Random) -> list[str]:
    found: set[str] = set()
    while len(found) < count:
        found.add("".join(chance.sample(_SYLLABLES, 3)).capitalize())
    return sorted(found, key=lambda name: (chance.random(), name))


def _by_graph(
    actor: "Actor", texts: dict[Any, str], asked: Sequence[Asked]
) -> dict[str, dict[str, float]]:
    """Figures without and with the graph, asked in turns."""
    judged: dict[str, list[dict[str, float]]] = {"without": [], "with": []}
    took: dict[str, list[float]] = {"without": [], "with": []}
    for one in asked:
        for graph, name in ((False, "without"), (True, "with")):
            began = perf_counter()
            found = _ask(actor, one.query, graph=graph)
            took[name].append((perf_counter() - began) * 1000)
            judged[name].append(judge([{texts[id_]} for id_ in found], {one.answer}))
    return {
        name: {
            **{figure: statistics.fmean(one[figure] for one in ones) for figure in ones[0]},
            "p50_ms": statistics.median(took[name]),
        }
        for name, ones in judged.items()
    }


def _ask(actor: "Actor", query: str, *, graph: bool) -> list[Any]:
    from apps.recall.core.questions import Question
    from apps.recall.services import recall

    answer = recall.ask(actor=actor, question=Question(query=query, limit=TOP, graph=graph))
    return [result.id for result in answer.results]


def _analyse() -> None:
    """Fresh table statistics: a bulk load outruns autovacuum."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "VACUUM ANALYZE memories_memory, memories_memoryindex, graph_entity, graph_relation,"
            " graph_evidence"
        )


if __name__ == "__main__":
    main()
