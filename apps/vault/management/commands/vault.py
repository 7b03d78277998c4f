"""`manage.py vault`: what protects stored credentials, and changing the key that does."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from apps.kernel import clock
from apps.kernel.management.parted import Arguments, PartedCommand
from apps.vault.keepers import choice, local
from apps.vault.services import rewrapping


class Command(PartedCommand):
    help = (
        "Stored credentials are encrypted by data keys, one for each organisation, and these are"
        " wrapped by a key keeper: a key of your own or a key management service."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        self.add_parts(parser, _PARTS)

    def _status(self, _options: dict[str, Any]) -> None:
        keeper = choice.current()
        self.console.print(f"New data keys are wrapped by {keeper.name}:{keeper.key}.")
        standings = rewrapping.standings()
        for one in standings:
            state = one.problem or "opens"
            due = "" if one.is_current else "; `vault rewrap` brings them under the present key"
            self.console.print(f"{one.count:,} under {one.keeper}:{one.key}: {state}{due}")
        if not standings:
            self.console.print("No credentials are stored yet.")
        if any(one.problem for one in standings):
            raise CommandError("Some credentials cannot be opened. Nothing was changed.")

    def _rewrap(self, options: dict[str, Any]) -> None:
        everything = options["all"]
        total = rewrapping.waiting(everything=everything)
        if options["dry_run"] or not total:
            self.console.print(f"{total:,} data keys to wrap anew.")
            return
        with self._progress(total) as progress:
            task = progress.add_task("Wrapping", total=total)
            done = rewrapping.rewrap(
                everything=everything,
                told=lambda done, _: progress.update(task, completed=done),
            )
        self.console.print(f"Wrapped {done:,} data keys anew. Old keys may go now.")

    def _key(self, options: dict[str, Any]) -> None:
        id = options["id"] or f"{clock.now():%Y-%m-%d}"
        if ":" in id or "," in id:
            raise CommandError("The name of a key has no colon and no comma.")
        self.console.print(local.new(id))

    def _progress(self, total: int) -> Progress:
        columns = (TextColumn("{task.description}"), MofNCompleteColumn(), TimeElapsedColumn())
        return Progress(*columns, console=self.console, disable=total < 2)


def _add_rewrap(parser: CommandParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="only say how many")
    parser.add_argument(
        "--all",
        action="store_true",
        help="also those under the present key: a service may have rotated it",
    )


def _add_key(parser: CommandParser) -> None:
    parser.add_argument("--id", default="", help="its name; default: today's date")


_PARTS: dict[str, tuple[str, Arguments | None]] = {
    "status": (
        "Show which keys protect stored credentials, and whether they open them right now.",
        None,
    ),
    "rewrap": (
        (
            "Wrap the data keys anew by the key that is configured now. Stored credentials stay as"
            " they are. It can be stopped and goes on where it was."
        ),
        _add_rewrap,
    ),
    "key": ("Print a fresh key for CREDENTIALS_KEYS, to be put before the others.", _add_key),
}
