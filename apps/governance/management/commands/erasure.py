"""`manage.py erasure`: erase a person, verify a certificate, look for a string, compact tables."""

import json
import time
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError, CommandParser
from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn

from apps.accounts.management import people
from apps.audit.management.arguments import public_key
from apps.audit.services import keys
from apps.governance.core import certificates as core
from apps.governance.models import Erasure, JobState
from apps.governance.services import certificates, erasures, rehearsal, residue
from apps.kernel.errors import Invalid, NotFound
from apps.kernel.management.parted import Arguments, PartedCommand
from apps.spaces.models import Organisation

_PATIENCE = 1.0  # seconds between looks at a curation run that is under way


class Command(PartedCommand):
    help = (
        "A person's right to be forgotten: `person` erases everything of one person, `verify`"
        " checks a certificate without the database, `find` tells which tables hold a string,"
        " `compact` rewrites tables so that no file holds what was deleted."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        self.add_parts(parser, _PARTS)

    def _person(self, options: dict[str, Any]) -> None:
        person = people.named(options["who"])
        organisation = Organisation.objects.filter(spaces__person=person).first()
        if organisation is None:
            raise NotFound("The person belongs to no organisation; there is nothing to erase.")
        if options["dry_run"]:
            found = rehearsal.report(organisation, person)
            self.console.print(json.dumps(found, indent=2))
            self.console.print("Nothing was changed.")
            return
        if not options["reason"]:
            raise Invalid("Give --reason, which stands in the certificate, or --dry-run.")
        erasure = erasures.queue(organisation=organisation, person=person, reason=options["reason"])
        erasure = self._carried_out(erasure)
        self._tell(erasure, options["out"])

    def _carried_out(self, erasure: Erasure) -> Erasure:
        columns = (TextColumn("{task.description}"), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("waiting for a curation run to end", total=None)

            def told(step: str, done: int) -> None:
                progress.update(task, description=f"{step}: {done:,}")

            while erasure.state in {JobState.QUEUED, JobState.RUNNING}:
                erasure = erasures.execute(erasure_id=erasure.pk, told=told)
                if erasure.state in {JobState.QUEUED, JobState.RUNNING}:
                    time.sleep(_PATIENCE)
                    erasure.refresh_from_db()
        return erasure

    def _tell(self, erasure: Erasure, out: Path | None) -> None:
        if erasure.certificate is None:
            raise CommandError(f"The erasure failed: {erasure.error}")
        text = json.dumps(erasure.certificate, indent=2)
        if out is None:
            self.console.print(text)
            return
        out.write_text(text + "\n", encoding="utf-8")
        rows = sum(erasure.certificate["removed"].values())
        self.console.print(f"Erased {rows:,} rows. The certificate is in {out}.")

    def _verify(self, options: dict[str, Any]) -> None:
        known = {keys.id_of(public): public for public in options["public_key"]}
        text = options["file"].read_text(encoding="utf-8")
        certificate = certificates.verify(text, known or keys.trusted())
        rows = sum(certificate["removed"].values())
        self.console.print(
            f"The certificate is as it was signed: erasure {certificate['erasure']}, finished"
            f" {certificate['finished_at']}, {rows:,} rows. Audit event {certificate['event']}."
        )
        if options["person"] and core.subject(options["person"]) != certificate["subject"]:
            raise CommandError("It is about somebody else than that person.", returncode=1)

    def _find(self, options: dict[str, Any]) -> None:
        found = residue.tables_with(options["text"])
        for table, count in found.items():
            self.console.print(f"{table}: {count:,} rows")
        if not found:
            self.console.print("No table holds it.")

    def _compact(self, _options: dict[str, Any]) -> None:
        columns = (TextColumn("{task.description}"), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("", total=None)
            for table in residue.compact():
                progress.update(task, description=table)
        self.console.print(
            "Every table was rewritten. The write-ahead log, backups and replicas are not:"
            " docs/howto/erase-a-person.md says how they come clean."
        )


def _add_person(parser: CommandParser) -> None:
    add = parser.add_argument
    add("who", metavar="EMAIL", help="address or id of the person")
    add("--dry-run", action="store_true", help="count what would go, change nothing")
    add("--reason", default="", help="why, for the certificate; name nobody in it")
    add("--out", type=Path, metavar="FILE", help="write the certificate there; else it is printed")


def _add_verify(parser: CommandParser) -> None:
    add = parser.add_argument
    add("file", type=Path, metavar="FILE", help="the certificate")
    add(
        "--public-key",
        type=public_key,
        action="append",
        default=[],
        help="trusted key, as `audit key` shows it; the hub's own when left out",
    )
    add("--person", type=UUID, help="also check that it is about the person of this id")


def _add_find(parser: CommandParser) -> None:
    parser.add_argument("text", help="an exact string; every row of every table is read")


_PARTS: dict[str, tuple[str, Arguments | None]] = {
    "person": (
        (
            "Erase everything of one person and print a signed certificate. Ctrl-C leaves the rest"
            " to the worker."
        ),
        _add_person,
    ),
    "verify": (
        "Check a certificate; reads no database. Status 1 when it was changed.",
        _add_verify,
    ),
    "find": ("Name the tables that hold a string, in any column.", _add_find),
    "compact": (
        (
            "VACUUM FULL of all tables: takes each out of use while it is rewritten and needs room"
            " for a copy of the largest."
        ),
        None,
    ),
}
