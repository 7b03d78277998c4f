"""Which groups give which roles: made and removed by administrators, in force at once."""

from dataclasses import dataclass

from django.db import transaction

from apps.accounts.models import User
from apps.audit.services import events
from apps.identity.core.mapping import ORGANISATION_ROLES, SPACE_ROLES
from apps.identity.models import SCIM, DirectoryGroup, GroupMapping, ManagedGrant
from apps.identity.services import people
from apps.kernel.errors import Conflict, Invalid
from apps.spaces.models import Organisation, Space, SpaceKind


@dataclass(frozen=True, slots=True)
class Wish:
    """A mapping as an administrator wants it; see `GroupMapping` for the fields."""

    group: str
    source: str = ""
    organisation_role: str = "member"
    space: Space | None = None
    space_role: str = ""
    replaces: bool = False


@transaction.atomic
def add(*, organisation: Organisation, wish: Wish, by: events.By) -> GroupMapping:
    """A new mapping. Groups pushed by SCIM give their members the roles at once, groups of a
    provider at the next sign-in.

    Raises:
        Invalid: an unknown role, a space of somebody else's, a role without its space.
        Conflict: this group has a mapping to this place already.
    """
    _check(organisation, wish)
    rows = GroupMapping.objects.filter(
        organisation=organisation, source=wish.source, group=wish.group, space=wish.space
    )
    if rows.exists():
        raise Conflict("This group has a mapping to this place already; remove it first.")
    mapping = GroupMapping.objects.create(
        organisation=organisation,
        source=wish.source,
        group=wish.group,
        organisation_role=wish.organisation_role,
        space=wish.space,
        space_role=wish.space_role,
        replaces=wish.replaces,
    )
    _record("mapping.add", mapping, by)
    _sync(organisation)
    return mapping


@transaction.atomic
def remove(*, mapping: GroupMapping, by: events.By) -> None:
    """The roles it gave by SCIM are gone at once, those given at a sign-in with the next one."""
    _record("mapping.remove", mapping, by)
    organisation = mapping.organisation
    mapping.delete()
    _sync(organisation)


def _check(organisation: Organisation, wish: Wish) -> None:
    if not 0 < len(wish.group) <= 256:
        raise Invalid("group must have 1 to 256 characters.", attr="group")
    if wish.organisation_role not in ORGANISATION_ROLES:
        raise Invalid(f"role must be one of: {', '.join(ORGANISATION_ROLES)}.", attr="role")
    if (wish.space is None) != (not wish.space_role):
        raise Invalid("A space and its role come together.", attr="space_role")
    if wish.space is None:
        return
    if wish.space_role not in SPACE_ROLES:
        raise Invalid(f"space_role must be one of: {', '.join(SPACE_ROLES)}.", attr="space_role")
    foreign = wish.space.organisation_id != organisation.pk
    if foreign or wish.space.kind == SpaceKind.PERSONAL:
        raise Invalid("The space must be a shared one of the organisation.", attr="space")


def _sync(organisation: Organisation) -> None:
    """Everybody whom the directory's groups concern, now or before."""
    grouped = DirectoryGroup.objects.filter(organisation=organisation).values("members")
    marked = ManagedGrant.objects.filter(source=SCIM).values("person")
    members = User.objects.filter(membership__organisation=organisation)
    for person in (members.filter(pk__in=grouped) | members.filter(pk__in=marked)).distinct():
        people.sync(organisation=organisation, person=person)


def _record(action: str, mapping: GroupMapping, by: events.By) -> None:
    events.record(
        action=action,
        by=by,
        space=mapping.space.public_id if mapping.space else None,
        object_type="mapping",
        object_ids=[mapping.public_id],
        detail={"role": mapping.organisation_role, "space_role": mapping.space_role},
    )
