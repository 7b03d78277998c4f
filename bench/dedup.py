"""How well the pure core tells the same fact from a near miss, on labelled pairs.

    make bench-dedup DATA=FOLDER OUT=FILE.json

FOLDER/pairs.jsonl has rows `id, a, b, label, source, score, strict`: label 1 says that both texts
state one fact; `strict` false that the label is loose. Beside FILE.json a FILE.svg is drawn.

Every rule of decision says of each pair whether it is the same:

| rule | says same when |
|---|---|
| `rules` | the certain rules say so: the same text |
| `silent` | the engine takes it for a fact that is known already, without asking anybody |
| `cosine_T` | the cosine of the embeddings is at least T, or the certain rules say so |
| `cosine_T_vetoed` | the same, and no certain rule says that they differ |
| `linked` | the grouping puts a pair that a search proposed into one group; a reviewer decides |
| `linked_T` | the same with another link threshold |

and for each, over all pairs, by cosine band, by source and over strict labels only:

| figure | is |
|---|---|
| `false_merge` | share of the near misses (label 0) it calls the same |
| `false_split` | share of the true pairs (label 1) it does not call the same |
| `wrong_share` | share of the pairs it calls the same that are near misses |

The keys on top: `false_merge`, `false_split`, `silent_wrong_share` of `silent`; `linked_share` of
true pairs and `linked_wrong_share` of `linked`; `best_silent`, the rule that splits least of those
with a wrong share under 5 %, the groupings aside. A share of nothing is null. Words are weighed by
how common they are in all texts of the folder.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from apps.curation.core.facets import Names
from apps.curation.core.grouping import group
from apps.curation.core.groups import GroupingSettings
from apps.curation.core.notes import Edge, Note
from apps.curation.core.overlap import Vocabulary
from apps.curation.core.policy import DEFAULT
from apps.curation.core.rules import Sameness, compare, read
from apps.curation.core.sameness import said_again
from apps.kernel.charts import Line, chart
from bench import scratch
from bench.judging import share

THRESHOLDS = tuple(round(0.80 + 0.02 * step, 2) for step in range(10))
LINK_THRESHOLDS = tuple(round(0.20 + 0.05 * step, 2) for step in range(9))
EDGES = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.92, 0.95, 0.98)  # between the cosine bands
WRONG_AT_MOST = 0.05
SHOWN = ("rules", "silent", "cosine_0.92", "cosine_0.92_vetoed", "linked")

_SETTINGS = GroupingSettings(
    lexical_weight=DEFAULT.lexical_weight, link_threshold=DEFAULT.link_threshold
)
_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)

Figures = dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two texts with what is known and what is measured of them.

    Attributes:
        a, b: the texts as notes of two people, without metadata.
        same: the label.
        strict: whether the label is to be taken at its word.
        source: the collection they come from.
        cosine: of the embeddings, in [-1, 1].
        sameness: what the certain rules say.
    """

    a: Note
    b: Note
    same: bool
    strict: bool
    source: str
    cosine: float
    sameness: Sameness

    @property
    def band(self) -> str:
        """The cosine band, as `low-high`."""
        low = max((edge for edge in EDGES if self.cosine >= edge), default=None)
        high = min((edge for edge in EDGES if self.cosine < edge), default=1.0)
        return f"< {high:.2f}" if low is None else f"{low:.2f}-{high:.2f}"


def main() -> None:
    """Measure the folder, print the tables, write the JSON and the plot."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    path = args.data / "pairs.jsonl"
    if not path.exists():
        parser.error(f"{path} is missing")
    scratch.settings()
    figures = measure(scratch.rows(path))
    scratch.write(args.out, figures)
    args.out.with_suffix(".svg").write_text(plot(figures), encoding="utf-8")
    print("\n".join(tables(figures)))


def measure(rows: Sequence[scratch.Row]) -> dict[str, Any]:
    """Figures of labelled pairs. Django's settings say which embedder measures the cosine."""
    pairs = prepare(rows)
    verdicts = _verdicts(pairs)
    overall = {name: figures(pairs, said) for name, said in verdicts.items()}
    kept = {name: verdicts[name] for name in SHOWN}
    linked = overall["linked"]["false_split"]
    return {
        "pairs": len(pairs),
        "false_merge": overall["silent"]["false_merge"],
        "false_split": overall["silent"]["false_split"],
        "silent_wrong_share": overall["silent"]["wrong_share"],
        "linked_share": None if linked is None else round(1 - linked, 4),
        "linked_wrong_share": overall["linked"]["wrong_share"],
        "best_silent": best_silent(overall),
        "overall": overall,
        "strict": _within(pairs, kept, lambda pair: "strict" if pair.strict else "loose"),
        "bands": _within(pairs, kept, lambda pair: pair.band),
        "sources": _within(pairs, kept, lambda pair: pair.source),
    }


def prepare(rows: Sequence[scratch.Row]) -> list[Pair]:
    """Embed the texts and let the certain rules look at every pair."""
    from apps.providers.embedders import get_embedder

    texts = [row[side] for row in rows for side in ("a", "b")]
    vectors = get_embedder().embed(texts)
    cosines = (vectors[::2] * vectors[1::2]).sum(axis=1)
    notes = [_note(number, text) for number, text in enumerate(texts)]
    return [
        Pair(
            a=a,
            b=b,
            same=bool(row["label"]),
            strict=bool(row.get("strict", True)),
            source=str(row.get("source", "")),
            cosine=float(cosine),
            sameness=compare(a, b).sameness,
        )
        for row, a, b, cosine in zip(rows, notes[::2], notes[1::2], cosines, strict=True)
    ]


