"""`manage.py decay`: archive what faded now, say what that would do, or undo a run."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from rich.progress import Progress, TaskID, TextColumn, TimeElapsedColumn

from apps.decay.core.forecast import Forecast
from apps.decay.core.policy import DECAYING
from apps.decay.models import DecayRun, RunState
from apps.decay.services import forecasts, runs
from apps.kernel.management.parted import told_in_a_sentence
from apps.kernel.management.terminal import bar
from apps.spaces.management import choosing
from apps.spaces.models import Organisation

_MONTHS = 6


class Command(BaseCommand):
    help = (
        "Archive memories that nobody confirmed for long and bring back those that somebody"
        " confirmed since, as the nightly job does. Decisions, directives, what is pinned, before"
        " a reviewer or held stays. --dry-run counts, --simulate looks ahead, --undo takes a run"
        " back."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organisation", help=choosing.EVERY)
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--dry-run", action="store_true", help="count; change nothing")
        what.add_argument(
            "--simulate", action="store_true", help="how many would be archived by when"
        )
        what.add_argument("--undo", metavar="RUN", type=UUID, help="id of a run to take back")
        parser.add_argument(
            "--months", type=int, help=f"with --simulate: to look ahead (default: {_MONTHS})"
        )
        parser.add_argument(
            "--half-life",
            action="append",
            default=[],
            metavar="KIND=DAYS",
            help=f"with --simulate: try another; kinds: {', '.join(DECAYING)}",
        )
        parser.add_argument("--floor", type=float, help="with --simulate: try another, 0 to 1")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["simulate"]:
            _refuse_what_only_a_forecast_takes(options)
        with told_in_a_sentence():
            if options["undo"]:
                self._undo(options["undo"])
                return
            for organisation in choosing.organisations(options["organisation"]):
                if options["simulate"]:
                    self._simulate(organisation, options)
                else:
                    run = runs.queue(organisation=organisation, dry=options["dry_run"])
                    self._tell(organisation, self._executed(run))

    def _simulate(self, organisation: Organisation, options: dict[str, Any]) -> None:
        forecast = forecasts.of_spaces(
            organisation.pk,
            values=_values(options),
            months=_MONTHS if options["months"] is None else options["months"],
        )
        self.stdout.write(f"{organisation}: {forecast.sentence}")
        for line in _lines(forecast):
            self.stdout.write(f"  {line}")

    def _undo(self, public_id: UUID) -> None:
        with transaction.atomic():
            run = DecayRun.objects.select_for_update().filter(public_id=public_id).first()
            if run is None:
                raise CommandError(f"There is no decay run {public_id}.")
            runs.undoing(run=run)
        run = self._executed(run)
        self.stdout.write(
            f"{run.organisation}: {run.counts.get('restored', 0):,} memories are active again;"
            f" {run.counts.get('left', 0):,} are not: said anew by their author, or gone."
        )

    def _executed(self, run: DecayRun) -> DecayRun:
        """Carry it out, with a line on standard error where that is a terminal."""
        columns = (TextColumn("{task.description}"), TimeElapsedColumn())
        with bar(self.stderr, *columns) as shown:
            run = runs.execute(run_id=run.pk, told=_shown(shown, shown.add_task("looking")))
        if run.state not in {RunState.DONE, RunState.UNDONE}:
            raise CommandError(
                "A curation run, an erasure or a retention run is under way; the worker goes on"
                " with this one when it has ended."
            )
        return run

    def _tell(self, organisation: Organisation, run: DecayRun) -> None:
        counts = run.counts
        archived = counts.get("archived", {})
        total = sum(sum(reasons.values()) for reasons in archived.values())
        would = "would be" if run.dry else "were"
        self.stdout.write(
            f"{organisation}: {total:,} of {counts['memories']:,} memories {would} archived,"
            f" {counts.get('revived', 0):,} {would} brought back (run {run.public_id})."
        )
        for kind, reasons in sorted(archived.items()):
            for reason, count in sorted(reasons.items()):
                self.stdout.write(f"  {kind}: {count:,} {reason}")
        for code, count in sorted(counts.get("kept", {}).items()):
            self.stdout.write(f"  {count:,} faded and stay: {code}")


def _refuse_what_only_a_forecast_takes(options: dict[str, Any]) -> None:
    """A run goes by the policy: with these left unread it would archive what nobody asked for."""
    given = [
        f"--{name.replace('_', '-')}"
        for name in ("months", "half_life", "floor")
        if options[name] not in (None, [])
    ]
    if given:
        raise CommandError(
            f"{', '.join(given)} belongs to --simulate. A run goes by the policy: change it there"
            " first (docs/howto/decay.md)."
        )


def _values(options: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for given in options["half_life"]:
        kind, _, days = given.partition("=")
        if kind not in DECAYING or not days.isascii() or not days.isdigit():
            raise CommandError(
                f"--half-life wants KIND=DAYS, a kind of {', '.join(DECAYING)}; got {given!r}."
            )
        values[f"half_life_{kind}"] = int(days)
    if options["floor"] is not None:
        values["decay_floor"] = options["floor"]
    return values


def _lines(forecast: Forecast) -> list[str]:
    dated = [f"{point.on:%Y-%m-%d}: {point.archived:,}" for point in forecast.points]
    kinds = [f"{kind}: {count:,}" for kind, count in sorted(forecast.kinds.items())]
    kept = [f"{count:,} fade and stay: {code}" for code, count in sorted(forecast.kept.items())]
    return [*dated, *kinds, *kept]


def _shown(shown: Progress, task: TaskID) -> Any:
    def show(step: str, done: int) -> None:
        shown.update(task, description=f"{step}: {done:,}")

    return show
