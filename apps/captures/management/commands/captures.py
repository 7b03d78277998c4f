"""`manage.py captures try`: what a prompt would find in some transcripts."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from apps.captures.models import Capture
from apps.captures.services import trials
from apps.captures.services.trials import Outcome, Trial
from apps.kernel.management.parted import told_in_a_sentence
from apps.kernel.management.terminal import plain


class Command(BaseCommand):
    help = "The test bench of distilling. It makes no memory; what is spent is counted."

    def add_arguments(self, parser: ArgumentParser) -> None:
        bench = parser.add_subparsers(dest="what", required=True).add_parser(
            "try", help="run a prompt on some transcripts and show what comes of it"
        )
        bench.add_argument(
            "--capture", type=UUID, required=True, action="append", help="id; may be given again"
        )
        bench.add_argument(
            "--prompt", type=Path, help="file with the prompt; the policy's own when left out"
        )
        bench.add_argument(
            "--stretches",
            type=int,
            default=10,
            help=f"of 32 KiB, how many at most, 1 to {trials.MOST} (default: %(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        captures = [_capture(public_id) for public_id in dict.fromkeys(options["capture"])]
        with told_in_a_sentence():
            prompt = options["prompt"].read_text(encoding="utf-8") if options["prompt"] else None
            trial = trials.run(captures=captures, prompt=prompt, most=options["stretches"])
        for outcome in trial.outcomes:
            self.stdout.write("\n".join(_told(outcome)))
        self.stdout.write(_summary(trial))


def _capture(public_id: UUID) -> Capture:
    found: Capture | None = (
        Capture.objects.filter(public_id=public_id).select_related("space").first()
    )
    if found is None:
        raise CommandError(f"--capture {public_id}: there is none.")
    return found


def _told(outcome: Outcome) -> list[str]:
    said = outcome.failed or f"by {outcome.made_by}"
    head = (
        f"{outcome.capture} bytes {outcome.start} to {outcome.end}: {said}, {outcome.tokens} tokens"
    )
    found = [
        f"  {'!' if one.left_out else '+'} {one.what}: {plain(one.text)}"
        f" [{one.start} to {one.end}] {one.left_out}".rstrip()
        for one in outcome.found
    ]
    dropped = [
        f"  - {one.candidate.what}: {plain(one.candidate.text)}: {one.code}"
        for one in outcome.dropped
    ]
    return [head, *found, *dropped]


def _summary(trial: Trial) -> str:
    found = sum(not one.left_out for outcome in trial.outcomes for one in outcome.found)
    told = f"{found} findings in {len(trial.outcomes)} stretches"
    if not trial.model:
        return f"{told}, by the rules: no language model is asked. Nothing was changed."
    trouble = f", stopped early: {trial.trouble}" if trial.trouble else ""
    return f"{told}, {trial.tokens:,} tokens, {trial.model}{trouble}. Nothing was changed."
