"""`manage.py graph`: types of relations, and reading everything again."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.graph.services import pending, types
from apps.kernel.errors import Error
from apps.spaces.models import Organisation


class Command(BaseCommand):
    help = (
        "The graph. `types` lists types of relations; `types located_in --several` lets a subject"
        " have several objects of it at a time, `--one` makes claims of two at once contradict each"
        " other and wait for a reviewer. `reread` reads all shared memories again, as after a"
        " language model was configured."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        told = "List types of relations, or say what one means."
        again = "Note all shared memories; the worker reads them."
        rereads = verbs.add_parser("reread", help=again, description=again)
        rereads.add_argument("--organisation", help="its name or id; all of them without")
        each = verbs.add_parser("types", help=told, description=told)
        each.add_argument("name", nargs="?", help="the type to change; all are listed without")
        each.add_argument("--organisation", help="its name or id; needed where there are several")
        what = each.add_mutually_exclusive_group()
        what.add_argument("--one", action="store_true", help="a subject has one object at a time")
        what.add_argument("--several", action="store_true", help="any number of them")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the subcommand."""
        getattr(self, f"_{options['verb']}")(options)

    def _reread(self, options: dict[str, Any]) -> None:
        for organisation in self._organisations(options["organisation"]):
            noted = pending.note_all(organisation.pk)
            self.stdout.write(f"{organisation}: {noted:,} memories and sections will be read again")

    def _types(self, options: dict[str, Any]) -> None:
        name, chosen = options["name"], options["one"] or options["several"]
        if bool(name) != chosen:
            raise CommandError("Give a type and --one or --several, or neither to list them.")
        found = self._organisations(options["organisation"])
        if name:
            self._set(found, name, functional=options["one"])
        for organisation in found:
            self.stdout.write(f"{organisation}")
            for row in types.of(organisation.pk):
                self.stdout.write(f"  {row.name}: {'one' if row.functional else 'several'}")

    def _set(self, found: list[Organisation], name: str, *, functional: bool) -> None:
        if len(found) > 1:
            raise CommandError("Say with --organisation which one's types to change.")
        try:
            types.set_functional(organisation=found[0], name=name, functional=functional)
        except Error as error:
            raise CommandError(error.detail) from error

    def _organisations(self, asked: str | None) -> list[Organisation]:
        rows = list(Organisation.objects.order_by("name", "pk"))
        found = [row for row in rows if not asked or asked in (row.name, str(row.public_id))]
        if not found:
            raise CommandError(f"There is no organisation {asked!r}." if asked else "None yet.")
        return found
