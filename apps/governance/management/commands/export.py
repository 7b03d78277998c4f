"""`manage.py export`: a person's data or a space's, as JSON lines or Markdown."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.progress import TextColumn, TimeElapsedColumn

from apps.accounts import actors
from apps.accounts.management import people
from apps.governance.core import exchange
from apps.governance.services import exports
from apps.kernel.management.parted import told_in_a_sentence
from apps.kernel.management.terminal import bar
from apps.spaces.management import choosing


class Command(BaseCommand):
    help = (
        "Write everything of a person (`person EMAIL`), or everything in a space (`space ID --as"
        " EMAIL`, who manages and reads it), to a file that `manage.py import` reads. The last"
        " line counts and digests what is before it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("of", choices=["person", "space"])
        parser.add_argument("which", help="address of the person, or id or name of the space")
        parser.add_argument("--as", dest="actor", metavar="EMAIL", help="who exports the space")
        parser.add_argument(
            "--format",
            choices=["jsonl", "markdown"],
            default="jsonl",
            help="jsonl, which import reads, or markdown for people (default: %(default)s)",
        )
        parser.add_argument(
            "--out", type=Path, required=True, metavar="FILE", help="replaced if it exists"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with told_in_a_sentence():
            export = _export(options)
            count = self._write(export, options["out"], as_markdown=options["format"] == "markdown")
        self.stdout.write(f"Wrote {options['out']}: {count:,} lines of records.")

    def _write(self, export: exports.Export, out: Path, *, as_markdown: bool) -> int:
        draft = out.with_name(f"{out.name}.part")
        columns = (TextColumn("{task.completed:,.0f} records"), TimeElapsedColumn())
        count = 0
        with bar(self.stderr, *columns) as shown, draft.open("w", encoding="utf-8") as file:
            task = shown.add_task("", total=None)
            for record in export.records(limit=2**31):
                text = exchange.markdown(record) if as_markdown else exchange.line(record)
                file.write(f"{text}\n")
                count += 1
                shown.advance(task)
        draft.replace(out)
        return count


def _export(options: dict[str, Any]) -> exports.Export:
    if options["of"] == "person":
        return exports.of_person(actor=actors.of_user(people.named(options["which"])))
    if not options["actor"]:
        raise CommandError("Give --as EMAIL: who manages the space and reads it.")
    space, by = choosing.space(options["which"]), people.named(options["actor"])
    return exports.of_space(actor=actors.of_user(by), space=space)
