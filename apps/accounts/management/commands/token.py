"""`manage.py token`: a token for somebody whom the desk does not let in."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand

from apps.accounts.actors import of_user
from apps.accounts.management import people
from apps.accounts.models import Scope, User
from apps.accounts.services import tokens, users
from apps.audit.services import events
from apps.kernel import clock
from apps.kernel.errors import Invalid
from apps.kernel.management.parted import told_in_a_sentence

_LONGEST_NAME = 120
_MOST_DAYS = 3650


class Command(BaseCommand):
    help = (
        "Make a token for a person, or for an agent of theirs. People do so themselves at the desk,"
        " which opens for who reviews, administers or audits; this is for all others. On record;"
        " the secret is shown this once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("email", help="or id of the person, who answers for what the token does")
        add("--agent", default="", help="one of their agents, made when there is none of that name;"
            " left out, the token is the person's own")  # fmt: skip
        add("--name", default="made by hand", help="what the token is for (default: %(default)s)")
        add("--scope", action="append", choices=Scope.values,
            help="what it may do, may be given again; agents only read and write, which are"
            " the default")  # fmt: skip
        add("--days", type=int, default=90,
            help=f"until it ends, 1 to {_MOST_DAYS} (default: %(default)s)")  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        with told_in_a_sentence():
            user, plain = _issue(options)
        told = f"agent {user.name} of {options['email']}" if user.is_agent else options["email"]
        self.stdout.write(f"token for {told}, shown this once:\n  {plain}")


def _issue(options: dict[str, Any]) -> tuple[User, str]:
    if not 1 <= options["days"] <= _MOST_DAYS:
        raise Invalid(f"--days must lie between 1 and {_MOST_DAYS}.")
    if max(len(options["agent"]), len(options["name"])) > _LONGEST_NAME:
        raise Invalid(f"A name has at most {_LONGEST_NAME} characters.")
    person = people.named(options["email"])
    by = events.By(organisation=of_user(person).by.organisation)
    user = _agent(person, options["agent"], by) if options["agent"] else person
    expires = clock.now() + timedelta(days=options["days"])
    scopes = options["scope"] or [Scope.READ, Scope.WRITE]
    _, plain = tokens.issue(
        user=user, name=options["name"], scopes=scopes, expires_at=expires, by=by
    )
    return user, plain


def _agent(person: User, name: str, by: events.By) -> User:
    known: User | None = User.objects.filter(owner=person, name=name).first()
    return known or users.create_agent(owner=person, name=name, by=by)
