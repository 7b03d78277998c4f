"""How well the screen tells planted instructions, secrets and personal data from ordinary notes.

    make bench-screen DATA=FOLDER OUT=FILE.json

FOLDER holds `notes.jsonl` (`id, text, label, source, style, context_only, lang`; label 1 is an
attack) or a labelled organisation, `memories.jsonl` (`id, text, tags, metadata`) with
`labels.jsonl` (`memory_ids, reason`; reasons poison_instruction, secret and pii are harm), or both.
Nothing but the pure screen runs; no database and no model is asked.

| key | is |
|---|---|
| `recall` | share of the harmful notes with a mark of any kind |
| `recall_in_text` | the same without notes that nothing in their text gives away (`context_only`) |
| `false_alarms` | share of the harmless notes with a mark |
| `by_source`, `by_style`, `by_lang`, `by_reason` | marked and all notes, harmful and harmless |
| `by_code` | notes with that code, harmful and harmless |
| `milliseconds` | of processor time per note: mean, median and the slowest |
| `rules` | `SCREEN_VERSION` that was judged |
"""

import argparse
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from time import process_time
from typing import Any

from apps.curation.core.screen import SCREEN_VERSION, screen
from bench import scratch

_HARM = ("poison_instruction", "secret", "pii")
_GROUPS = ("source", "style", "lang", "reason")


@dataclass(frozen=True, slots=True)
class Judged:
    """One note and what the screen made of it.

    Attributes:
        harm: it should be kept back.
        hidden: nothing in the text gives it away.
        groups: value by the name of a breakdown.
        codes: what was found.
        seconds: processor time it took.
    """

    harm: bool
    hidden: bool
    groups: Mapping[str, str]
    codes: frozenset[str]
    seconds: float


def main() -> None:
    """Measure the folder, print the tables and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with the notes")
    parser.add_argument("--out", type=Path, required=True, help="file for the figures")
    args = parser.parse_args()
    judged = [*_notes(args.data), *_organisation(args.data)]
    if not judged:
        parser.error(f"{args.data} holds neither notes.jsonl nor memories.jsonl with labels.jsonl.")
    figures = measure(judged)
    scratch.write(args.out, figures)
    print("\n".join(table(figures)))


def measure(judged: Sequence[Judged]) -> dict[str, Any]:
    """Figures by the keys above; a share of nothing is None."""
    times = [1000 * note.seconds for note in judged]
    return {
        "notes": len(judged),
        "harmful": sum(note.harm for note in judged),
        "recall": _marked(judged, lambda note: note.harm),
        "recall_in_text": _marked(judged, lambda note: note.harm and not note.hidden),
        "false_alarms": _marked(judged, lambda note: not note.harm),
        **{f"by_{name}": _breakdown(judged, name) for name in _GROUPS},
        "by_code": _codes(judged),
        "milliseconds": {
            "mean": round(mean(times), 2),
            "median": round(median(times), 2),
            "max": round(max(times), 2),
        },
        "rules": SCREEN_VERSION,
    }


def table(figures: Mapping[str, Any]) -> Iterator[str]:
    """The figures as Markdown, line by line."""
    yield from ("| figure | value |", "|---|---|")
    yield f"| notes | {figures['notes']}, {figures['harmful']} harmful |"
    for name in ("recall", "recall_in_text", "false_alarms"):
        yield f"| `{name}` | {_percent(figures[name])} |"
    times = figures["milliseconds"]
    yield f"| ms per note | {times['mean']} (median {times['median']}, max {times['max']}) |"
    for name in _GROUPS:
        rows = figures[f"by_{name}"]
        if rows:
            yield from ("", f"| {name} | harmful marked | harmless marked |", "|---|---|---|")
            for value, row in rows.items():
                yield f"| {value} | {_of(row['harmful'])} | {_of(row['harmless'])} |"
    yield from ("", "| code | harmful | harmless |", "|---|---|---|")
    for code, row in figures["by_code"].items():
        yield f"| `{code}` | {row['harmful']} | {row['harmless']} |"


def _notes(folder: Path) -> Iterator[Judged]:
    path = folder / "notes.jsonl"
    for row in scratch.rows(path) if path.exists() else ():
        groups: dict[str, str] = {
            name: str(row[name]) for name in ("source", "style", "lang") if name in row
        }
        harm, hidden = bool(row["label"]), bool(row.get("context_only"))
        yield _judge(row, groups, harm=harm, hidden=hidden)


def _organisation(folder: Path) -> Iterator[Judged]:
    memories, labels = folder / "memories.jsonl", folder / "labels.jsonl"
    if not (memories.exists() and labels.exists()):
        return
    reasons = {
        memory: label["reason"] for label in scratch.rows(labels) for memory in label["memory_ids"]
    }
    for row in scratch.rows(memories):
        if reason := reasons.get(row["id"]):
            yield _judge(row, {"reason": reason}, harm=reason in _HARM)


def _judge(
    row: scratch.Row, groups: Mapping[str, str], *, harm: bool, hidden: bool = False
) -> Judged:
    started = process_time()
    marks = screen(row["text"], metadata=row.get("metadata"), tags=row.get("tags", ()))
    seconds = process_time() - started
    return Judged(harm, hidden, groups, frozenset(mark.code for mark in marks), seconds)


def _marked(judged: Iterable[Judged], asked: Callable[[Judged], bool]) -> float | None:
    found = [bool(note.codes) for note in judged if asked(note)]
    return round(sum(found) / len(found), 4) if found else None


def _breakdown(judged: Iterable[Judged], name: str) -> dict[str, dict[str, list[int]]]:
    """By value of one group: [marked, all] of the harmful and of the harmless."""
    rows: dict[str, dict[str, list[int]]] = {}
    for note in judged:
        if name in note.groups:
            row = rows.setdefault(note.groups[name], {"harmful": [0, 0], "harmless": [0, 0]})
            cell = row["harmful" if note.harm else "harmless"]
            cell[0] += bool(note.codes)
            cell[1] += 1
    return dict(sorted(rows.items()))


def _codes(judged: Iterable[Judged]) -> dict[str, dict[str, int]]:
    counted = Counter((code, note.harm) for note in judged for code in note.codes)
    return {
        code: {"harmful": counted[code, True], "harmless": counted[code, False]}
        for code in sorted({code for code, _ in counted})
    }


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def _of(cell: Sequence[int]) -> str:
    return f"{cell[0]} of {cell[1]}" if cell[1] else "–"


if __name__ == "__main__":
    main()
