"""`manage.py archivist try`: what a prompt would make of some clusters of a space."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.consolidation.services import trials
from apps.consolidation.services.trials import Outcome, Trial
from apps.kernel.errors import Error
from apps.spaces.models import Space


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
        space = _space(options["space"])
        try:
            prompt = options["prompt"].read_text(encoding="utf-8") if options["prompt"] else None
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"--prompt {options['prompt']}: {error}") from error
        try:
            trial = trials.run(
                space=space, task=options["task"], prompt=prompt, clusters=options["clusters"]
            )
        except Error as error:
            raise CommandError(str(error.detail)) from error
        for number, outcome in enumerate(trial.outcomes, start=1):
            self.stdout.write("\n".join(_told(number, outcome)))
        self.stdout.write(_summary(trial))


def _space(wanted: str) -> Space:
    rows = Space.objects.select_related("organisation", "person", "parent").order_by("pk")
    found = [one for one in rows if wanted in {one.name, str(one.public_id)}]
    if len(found) != 1:
        many = f"{len(found)} spaces have that name; use an id." if found else "There is none."
        raise CommandError(f"--space {wanted!r}: {many}")
    return found[0]


def _told(number: int, outcome: Outcome) -> list[str]:
    verdict = "passed" if outcome.passed else f"failed: {', '.join(outcome.failed)}"
    head = f"cluster {number}: {len(outcome.sources)} memories, {verdict}, {outcome.tokens} tokens"
    kept = [f"  + {_plain(claim.text)} {_places(claim.cites)}" for claim in outcome.kept]
    dropped = [
        f"  - {_plain(one.claim.text)} {_places(one.claim.cites)}: {', '.join(one.codes)}"
        for one in outcome.dropped
    ]
    cited = [f"  [{place}] {id}" for place, id in enumerate(outcome.sources, start=1)]
    return [head, *kept, *dropped, *cited]


def _places(cites: tuple[int, ...]) -> str:
    return "".join(f"[{cite + 1}]" if cite >= 0 else "[?]" for cite in cites)


def _plain(text: str) -> str:
    """A model's words may hold what steers a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _summary(trial: Trial) -> str:
    if not trial.model:
        return f"{len(trial.outcomes)} clusters; the hub has no language model, nothing was asked."
    passed = sum(outcome.passed for outcome in trial.outcomes)
    told = f"{passed} of {len(trial.outcomes)} clusters passed, {trial.tokens:,} tokens"
    trouble = f", stopped early: {trial.trouble}" if trial.trouble else ""
    return f"{told}, {trial.model}{trouble}. Nothing was changed."
