"""`manage.py database`: roles of the hub's processes, and row-level security."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.kernel.isolation import applying
from apps.kernel.isolation.roles import LEAKPROOF, VECTOR, creation


class Command(BaseCommand):
    help = (
        "Make the database roles and bring row-level security up to date (roles), or print the SQL"
        " for somebody who may make roles (sql). Run it as the owner of the tables."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser(
            "roles", help="Make what is missing; prints the SQL when this login may not."
        )
        actions.add_parser(
            "sql",
            help="Print what a superuser runs once, in the hub's database: roles, pgvector.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "sql":
            self.stdout.write(_for_a_superuser())
            return
        applying.create_roles()
        changed = applying.apply()
        if missing := applying.missing_roles():
            self.stdout.write(_for_a_superuser())
            raise CommandError(
                f"This login may not make roles: {', '.join(missing)}. Have the SQL above run by"
                " somebody who may, then run this again."
            )
        self.stdout.write(
            "roles and policies " + ("brought up to date" if changed else "are there")
        )
        if not applying.unleaking():
            self.stdout.write(
                "word searches are slow until a superuser runs, in this database:" + LEAKPROOF
            )


def _for_a_superuser() -> str:
    return creation(applying.owner()) + VECTOR + LEAKPROOF
