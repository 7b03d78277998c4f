"""`make bench-consolidation`: what the archivist makes of a space with 20 % duplicates.

    make bench-consolidation SIZES=1000,10000 DATA=FOLDER OUT=FILE.json

Every size has a hub of its own and one team space. A fifth of its memories say what another one
says, by somebody else and spelled otherwise. With DATA, a folder as of `make bench-recall-quality`,
the same is done to the corpora there, and their questions are asked before and after.

| key, by size | is |
|---|---|
| `seconds` | of the first run, and `again` of a second one that finds nothing |
| `steps`, `steps_again` | seconds by step of the first run, and of the second |
| `active` | memories in default search before and after |
| `merged`, `into`, `planted` | sources and results of merges, and how many were duplicates |
| `wrong` | results whose sources do not all say the same; must be 0 |
| `compression` | share of active memories left |
| `process` | most megabytes that the process took, the made-up notes included |
| `megabytes` | of memories, history and index before and after: nothing is lost, so it grows |
| `r10`, by set | share of gold memories among the first ten, before and after |
"""

import argparse
import json
import os
import random
import resource
import secrets
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from bench import recall_quality, scratch
from bench.growth.notes import Note, Writer, vectors
from bench.service.progress import interruptible, say

if TYPE_CHECKING:
    from apps.spaces.models import Space

SHARE = 0.2
PEOPLE = 40
SIZES = (1_000, 10_000)
_SAID_EVERY = 20.0  # seconds
_TABLES = ("memories_memory", "memories_memoryrevision", "memories_memoryindex")


def main() -> int:
    """Measure every size, and the folder if there is one; print and write the JSON."""
    args = _parse()
    interruptible()
    if args.only is not None:
        with scratch.hub():
            found = measured(args.only) if args.only else quality(args.data)
        scratch.write(args.out, found)
        return 0
    figures: dict[str, Any] = {"sizes": {}}
    for size in args.sizes:
        figures["sizes"][str(size)] = _apart(args, size)
        scratch.write(args.out, figures)
    if args.data is not None:
        figures["r10"] = _apart(args, 0)
        scratch.write(args.out, figures)
    print(markdown(figures))
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make bench-consolidation",
        description="Time, growth, compression and recall quality of consolidation. No model.",
    )
    parser.add_argument(
        "--sizes",
        type=scratch.sizes(1_000_000),
        default=SIZES,
        help="memories, with commas between",
    )
    parser.add_argument("--data", type=Path, help="folder as of make bench-recall-quality")
    parser.add_argument("--only", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, required=True, help="file for the JSON")
    return parser.parse_args()


def _apart(args: argparse.Namespace, size: int) -> Any:
    """One size in a process and on a database of its own; size 0 is the folder."""
    say(f"{size:,} memories" if size else f"questions of {args.data}")
    with tempfile.TemporaryDirectory(prefix="memoryhub-bench-") as made:
        out = Path(made) / "out.json"
        command = [sys.executable, "-m", "bench.consolidation", "--only", str(size)]
        command += ["--out", str(out), *(["--data", str(args.data)] if args.data else [])]
        environment = {**os.environ, "LLM_MODEL": ""}
        subprocess.run(command, check=True, env=environment)
        return json.loads(out.read_text(encoding="utf-8"))


def respelled(text: str) -> str:
    """The same letters with one mark more, which no edge hides."""
    first, space, rest = text.partition(" ")
    return f"{first};{space}{rest}" if rest else f"{text[:1]}-{text[1:]}"


def with_duplicates(notes: Sequence[Note], size: int) -> list[Note]:
    """Notes and, in the end, the same by others: `size` in all, a fifth of them said before."""
    chance = random.Random(5)
    own = list(notes)[: size - int(size * SHARE)]
    said = chance.choices(own, k=size - len(own))
    return own + [
        replace(note, person=(note.person + 1 + number % (PEOPLE - 1)) % PEOPLE,
                text=respelled(note.text))
        for number, note in enumerate(said)
    ]  # fmt: skip


def measured(size: int) -> dict[str, Any]:
    """Figures of one size."""
    from apps.consolidation.models import Change, ChangeSource
    from apps.memories.models import Memory

    space = _filled(with_duplicates(Writer(PEOPLE).notes(size), size))
    active = Memory.objects.filter(space=space, status="active")
    before, megabytes = active.count(), _megabytes()
    steps, took = _run(space)
    say(f"first run: {took} s; {_listed(steps)}")
    merges = Change.objects.filter(space=space, kind="merge")
    steps_again, again = _run(space)
    return {
        "seconds": took,
        "again": again,
        "steps": steps,
        "steps_again": steps_again,
        "active": [before, active.count()],
        "planted": int(size * SHARE),
        "merged": ChangeSource.objects.filter(change__in=merges).count(),
        "into": merges.count(),
        "summarised": Change.objects.filter(space=space, kind="summary").count(),
        "wrong": sum(len(said) > 1 for said in _said(merges)),
        "compression": round(active.count() / before, 4),
        "process": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "megabytes": [megabytes, _megabytes()],
    }


def _listed(steps: dict[str, float]) -> str:
    return ", ".join(f"{step} {seconds}" for step, seconds in steps.items())


def _said(merges: Any) -> Iterator[set[str]]:
    """The different letters of each merge's sources."""
    sources: dict[int, set[str]] = defaultdict(set)
    for change, text in merges.values_list("pk", "sources__memory__text"):
        sources[change].add("".join(filter(str.isalnum, text.casefold())))
    yield from sources.values()


