"""Founding organisations and joining them."""

from django.db import transaction

from apps.accounts.models import User
from apps.audit.services import events
from apps.kernel.errors import Conflict, Invalid
from apps.spaces.models import (
    Membership,
    Organisation,
    OrganisationRole,
    Space,
    SpaceKind,
    SpaceRole,
)
from apps.spaces.services import grants


@transaction.atomic
def found(*, name: str, by: events.By = events.SYSTEM) -> Organisation:
    """A new organisation with its root space."""
    organisation = Organisation.objects.create(name=name)
    root = Space.objects.create(
        organisation=organisation, kind=SpaceKind.ORGANISATION, name=name, parent=None
    )
    grants.create_role_groups(space=root)
    events.record(
        action="organisation.found",
        by=by,
        object_type="organisation",
        object_ids=[organisation.public_id],
    )
    return organisation


@transaction.atomic
def join(
    *,
    organisation: Organisation,
    person: User,
    role: str = OrganisationRole.MEMBER,
    by: events.By = events.SYSTEM,
) -> Space:
    """Make a person a member who reads the organisation space; returns the personal space.

    Raises:
        Invalid: not a person.
        Conflict: the person belongs to an organisation already.
    """
    if person.is_agent:
        raise Invalid("Agents belong where their owner belongs.")
    if Membership.objects.filter(person=person).exists():
        raise Conflict(f"{person.name} belongs to an organisation already.")
    Membership.objects.create(organisation=organisation, person=person, role=role)
    root = root_of(organisation)
    personal = Space.objects.create(
        organisation=organisation,
        kind=SpaceKind.PERSONAL,
        name=f"{person.name} (personal)",
        parent=root,
        person=person,
    )
    grants.grant(space=root, person=person, role=SpaceRole.VIEWER, by=by)
    return personal


def root_of(organisation: Organisation) -> Space:
    """The organisation's own space, the root of its tree."""
    root: Space = Space.objects.get(organisation=organisation, kind=SpaceKind.ORGANISATION)
    return root
