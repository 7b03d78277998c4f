"""Groups as an organisation's directory pushes them; mappings turn them into roles at once."""

from collections.abc import Set
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.audit.services import events
from apps.identity.models import DirectoryGroup
from apps.identity.services import people
from apps.kernel.errors import Conflict, Invalid, NotFound
from apps.spaces.models import Organisation


@dataclass(frozen=True, slots=True)
class Described:
    """A group as the directory wants it; `members` are public ids of people."""

    display_name: str
    external_id: str = ""
    members: frozenset[str] = frozenset()


def found(*, organisation: Organisation, public_id: str) -> DirectoryGroup:
    """The group of that id.

    Raises:
        NotFound: none of this organisation's.
    """
    group = DirectoryGroup.objects.of(organisation.pk).filter(public_id=public_id).first()
    if group is None:
        raise NotFound("There is no such group.")
    return group


@transaction.atomic
def create(*, organisation: Organisation, described: Described, by: events.By) -> DirectoryGroup:
    """A new group with its members.

    Raises:
        Conflict: the name is taken.
        Invalid: a member who is none of the organisation's people.
    """
    _check(organisation, described, None)
    group = DirectoryGroup.objects.create(
        organisation=organisation,
        display_name=described.display_name,
        external_id=described.external_id,
    )
    _record("group.create", group, by)
    _set_members(organisation, group, described.members, renamed=False)
    return group


@transaction.atomic
def change(
    *, organisation: Organisation, group: DirectoryGroup, described: Described, by: events.By
) -> DirectoryGroup:
    """Name and members as the directory says now; see `create` for what it refuses."""
    group = DirectoryGroup.objects.select_for_update().get(pk=group.pk)
    _check(organisation, described, group)
    was = (group.display_name, group.external_id)
    group.display_name, group.external_id = described.display_name, described.external_id
    group.save()
    _record("group.change", group, by)
    renamed = was != (group.display_name, group.external_id)
    _set_members(organisation, group, described.members, renamed=renamed)
    return group


@transaction.atomic
def remove(*, organisation: Organisation, group: DirectoryGroup, by: events.By) -> None:
    """Gone, with all that it gave its members."""
    members = list(group.members.all())
    _record("group.remove", group, by)
    group.delete()
    for person in members:
        people.sync(organisation=organisation, person=person)


def _set_members(
    organisation: Organisation, group: DirectoryGroup, wanted: Set[str], *, renamed: bool
) -> None:
    """Only those who came or went are looked at again; all of them when the name changed."""
    before = {str(person.public_id): person for person in group.members.all()}
    coming = {str(each.public_id): each for each in _people(organisation, wanted - before.keys())}
    missing = wanted - before.keys() - coming.keys()
    if missing:
        raise Invalid(f"{len(missing)} members are no users of this organisation.", attr="members")
    going = {key: person for key, person in before.items() if key not in wanted}
    group.members.add(*coming.values())
    group.members.remove(*going.values())
    touched = {**coming, **going, **(before if renamed else {})}
    for person in touched.values():
        people.sync(organisation=organisation, person=person)


def _people(organisation: Organisation, public_ids: Set[str]) -> list[User]:
    known = [public_id for public_id in public_ids if _is_id(public_id)]
    return list(people.of(organisation).filter(public_id__in=known)) if known else []


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _check(organisation: Organisation, described: Described, group: DirectoryGroup | None) -> None:
    if not 0 < len(described.display_name) <= 256 or len(described.external_id) > 256:
        raise Invalid("displayName is needed; it and externalId may have 256 characters.",
                      attr="displayName")  # fmt: skip
    named = DirectoryGroup.objects.of(organisation.pk).filter(
        display_name__iexact=described.display_name
    )
    if any(other != group for other in named):
        raise Conflict("This displayName is taken.", attr="displayName")


def _record(action: str, group: DirectoryGroup, by: events.By) -> None:
    events.record(action=action, by=by, object_type="group", object_ids=[group.public_id])
