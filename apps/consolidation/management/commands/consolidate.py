"""`manage.py consolidate`: run the archivist now, in this process."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.progress import BarColumn, TextColumn

from apps.consolidation.models import ConsolidationRun, RunState
from apps.consolidation.services import runs
from apps.kernel.errors import Error
from apps.kernel.management.terminal import bar
from apps.spaces.management import choosing


class Command(BaseCommand):
    help = (
        "Make one of memories that certainly say the same, and propose what else would tidy a"
        " space. Every change can be undone. Ctrl-C leaves a run to the worker, which goes on"
        " where it was after two minutes."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--space", help="id or name; every space when left out")
        parser.add_argument("--dry-run", action="store_true", help="find, count, change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        for space in choosing.spaces(options["space"]):
            if space.read_only or space.organisation.read_only:
                continue
            try:
                run = runs.queue(space=space, dry=options["dry_run"])
                run = self._watched(run)
            except Error as error:
                raise CommandError(f"{space}: {error.detail}") from error
            if run.state != RunState.DONE:
                raise CommandError(f"{space}: the run is {run.state}.")
            self.stdout.write(f"{space}: {_summary(run.counts)}")

    def _watched(self, run: ConsolidationRun) -> ConsolidationRun:
        """Execute it, with a bar on standard error where that is a terminal."""
        columns = (TextColumn("{task.description}"), BarColumn())
        with bar(self.stderr, *columns) as shown:
            task = shown.add_task("waiting", total=None)

            def show(step: str, done: int, total: int) -> None:
                shown.update(task, description=step, completed=done, total=total or None)

            return runs.execute(run_id=run.pk, follow=show)


def _summary(counts: dict[str, Any]) -> str:
    told = [
        f"{step} {', '.join(f'{name} {value}' for name, value in own.items())}"
        for step, own in counts.items()
        if any(own.values())
    ]
    return "; ".join(told) or "nothing to do"
