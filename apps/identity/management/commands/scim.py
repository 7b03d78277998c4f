"""`manage.py scim`: credentials of directories."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.audit.services.events import By
from apps.identity.models import ScimToken
from apps.identity.services import scim_tokens
from apps.kernel import clock
from apps.kernel.management.parted import told_in_a_sentence
from apps.spaces.management import choosing


class Command(BaseCommand):
    help = "Make, list and revoke the tokens by which directories push users and groups."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        making = verbs.add_parser("token", help="a new token; it is shown this once")
        making.add_argument("name", help="what it is for, as in Okta")
        making.add_argument("--days", type=int, default=None, help="until it expires")
        listing = verbs.add_parser("tokens", help="list them, without secrets")
        ending = verbs.add_parser("revoke", help="stop a token at once")
        ending.add_argument("number", type=int, help="as `scim tokens` lists it")
        for each in (making, listing, ending):
            each.add_argument("--organisation", help=choosing.ONE)

    def handle(self, *args: Any, **options: Any) -> None:
        with told_in_a_sentence():
            getattr(self, f"_{options['verb']}")(**options)

    def _token(self, organisation: str | None, name: str, days: int | None, **_: Any) -> None:
        chosen = choosing.organisation(organisation)
        expires = clock.now() + timedelta(days=days) if days is not None else None
        token, plain = scim_tokens.issue(
            organisation=chosen, name=name, by=By(organisation=chosen.public_id), expires_at=expires
        )
        self.stdout.write(f"token {token.pk} for {chosen.name}, shown this once:\n  {plain}")

    def _tokens(self, organisation: str | None, **_: Any) -> None:
        rows = ScimToken.objects.filter(organisation=choosing.organisation(organisation))
        for row in rows.order_by("pk"):
            state = "revoked" if row.revoked_at else f"expires {row.expires_at or 'never'}"
            used = row.last_used_at or "never"
            self.stdout.write(f"{row.pk}  {row}  {state}, last used {used}")

    def _revoke(self, organisation: str | None, number: int, **_: Any) -> None:
        chosen = choosing.organisation(organisation)
        row = ScimToken.objects.filter(organisation=chosen, pk=number).first()
        if row is None:
            raise CommandError(f"{chosen.name} has no token {number}.")
        scim_tokens.revoke(token=row, by=By(organisation=chosen.public_id))
        self.stdout.write(f"revoked {row}")
