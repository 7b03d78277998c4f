"""`manage.py archivist try`: what a prompt would make of some clusters of a space."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from apps.consolidation.services import trials
from apps.consolidation.services.trials import Outcome, Trial
from apps.kernel.management.parted import told_in_a_sentence
from apps.kernel.management.terminal import plain
from apps.spaces.management import choosing


class Command(BaseCommand):
    help = "The archivist's test bench. It proposes and changes nothing; what is spent is counted."

    def add_arguments(self, parser: ArgumentParser) -> None:
        bench = parser.add_subparsers(dest="what", required=True).add_parser(
            "try", help="run a prompt on some clusters of a space and show what comes of it"
        )
        bench.add_argument("--space", required=True, help="id or name")
        bench.add_argument(
            "--task", choices=trials.TASKS, default="summary", help="(default: %(default)s)"
        )
        bench.add_argument(
            "--prompt", type=Path, help="file with the prompt; the policy's own when left out"
        )
        bench.add_argument(
            "--clusters",
            type=int,
            default=10,
            help=f"how many at most, 1 to {trials.MOST} (default: %(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        space = choosing.space(options["space"])
        with told_in_a_sentence():
            prompt = options["prompt"].read_text(encoding="utf-8") if options["prompt"] else None
            trial = trials.run(
                space=space, task=options["task"], prompt=prompt, clusters=options["clusters"]
            )
        for number, outcome in enumerate(trial.outcomes, start=1):
            self.stdout.write("\n".join(_told(number, outcome)))
        self.stdout.write(_summary(trial))


def _told(number: int, outcome: Outcome) -> list[str]:
    verdict = "passed" if outcome.passed else f"failed: {', '.join(outcome.failed)}"
    head = f"cluster {number}: {len(outcome.sources)} memories, {verdict}, {outcome.tokens} tokens"
    kept = [f"  + {plain(claim.text)} {_places(claim.cites)}" for claim in outcome.kept]
    dropped = [
        f"  - {plain(one.claim.text)} {_places(one.claim.cites)}: {', '.join(one.codes)}"
        for one in outcome.dropped
    ]
    cited = [f"  [{place}] {id}" for place, id in enumerate(outcome.sources, start=1)]
    return [head, *kept, *dropped, *cited]


def _places(cites: tuple[int, ...]) -> str:
    return "".join(f"[{cite + 1}]" if cite >= 0 else "[?]" for cite in cites)


def _summary(trial: Trial) -> str:
    if not trial.model:
        return f"{len(trial.outcomes)} clusters; the hub has no language model, nothing was asked."
    passed = sum(outcome.passed for outcome in trial.outcomes)
    told = f"{passed} of {len(trial.outcomes)} clusters passed, {trial.tokens:,} tokens"
    trouble = f", stopped early: {trial.trouble}" if trial.trouble else ""
    return f"{told}, {trial.model}{trouble}. Nothing was changed."
