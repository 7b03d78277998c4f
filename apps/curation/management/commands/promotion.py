"""`manage.py promotion`: what another policy would do, what a threshold does, what is reliable."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from rich.console import Console
from rich.progress import track

from apps.curation.core.policy import PRESETS
from apps.curation.core.replay import Recorded
from apps.curation.management import reading, report
from apps.curation.models import CurationRun
from apps.curation.services import policies, quality, replay
from apps.curation.services.replay import Scope, Sweep
from apps.kernel.management.parted import Arguments, PartedCommand
from apps.spaces.management import choosing


class Command(PartedCommand):
    help = (
        "Look at promotion decisions again, without changing anything: replay them under another"
        " policy, sweep a threshold, or judge them by what reviewers decided."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        self.add_parts(parser, _PARTS)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            super().handle(*args, **options)
        except ValueError as error:  # of a value, a file or a core, with its own sentence
            raise CommandError(str(error)) from error

    def _replay(self, options: dict[str, Any]) -> None:
        _, decisions = _chosen(options)
        values = reading.assignments(options["set"])
        preset = options["preset"]
        if options["policy"]:
            preset, values = "default", reading.policy_file(options["policy"]) | values
        found = replay.replay(decisions=decisions, preset=preset, values=values)
        report.replay(self.console, found, show=options["show"])
        if options["csv"]:
            report.write_flips(options["csv"], found)

    def _sensitivity(self, options: dict[str, Any]) -> None:
        scope, decisions = _chosen(options)
        labels = replay.labels(scope)
        if options["labels"]:
            labels |= reading.labels_file(options["labels"])
        wanted = Sweep(options["value"], options["start"], options["stop"], options["steps"])
        points = list(
            track(
                replay.sweep(
                    decisions=decisions, sweep=wanted, labels=labels, preset=options["preset"]
                ),
                total=len(wanted.values()),
                description="Deciding again",
                console=Console(stderr=True),
                transient=True,
            )
        )
        known = len({one.cluster for one in decisions} & labels.keys())
        report.sweep(self.console, wanted.name, points, decisions=len(decisions), labelled=known)
        if options["csv"]:
            report.write_points(options["csv"], wanted.name, points)
        if options["plot"]:
            report.write(options["plot"], report.sweep_chart(wanted.name, points))

    def _calibrate(self, options: dict[str, Any]) -> None:
        organisation = choosing.organisation(options["organisation"])
        goal = options["goal"]
        if goal is not None and not 0 < goal <= 1:
            raise CommandError("--goal must lie above 0 and at most 1.")
        found = quality.measure(
            scope=Scope.whole(organisation),
            policy=policies.of_organisation(organisation),
            goals=dict.fromkeys(quality.GOALS, goal) if goal else None,
        )
        report.calibration(self.console, found)
        if options["csv"]:
            report.write_bins(options["csv"], found.self_evaluation)
        if options["plot"]:
            report.write(options["plot"], report.reliability_chart(found.self_evaluation))


_REPLAY = (
    "Decide stored decisions again under another policy and list what flips: from, to, how often,"
    " and each cluster with its reasons. Without --policy or --preset every decision keeps its own"
    " policy but for what --set changes; with nothing at all, nothing flips."
)
_SENSITIVITY = (
    "Set one policy value to every step of a range and count what would be published, reviewed and"
    " held; with precision and recall as far as reviewers (or a file of labels) say what is worth"
    " sharing."
)
_CALIBRATE = (
    "Judge promotion by what people decided: false promotions, holds and splits, how reliable the"
    " language model's score is, and where thresholds might lie. It proposes; it changes nothing."
)


def _decisions_of(parser: ArgumentParser) -> None:
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--run", help="id of a run: what it newly decided")
    chosen.add_argument(
        "--organisation",
        help="name or id: the last decision on each of its clusters (default: the only one)",
    )


def _replay_arguments(parser: ArgumentParser) -> None:
    _decisions_of(parser)
    base = parser.add_mutually_exclusive_group()
    base.add_argument(
        "--policy",
        type=Path,
        metavar="FILE",
        help='JSON with policy values, e.g. {"outcome_threshold": 0.8}; the rest is default',
    )
    base.add_argument("--preset", choices=PRESETS, help="a whole policy by name")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="one policy value; may be given several times (docs/reference/policy.md)",
    )
    parser.add_argument("--show", type=int, default=20, help="flips to list (default: 20)")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="every flip, for a spreadsheet")


def _sensitivity_arguments(parser: ArgumentParser) -> None:
    _decisions_of(parser)
    parser.add_argument("--value", required=True, help="policy value, e.g. frequency_threshold")
    parser.add_argument("--from", type=float, required=True, dest="start", help="first value")
    parser.add_argument("--to", type=float, required=True, dest="stop", help="last value")
    parser.add_argument("--steps", type=int, default=11, help="how many values (default: 11)")
    parser.add_argument("--preset", choices=PRESETS, help="the rest of the policy (default: own)")
    parser.add_argument(
        "--labels",
        type=Path,
        metavar="FILE",
        help="what is worth sharing: CSV with the columns cluster (public id) and worthy (yes or"
        ' no), or JSON {"id": true}; goes before what reviewers decided',
    )
    parser.add_argument("--csv", type=Path, metavar="FILE", help="the table as CSV")
    parser.add_argument("--plot", type=Path, metavar="FILE.svg", help="the curves as SVG")


def _calibrate_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--organisation", help="name or id (default: the only one)")
    parser.add_argument(
        "--goal",
        type=float,
        help="share of worthy ones wanted above every threshold (default:"
        f" {quality.PUBLISHING_GOAL} where it publishes, {quality.REVIEW_GOAL} where it asks)",
    )
    parser.add_argument("--csv", type=Path, metavar="FILE", help="the reliability curve as CSV")
    parser.add_argument("--plot", type=Path, metavar="FILE.svg", help="the same curve as SVG")


def _chosen(options: dict[str, Any]) -> tuple[Scope, list[Recorded]]:
    if options["run"]:
        run = reading.run(options["run"])
        scope = Scope.whole(run.organisation)
        return scope, replay.of_run(scope, _with_decisions(run))
    scope = Scope.whole(choosing.organisation(options["organisation"]))
    return scope, replay.standing(scope)


def _with_decisions(run: CurationRun) -> CurationRun:
    if run.dry:
        raise CommandError("A dry run keeps no decisions; replay one that was not dry.")
    return run


_PARTS: dict[str, tuple[str, Arguments | None]] = {
    "replay": (_REPLAY, _replay_arguments),
    "sensitivity": (_SENSITIVITY, _sensitivity_arguments),
    "calibrate": (_CALIBRATE, _calibrate_arguments),
}
