"""`manage.py consolidate`: run the archivist now, in this process."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from apps.consolidation.models import ConsolidationRun, RunState
from apps.consolidation.services import runs
from apps.kernel.errors import Error
from apps.spaces.models import Space


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
        for space in self._spaces(options["space"]):
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
        console = Console(file=self.stderr)  # type: ignore[arg-type]  # it has what rich asks for
        columns = (TextColumn("{task.description}"), BarColumn())
        with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
            task = bar.add_task("waiting", total=None)

            def show(step: str, done: int, total: int) -> None:
                bar.update(task, description=step, completed=done, total=total or None)

            return runs.execute(run_id=run.pk, follow=show)

    def _spaces(self, wanted: str | None) -> list[Space]:
        found = list(Space.objects.select_related("organisation").order_by("pk"))
        if wanted:
            found = [one for one in found if wanted in {one.name, str(one.public_id)}]
            if not found:
                raise CommandError(f"There is no space {wanted!r}.")
        return [one for one in found if not (one.read_only or one.organisation.read_only)]


def _summary(counts: dict[str, Any]) -> str:
    told = [
        f"{step} {', '.join(f'{name} {value}' for name, value in own.items())}"
        for step, own in counts.items()
        if any(own.values())
    ]
    return "; ".join(told) or "nothing to do"
