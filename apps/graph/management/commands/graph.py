"""`manage.py graph`: types of relations, and reading everything again."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.graph.services import pending, types
from apps.kernel.management.parted import told_in_a_sentence
from apps.spaces.management import choosing


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
        rereads.add_argument("--organisation", help=choosing.EVERY)
        each = verbs.add_parser("types", help=told, description=told)
        each.add_argument("name", nargs="?", help="the type to change; all are listed without")
        each.add_argument("--organisation", help=choosing.ONE)
        what = each.add_mutually_exclusive_group()
        what.add_argument("--one", action="store_true", help="a subject has one object at a time")
        what.add_argument("--several", action="store_true", help="any number of them")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the subcommand."""
        with told_in_a_sentence():
            getattr(self, f"_{options['verb']}")(options)

    def _reread(self, options: dict[str, Any]) -> None:
        for organisation in choosing.organisations(options["organisation"]):
            noted = pending.note_all(organisation.pk)
            self.stdout.write(f"{organisation}: {noted:,} memories and sections will be read again")

    def _types(self, options: dict[str, Any]) -> None:
        name, chosen = options["name"], options["one"] or options["several"]
        if bool(name) != chosen:
            raise CommandError("Give a type and --one or --several, or neither to list them.")
        if name:
            organisation = choosing.organisation(options["organisation"])
            types.set_functional(organisation=organisation, name=name, functional=options["one"])
        for organisation in choosing.organisations(options["organisation"]):
            self.stdout.write(f"{organisation}")
            for row in types.of(organisation.pk):
                self.stdout.write(f"  {row.name}: {'one' if row.functional else 'several'}")
