"""Finding what a command names, with a clear word when it is not there."""

from django.core.management.base import CommandError

from apps.audit.services.events import By
from apps.spaces.models import Organisation, Space


def organisation(name: str) -> Organisation:
    """The named organisation, or the only one.

    Raises:
        CommandError: there is none of that name, or several and no name.
    """
    rows = Organisation.objects.filter(name=name) if name else Organisation.objects.all()
    found = list(rows[:2])
    if len(found) != 1:
        known = ", ".join(Organisation.objects.order_by("name").values_list("name", flat=True))
        raise CommandError(f"Name one organisation with --organisation: {known or 'none yet'}.")
    return found[0]


def space(of: Organisation, name: str) -> Space:
    """The shared space of that name; the organisation's own goes by its name, too.

    Raises:
        CommandError: there is none.
    """
    rows = Space.objects.filter(organisation=of, name=name).exclude(kind="personal")
    found = rows.order_by("kind").first()
    if found is None:
        raise CommandError(f"{of.name} has no shared space {name!r}.")
    return found


def by(of: Organisation) -> By:
    """A command on the machine, for an organisation."""
    return By(organisation=of.public_id)
