"""`manage.py sso`: providers, and which of their groups give which roles."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.audit.services.events import By
from apps.identity.core.mapping import ORGANISATION_ROLES, SPACE_ROLES
from apps.identity.models import SCIM, GroupMapping
from apps.identity.services import mappings
from apps.kernel.management.parted import told_in_a_sentence
from apps.spaces.management import choosing
from apps.spaces.models import Organisation, Space


class Command(BaseCommand):
    help = "Show identity providers; list, add and remove mappings from their groups to roles."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("providers", help="what SSO_PROVIDERS configures, without secrets")
        listing = verbs.add_parser("mappings", help="list the mappings of an organisation")
        adding = verbs.add_parser("map", help="give members of a group roles")
        adding.add_argument("group", help="name or id as the provider sends it; * for everybody")
        adding.add_argument("--source", default="", help="id of a provider, or scim; default: all")
        adding.add_argument("--role", default="member", choices=ORGANISATION_ROLES,
                            help="in the organisation (default: member)")  # fmt: skip
        adding.add_argument("--space", default="", help="name of a shared space")
        adding.add_argument("--space-role", default="", choices=SPACE_ROLES,
                            help="in that space; needed with --space")  # fmt: skip
        adding.add_argument("--replaces", action="store_true",
                            help="also replace a role that somebody gave by hand")  # fmt: skip
        removing = verbs.add_parser("unmap", help="remove a mapping by its number")
        removing.add_argument("number", type=int, help="as `sso mappings` lists it")
        for each in (listing, adding, removing):
            each.add_argument("--organisation", help=choosing.ONE)

    def handle(self, *args: Any, **options: Any) -> None:
        with told_in_a_sentence():
            getattr(self, f"_{options['verb']}")(**options)

    def _providers(self, **_: Any) -> None:
        for each in settings.SSO:
            place = each.organisation or "the only organisation"
            self.stdout.write(
                f"{each.id}  {each.kind}  {each.name}  {' '.join(each.domains)}  -> {place}"
            )
        if not settings.SSO:
            self.stdout.write("No provider: see docs/howto/single-sign-on.md.")

    def _mappings(self, organisation: str | None, **_: Any) -> None:
        rows = GroupMapping.objects.filter(organisation=choosing.organisation(organisation))
        for row in rows.select_related("space"):
            place = f", {row.space_role} of {row.space}" if row.space else ""
            source = row.source or "any"
            self.stdout.write(f"{row.pk}  {source}: {row.group} -> {row.organisation_role}{place}")
        if not rows:
            self.stdout.write("No mappings: nobody new gets in.")

    def _map(self, organisation: str | None, source: str, **options: Any) -> None:
        chosen = choosing.organisation(organisation)
        known = {each.id for each in settings.SSO} | {"", SCIM}
        if source not in known:
            raise CommandError(f"--source must be one of: {', '.join(sorted(known - {''}))}.")
        named = options["space"]
        wish = mappings.Wish(
            group=options["group"],
            source=source,
            organisation_role=options["role"],
            space=_shared(chosen, named) if named else None,
            space_role=options["space_role"],
            replaces=options["replaces"],
        )
        row = mappings.add(organisation=chosen, wish=wish, by=By(organisation=chosen.public_id))
        self.stdout.write(f"mapping {row.pk}: {row}")

    def _unmap(self, organisation: str | None, number: int, **_: Any) -> None:
        chosen = choosing.organisation(organisation)
        row = GroupMapping.objects.filter(organisation=chosen, pk=number).first()
        if row is None:
            raise CommandError(f"{chosen.name} has no mapping {number}.")
        mappings.remove(mapping=row, by=By(organisation=chosen.public_id))
        self.stdout.write(f"removed mapping {number}: {row}")


def _shared(organisation: Organisation, name: str) -> Space:
    """The shared space of that name; the organisation's own goes by its name, too."""
    rows = Space.objects.filter(organisation=organisation, name=name).exclude(kind="personal")
    found: Space | None = rows.order_by("kind").first()
    if found is None:
        raise CommandError(f"{organisation.name} has no shared space {name!r}.")
    return found
