"""What the promotion engine makes of an organisation, judged by labels.

    make bench-promotion DATA=FOLDER OUT=FILE.json

FOLDER holds `people`, `teams`, `agents`, `memories` and `outcomes` as JSON lines; only these reach
the hub, through its services. One run follows, the judgement, then a second run on unchanged data.
The answers are read from FOLDER afterwards: `labels.jsonl` (one fact a row: `cluster, memory_ids,
verdict, reason, review_ok`) and `pairs.jsonl` (`a, b, same, langs`). A figure whose answers are
absent is null, and so is a share of nothing.

An *item* is what was published without a reviewer, or a request that awaits one. The fact of a
publication is the one all its sources state; of a request, the one more than half of its members
state. Without such a fact an item is *mixed*: wrong when published, not worth reading as a request.

| key | is |
|---|---|
| `auto_precision` | share of the publications whose fact has verdict promote |
| `covered_share` | share of the facts with verdict promote that are the fact of some item |
| `covered_auto_share` | the same, publications only |
| `review_precision` | share of the requests whose fact may be put before a reviewer (`review_ok`) |
| `review_promotable` | stricter: share of the requests whose fact has verdict promote or review |
| `leaks` | memories published, as the text or as a source, by kind of harm |
| `shown` | memories shown to a reviewer as a request's member, by the same kinds |
| `silent_merges` | pairs of memories that the hub treats as one statement without asking |
| `silent_merges_wrong` | share of them that state two facts |
| `false_merge` | share of the different pairs that are merged so |
| `false_split` | share of the same pairs that are not merged so |
| `linked_share` | share of the same pairs that share a cluster, certain or likely |
| `false_linked` | share of the different pairs that share a cluster |
| `screened_by_reason` | memories the screen kept back; with reason org_knowledge_* a false alarm |
| `model_calls`, `model_tokens` | language model use of the first run, as the run counted it |
| `second_run_changes` | rows of curation, memories and audit added, removed or changed by it |

Pairs with a text the folder does not hold are left out. Two rows that the hub took for a repetition
(same author, same text) are one memory and count as merged.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from bench import oracle, scratch
from bench.judging import Row, judge
from memoryhub.demo import folder as folders

_HEADLINES = (
    "auto_precision",
    "covered_share",
    "covered_auto_share",
    "review_precision",
    "review_promotable",
    "false_merge",
    "false_split",
    "linked_share",
    "linked_share_one_language",
    "linked_share_two_languages",
    "false_linked",
    "silent_merges",
    "silent_merges_wrong",
    "model_calls",
    "model_tokens",
    "second_run_changes",
)
_BREAKDOWNS = (
    "leaks",
    "shown",
    "covered_by_reason",
    "published_by_reason",
    "requests_by_reason",
    "screened_by_reason",
    "counts",
    "seconds",
)


def main() -> None:
    """Measure the folder, print the tables and write the JSON."""
    args = _arguments()
    environment = dict(os.environ)  # before a scratch database is named in it
    figures = _measured(args)
    if args.judge is None and not os.environ.get("LLM_MODEL") and figures["absent"] == []:
        others = ("oracle", "hostile")
        figures["with"] = {mode: _in_a_process(args, mode, environment) for mode in others}
    scratch.write(args.out, figures)
    if args.judge is None:
        print("\n".join(table(figures)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--judge",
        choices=("none", "oracle", "hostile"),
        help="only this one; by default the model of LLM_MODEL and LLM_BASE_URL if they are set, "
        "else first none and then both of the others",
    )
    parser.add_argument(
        "--error-rate", type=float, default=0.0, help="share of the oracle's answers that are wrong"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a policy value other than the default, such as claims=false; may be repeated",
    )
    return parser.parse_args()


def _measured(args: argparse.Namespace) -> dict[str, Any]:
    try:
        folder = folders.read(args.data)
    except folders.FolderError as error:
        raise SystemExit(f"bench.promotion: {error}") from error
    with _judge(args, folder), scratch.hub():
        return measure(folder, dict(_value(each) for each in args.set))


def _value(assignment: str) -> tuple[str, Any]:
    name, _, value = assignment.partition("=")
    return name, json.loads(value)


def _judge(args: argparse.Namespace, folder: folders.Folder) -> Any:
    """The language model this run asks; the settings name it, so it comes before Django."""
    if args.judge is None:
        return nullcontext()
    if args.judge == "none":
        os.environ["LLM_MODEL"] = ""
        return nullcontext()
    labels = _answers(folder.path / "labels.jsonl") or []
    texts = {row["id"]: row["text"] for row in folder.memories}
    return _serving(args.judge, labels, texts, args.error_rate)


@contextmanager
def _serving(
    mode: str, labels: list[Row], texts: Mapping[str, str], error_rate: float
) -> Iterator[None]:
    with oracle.serving(mode, labels, texts, error_rate) as server:
        os.environ |= {
            "LLM_MODEL": "openai/oracle",
            "LLM_BASE_URL": server.address,
            "LLM_API_KEY": "none",
            # Only the hostile one is slow on purpose; a busy machine may be slow for an honest one
            "LLM_TIMEOUT_SECONDS": "2" if mode == "hostile" else "30",
        }
        yield


def _in_a_process(
    args: argparse.Namespace, mode: str, environment: Mapping[str, str]
) -> dict[str, Any]:
    """The same with another model: settings are read once in the life of a process."""
    with tempfile.TemporaryDirectory() as made:
        out = Path(made) / "figures.json"
        command = [sys.executable, "-m", "bench.promotion", "--data", str(args.data)]
        command += ["--out", str(out), "--judge", mode, "--error-rate", str(args.error_rate)]
        command += [word for each in args.set for word in ("--set", each)]
        subprocess.run(command, check=True, env=environment)
        found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
        return found


def measure(folder: folders.Folder, policy: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Figures of one folder, by the keys above. Django must be set up on an empty database.

    `policy`: values of the organisation's policy, where they differ from the default.
    """
    from bench import organisation

    played = organisation.load(folder)
    if policy:
        organisation.govern(played, policy)
    first = organisation.run(played, "first_run")
    observed = organisation.observe(played)
    before = organisation.fingerprint()
    organisation.run(played, "second_run")
    changed = organisation.changes(before, organisation.fingerprint())
    labels, pairs = (_answers(folder.path / f"{name}.jsonl") for name in ("labels", "pairs"))
    return {
        **judge(observed, labels, pairs),
        "model_calls": first.counts.get("model_calls", 0),
        "model_tokens": first.counts.get("model_tokens", 0),
        "second_run_changes": changed.total(),
        "second_run_changes_by_table": dict(changed),
        "counts": {
            "rows": len(folder.memories),
            "memories": len(set(played.memory_of.values())),
            "outcomes": len(folder.outcomes),
            "screened": len(observed.screened),
            "clusters": first.counts["clusters"],
            "published": len(observed.published),
            "requests": len(observed.requests),
        },
        "seconds": played.seconds,
        "absent": [n for n, a in (("labels.jsonl", labels), ("pairs.jsonl", pairs)) if a is None],
    }


def table(figures: Mapping[str, Any]) -> Iterator[str]:
    """The figures as Markdown, line by line."""
    for name in figures["absent"]:
        yield f"There is no {name}: what it decides is not judged.\n"
    runs = {"as configured": figures, **figures.get("with", {})}
    yield f"| figure | {' | '.join(runs)} |"
    yield "|---" * (len(runs) + 1) + "|"
    for name in _HEADLINES:
        yield f"| `{name}` | {' | '.join(_shown(each[name]) for each in runs.values())} |"
    for name in _BREAKDOWNS:
        yield f"| `{name}` | {' | '.join(_parts(each[name]) for each in runs.values())} |"


def _parts(found: Mapping[str, Any] | None) -> str:
    return ", ".join(f"{key} {_shown(value)}" for key, value in (found or {}).items())


def _answers(path: Path) -> list[Row] | None:
    return list(scratch.rows(path)) if path.exists() else None


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