def figures(pairs: Sequence[Pair], said: Sequence[bool]) -> Figures:
    """False merge, false split and wrong share of one rule's verdicts, each in [0, 1]."""
    judged = list(zip(pairs, said, strict=True))
    return {
        "false_merge": share(same for pair, same in judged if not pair.same),
        "false_split": share(not same for pair, same in judged if pair.same),
        "wrong_share": share(not pair.same for pair, same in judged if same),
    }


def best_silent(overall: Mapping[str, Figures]) -> str | None:
    """The rule with the lowest false split of those that are wrong in under 5 % of their merges."""
    splits = {
        rule: found["false_split"]
        for rule, found in overall.items()
        if not rule.startswith("linked") and (found["wrong_share"] or 0.0) < WRONG_AT_MOST
    }
    judged = {rule: split for rule, split in splits.items() if split is not None}
    return min(judged, key=lambda rule: judged[rule], default=None)


def _verdicts(pairs: Sequence[Pair]) -> dict[str, list[bool]]:
    """By rule of decision, whether it calls each pair the same."""
    certain = [pair.sameness == "same" for pair in pairs]
    found = {"rules": certain, "silent": [_silent(pair) for pair in pairs]}
    for limit in THRESHOLDS:
        near = [pair.sameness == "same" or pair.cosine >= limit for pair in pairs]
        found[f"cosine_{limit:.2f}"] = near
        found[f"cosine_{limit:.2f}_vetoed"] = [
            same and pair.sameness != "different" for pair, same in zip(pairs, near, strict=True)
        ]
    vocabulary = Vocabulary.of(read(note).terms for pair in pairs for note in (pair.a, pair.b))
    found["linked"] = [_linked(pair, _SETTINGS, vocabulary) for pair in pairs]
    for limit in LINK_THRESHOLDS:
        settings = replace(_SETTINGS, link_threshold=limit)
        found[f"linked_{limit:.2f}"] = [_linked(pair, settings, vocabulary) for pair in pairs]
    return found


def _silent(pair: Pair) -> bool:
    names = Names.of((pair.a, pair.b))
    return said_again(
        read(pair.a, names), read(pair.b, names), near=pair.cosine >= DEFAULT.known_cosine
    )


def _linked(pair: Pair, settings: GroupingSettings, vocabulary: Vocabulary) -> bool:
    edge = Edge(pair.a.id, pair.b.id, cosine=pair.cosine, lexical=0.0)
    return len(group([pair.a, pair.b], [edge], settings, vocabulary=vocabulary)) == 1


def _within(
    pairs: Sequence[Pair],
    verdicts: Mapping[str, Sequence[bool]],
    part_of: Callable[[Pair], str],
) -> dict[str, Any]:
    """Counts and figures of each part of the pairs, by name; the lowest band comes first."""
    found: dict[str, Any] = {}
    names = {part_of(pair) for pair in pairs}
    for name in sorted(names, key=lambda name: (not name.startswith("<"), name)):
        places = [place for place, pair in enumerate(pairs) if part_of(pair) == name]
        part = [pairs[place] for place in places]
        found[name] = {
            "same": sum(pair.same for pair in part),
            "near_miss": sum(not pair.same for pair in part),
            "by_rule": {
                rule: figures(part, [said[place] for place in places])
                for rule, said in verdicts.items()
            },
        }
    return found


def tables(measured: Mapping[str, Any]) -> Iterator[str]:
    """The figures as Markdown, line by line: every rule, then bands, sources, strictness."""
    yield from ("| rule | false merge | false split | wrong share |", "|---|---|---|---|")
    for rule, found in measured["overall"].items():
        yield f"| `{rule}` | " + " | ".join(map(_percent, found.values())) + " |"
    for part in ("bands", "sources", "strict"):
        yield from ("", f"False merge / false split by {part}", "")
        yield f"| | same | near miss | {' | '.join(f'`{rule}`' for rule in SHOWN)} |"
        yield "|---" * (3 + len(SHOWN)) + "|"
        for name, found in measured[part].items():
            cells = [
                f"{_percent(each['false_merge'])} / {_percent(each['false_split'])}"
                for each in found["by_rule"].values()
            ]
            yield f"| {name} | {found['same']} | {found['near_miss']} | {' | '.join(cells)} |"


def plot(measured: Mapping[str, Any]) -> str:
    """An SVG of false merge and false split over the cosine threshold, with and without vetoes."""

    def line(label: str, figure: str, rule: str, colour: str, *, dashed: bool = False) -> Line:
        drawn = [(t, measured["overall"][rule.format(t)][figure]) for t in THRESHOLDS]
        points = tuple((t, share) for t, share in drawn if share is not None)
        return Line(label, points, colour, dashed=dashed)

    vetoed, bare = "cosine_{:.2f}_vetoed", "cosine_{:.2f}"
    return chart(
        title="Calling pairs the same from a cosine on",
        across="cosine threshold",
        lines=[
            line("false merge, with vetoes", "false_merge", vetoed, "#b3261e"),
            line("false merge, cosine alone", "false_merge", bare, "#b3261e", dashed=True),
            line("false split, with vetoes", "false_split", vetoed, "#1f5fa8"),
            line("false split, cosine alone", "false_split", bare, "#1f5fa8", dashed=True),
        ],
    )


def _note(number: int, text: str) -> Note:
    return Note(
        id=number + 1,
        person=number + 1,
        text=text,
        kind="fact",
        tags=(),
        metadata={},
        recorded_at=_MOMENT,
    )


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"


if __name__ == "__main__":
    main()