def _filled(notes: Sequence[Note]) -> "Space":
    """A team that said all of them, with their vectors."""
    from apps.accounts.actors import of_user
    from apps.accounts.services import users
    from apps.memories.services.drafts import Draft
    from apps.spaces.services import organisations, tree
    from bench.service.loading import load, searched_afterwards

    organisation = organisations.found(name="Archive")
    root = organisations.root_of(organisation)
    team = tree.create_team(organisation=organisation, name="Team", parent=root)
    drawn = vectors(notes)
    with searched_afterwards():
        for number in range(PEOPLE):
            person = users.create_person(email=f"p{number}@archive.example", name=f"P{number}")
            organisations.join(organisation=organisation, person=person)
            tree.settle(team=team, person=person)
            own: dict[str, int] = {}
            for place, note in enumerate(notes):
                if note.person == number:
                    own.setdefault(Draft(text=note.text).content_hash, place)
            if own:
                places = list(own.values())
                drafts = [Draft(text=notes[p].text, space=team.public_id) for p in places]
                load(of_user(person), drafts, drawn[places])
    return team


def _run(space: "Space") -> tuple[dict[str, float], float]:
    """Seconds by step, and of the whole run."""
    from apps.consolidation.services import runs

    steps: dict[str, float] = {}
    current: list[tuple[str, float]] = []
    said = [perf_counter()]

    def told(step: str, done: int, total: int) -> None:
        if not current or current[-1][0] != step:
            current.append((step, perf_counter()))
        if perf_counter() - said[-1] > _SAID_EVERY:
            said.append(perf_counter())
            say(f"{step}: {done:,} of {total:,}")

    started = perf_counter()
    runs.execute(run_id=runs.queue(space=space).pk, follow=told)
    ended = perf_counter()
    for (step, began), (_, until) in zip(current, [*current[1:], ("", ended)], strict=True):
        steps[step] = round(until - began, 2)
    return steps, round(ended - started, 2)


def _megabytes() -> float:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(pg_total_relation_size(t)) FROM unnest(%s::regclass[]) AS t",
                       [list(_TABLES)])  # fmt: skip
        row = cursor.fetchone()
    return round(float(row[0]) / 2**20, 1)


def quality(folder: Path) -> dict[str, list[float]]:
    """R@10 of the service's answers before and after, by set."""
    names = sorted(path.name.split(".")[0] for path in folder.glob("*.corpus.jsonl"))
    return {name: _judged(folder, name) for name in names}


def _judged(folder: Path, name: str) -> list[float]:
    from apps.spaces.models import Space
    from apps.spaces.services import organisations

    organisation = organisations.found(name=f"{name} {secrets.token_hex(4)}")
    corpus = defaultdict(list)
    for row in scratch.rows(folder / f"{name}.corpus.jsonl"):
        corpus[row["space"]].append(row)
    chance = random.Random(5)
    homes = {}
    for space, rows in corpus.items():
        said = chance.choices(rows, k=int(len(rows) * SHARE / (1 - SHARE)))
        again = [{**row, "text": respelled(row["text"])} for row in said]
        homes[space] = recall_quality.load(organisation, [*rows, *again])
    questions = list(scratch.rows(folder / f"{name}.queries.jsonl"))
    before = _r10(homes, questions)
    for space in Space.objects.filter(organisation=organisation, person__isnull=False):
        _run(Space.objects.select_related("organisation").get(pk=space.pk))
    for home in homes.values():
        _follow(home)
    after = _r10(homes, questions)
    say(f"{name}: R@10 {before:.4f} before, {after:.4f} after")
    return [before, after]


def _r10(homes: dict[str, recall_quality.Home], questions: Sequence[scratch.Row]) -> float:
    scores = []
    for query in questions:
        home, gold = homes[query["space"]], set(query["gold"])
        found = _each_once(home.rows[pk] for pk in recall_quality.ask(home, query["text"]))
        scores.append(recall_quality.judge(found, gold)["r10"])
    return round(sum(scores) / max(1, len(scores)), 4)


def _each_once(found: Iterable[set[str]]) -> list[set[str]]:
    """A row stands for what no row before it stood for: saying it again finds nothing more."""
    known: set[str] = set()
    fresh = []
    for ids in found:
        fresh.append(ids - known)
        known |= ids
    return fresh


def _follow(home: recall_quality.Home) -> None:
    """What became of several rows stands for all of them."""
    from apps.memories.models import Memory, Provenance

    made = Memory.objects.filter(owner=home.actor.user, source="consolidation").order_by("pk")
    for memory in made:
        home.public[memory.public_id] = memory.pk
        for source in Provenance.objects.filter(memory=memory):
            if source.source_memory_id is not None:
                home.rows[memory.pk] |= home.rows[source.source_memory_id]


def markdown(figures: dict[str, Any]) -> str:
    """The figures as tables."""
    lines = ["| memories | run s | again s | active | merged into | wrong | left | MB | RAM |",
             "|---|---|---|---|---|---|---|---|---|"]  # fmt: skip
    for size, own in figures["sizes"].items():
        active, space = own["active"], own["megabytes"]
        lines.append(
            f"| {int(size):,} | {own['seconds']} | {own['again']} | {active[0]:,} to {active[1]:,}"
            f" | {own['merged']:,} into {own['into']:,} | {own['wrong']} |"
            f" {100 * own['compression']:.1f} % | {space[0]} to {space[1]} | {own['process']:,} |"
        )
    for size, own in figures["sizes"].items():
        lines.append(f"{int(size):,}, seconds by step: {_listed(own['steps'])}")
    lines += [f"{name}: R@10 {a:.4f} to {b:.4f}" for name, (a, b) in figures.get("r10", {}).items()]
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
