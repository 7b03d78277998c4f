"""The tree of spaces: creating teams, placing people, reading who is whose parent."""

from django.db import transaction

from apps.accounts.models import User
from apps.audit.services import events
from apps.kernel.errors import Conflict, Invalid
from apps.spaces.models import Organisation, Space, SpaceKind, SpaceRole
from apps.spaces.services import grants, writing


@transaction.atomic
def create_team(
    *, organisation: Organisation, name: str, parent: Space, by: events.By = events.SYSTEM
) -> Space:
    """A team space below `parent`.

    Raises:
        Invalid: the parent is a personal space or of another organisation.
        Conflict: the organisation has a team of that name.
        ReadOnly: the parent or the organisation takes no writes.
    """
    if parent.kind == SpaceKind.PERSONAL or parent.organisation_id != organisation.pk:
        raise Invalid("A team sits below the organisation or another team.", attr="parent")
    writing.check_open(parent)
    if Space.objects.filter(organisation=organisation, kind=SpaceKind.TEAM, name=name).exists():
        raise Conflict("A team of this name exists already.", attr="name")
    team = Space.objects.create(
        organisation=organisation, kind=SpaceKind.TEAM, name=name, parent=parent
    )
    grants.create_role_groups(space=team)
    events.record(
        action="space.create",
        by=by,
        space=team.public_id,
        object_type="space",
        object_ids=[team.public_id],
    )
    return team


@transaction.atomic
def found_team(*, name: str, parent: Space, curator: User, by: events.By) -> Space:
    """A team space with its first curator; see `create_team` for what it refuses."""
    team = create_team(organisation=parent.organisation, name=name, parent=parent, by=by)
    settle(team=team, person=curator, role=SpaceRole.CURATOR, by=by)
    return team


@transaction.atomic
def settle(
    *, team: Space, person: User, role: str = SpaceRole.MEMBER, by: events.By = events.SYSTEM
) -> None:
    """Give a person a role in a team; the first team becomes the home of the personal space."""
    grants.grant(space=team, person=person, role=role, by=by)
    homeless = Space.objects.filter(
        person=person, kind=SpaceKind.PERSONAL, parent__kind=SpaceKind.ORGANISATION
    )
    homeless.update(parent=team)


def parents(organisation_id: int) -> dict[int, int | None]:
    """Parent id by space id for a whole organisation, in one query."""
    rows = Space.objects.filter(organisation_id=organisation_id).values_list("pk", "parent_id")
    return dict(rows)
