"""`manage.py import`: a file of `manage.py export`, or JSON lines made by hand."""  # noqa: N999

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand

from apps.accounts import actors
from apps.accounts.management import people
from apps.governance.services import imports, reading
from apps.kernel.management.parted import told_in_a_sentence


class Command(BaseCommand):
    help = (
        "Write the memories of a file into one space, as the words of who imports. Every line is"
        " checked before the first is written; what is there already stays as it is, so that a"
        " second import changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="JSON lines")
        parser.add_argument(
            "--as", dest="actor", metavar="EMAIL", required=True, help="who imports"
        )
        parser.add_argument("--space", type=UUID, help="id; the person's own when left out")

    def handle(self, *args: Any, **options: Any) -> None:
        person = people.named(options["actor"])
        with told_in_a_sentence():
            with options["file"].open(encoding="utf-8", newline="\n") as file:
                lines, skipped = reading.read(file)
            done = imports.bring_in(
                actor=actors.of_user(person), lines=lines, space=options["space"], skipped=skipped
            )
        self.stdout.write(
            f"{done.created:,} memories are new, {done.present:,} were there,"
            f" {done.skipped:,} other records were left out."
        )
