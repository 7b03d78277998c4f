"""`manage.py break_glass`: one administrator with a password, for a while."""

import secrets
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand

from apps.accounts.management import people
from apps.accounts.models import User
from apps.identity.services import break_glass
from apps.kernel.management.parted import told_in_a_sentence


class Command(BaseCommand):
    help = (
        "Let one administrator sign in with a password for a limited time, when single sign-on "
        "does not work and SOCIALACCOUNT_ONLY is on. Audited and logged as critical."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        opening = verbs.add_parser("open", help="start; shows a new password this once")
        opening.add_argument("--minutes", type=int, default=60, help="up to 1440 (default: 60)")
        opening.add_argument("--reason", required=True, help="kept with it, not in the audit")
        opening.add_argument("--keep-password", action="store_true", help="make no new password")
        ending = verbs.add_parser("end", help="end it now, with the sessions it opened")
        for each in (opening, ending):
            each.add_argument("email", help="or id of the administrator")

    def handle(self, *args: Any, **options: Any) -> None:
        person = people.named(options["email"])
        with told_in_a_sentence():
            getattr(self, f"_{options['verb']}")(person, **options)

    def _open(self, person: User, *, minutes: int, reason: str, **options: Any) -> None:
        password = None if options["keep_password"] else secrets.token_urlsafe(18)
        opened = break_glass.open_for(
            person=person, lasting=timedelta(minutes=minutes), reason=reason, password=password
        )
        told = f"\n  password, shown this once: {password}" if password else ""
        ends = f"{opened.until:%Y-%m-%d %H:%M} UTC"
        self.stdout.write(f"{person.email} may sign in at /desk/login/?local until {ends}{told}")

    def _end(self, person: User, **_: Any) -> None:
        count = break_glass.end(person=person)
        self.stdout.write("ended" if count else "it was not open")
