"""`manage.py curate`: run the nightly job now, in this process."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from apps.curation.models import CurationRun, RunState
from apps.curation.services import progress, runs
from apps.kernel.management.parted import told_in_a_sentence
from apps.kernel.management.terminal import bar
from apps.spaces.management import choosing


class Command(BaseCommand):
    help = (
        "Find what several people learned and publish it or ask a reviewer. Ctrl-C leaves the"
        " run to the worker, which takes it over after two minutes; to stop it for good, cancel it"
        " on the desk or by the API."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organisation", help=choosing.EVERY)
        parser.add_argument("--dry-run", action="store_true", help="decide, count, change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        with told_in_a_sentence():
            for organisation in choosing.organisations(options["organisation"]):
                run = runs.queue(organisation=organisation, dry=options["dry_run"])
                run = self._watched(run)
                if run.state != RunState.DONE:
                    raise CommandError(f"{organisation}: the run was {run.state}.")
                self.stdout.write(f"{organisation}: {_summary(run.counts)}")

    def _watched(self, run: CurationRun) -> CurationRun:
        """Execute it, with a bar on standard error where that is a terminal."""
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:.0f} %"),
            TimeRemainingColumn(),
        )
        with bar(self.stderr, *columns) as shown:
            task = shown.add_task("waiting", total=100)
            return runs.execute(run_id=run.pk, follow=_shown(run.pk, shown, task))


def _shown(run_id: int, shown: Progress, task: TaskID) -> progress.Progress:
    def show(step: str, done: int, total: int) -> None:
        told = progress.of(CurationRun.objects.get(pk=run_id))
        counted = f" {done:,} of {total:,}" if total else ""
        shown.update(task, description=step + counted, completed=told.percent)

    return show


def _summary(counts: dict[str, Any]) -> str:
    new = counts["new"]
    trouble = counts.get("model_trouble")
    asked = f"; the language model was left: {trouble}" if trouble else ""
    return (
        f"{counts['memories']} memories in {counts['clusters']} clusters; "
        f"new: {new['published']} published, {new['requests']} to review, "
        f"{new['corroborated']} corroborated; screened: {sum(counts['screened'].values())}{asked}"
    )
