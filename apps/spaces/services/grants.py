"""Who may do what in a space: roles are groups, and groups hold guardian's grants."""

from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Count, QuerySet

from apps.accounts.models import User
from apps.audit.services import events
from apps.kernel.errors import Conflict, Invalid
from apps.spaces.models import (
    ROLE_PERMISSIONS,
    Membership,
    OrganisationRole,
    Space,
    SpaceGroupPermission,
    SpaceKind,
    SpaceRole,
)
from apps.spaces.services import writing


def create_role_groups(*, space: Space) -> None:
    """One group per role with its permissions on the space."""
    permissions = {
        permission.codename: permission
        for permission in Permission.objects.filter(
            content_type__app_label="spaces", content_type__model="space"
        )
    }
    for role, codenames in ROLE_PERMISSIONS.items():
        group = Group.objects.create(name=_group_name(space, role))
        SpaceGroupPermission.objects.bulk_create(
            SpaceGroupPermission(group=group, permission=permissions[code], content_object=space)
            for code in codenames
        )


@transaction.atomic
def grant(*, space: Space, person: User, role: str, by: events.By) -> None:
    """Give a person exactly this role in the space.

    Raises:
        Invalid: a personal space, an agent, an unknown role or somebody of another organisation.
        ReadOnly: the space or its organisation takes no writes.
        Conflict: the space would lose its last curator, and no administrator asks for that.
    """
    _check(space, person, role)
    writing.check_open(space)
    _keep_a_curator(space, person, role, by)
    User.objects.select_for_update().get(pk=person.pk)  # two grants at once would leave two roles
    _leave_groups(space, person)
    Group.objects.get(name=_group_name(space, role)).user_set.add(person)
    _record("space.grant", space, person, by, role)


@transaction.atomic
def withdraw(*, space: Space, person: User, by: events.By) -> None:
    """Take every role in the space from a person; withdrawing nothing is fine.

    The hub itself, acting for a directory, takes access away where nothing else may be written.

    Raises:
        ReadOnly: the space or its organisation takes no writes.
        Conflict: the space would lose its last curator, and no administrator asks for that.
    """
    if by.owner is not None:
        writing.check_open(space)
    _keep_a_curator(space, person, "", by)
    _leave_groups(space, person)
    _record("space.withdraw", space, person, by, "")


def members(space: Space) -> list[tuple[User, str]]:
    """(person, role) pairs of a space, by name."""
    roles = {_group_name(space, role): role for role in ROLE_PERMISSIONS}
    rows = User.objects.filter(groups__name__in=roles).values_list("pk", "groups__name")
    by_id = {pk: roles[name] for pk, name in rows if name in roles}
    people = User.objects.filter(pk__in=by_id).order_by("name", "pk")
    return [(person, by_id[person.pk]) for person in people]


def readers(space_ids: Iterable[int]) -> dict[int, int]:
    """How many people a space is shared with, by row id; a space without any is absent."""
    reading = _granted(space_ids, "read_space").values("content_object_id")
    return dict(
        reading.annotate(people=Count("group__user", distinct=True)).values_list(
            "content_object_id", "people"
        )
    )


def reviewers(space: Space) -> QuerySet[User]:
    """Active people who review a space, by name."""
    groups = _granted([space.pk], "review_space").values("group")
    people: QuerySet[User] = User.objects.filter(groups__in=groups, is_active=True)
    return people.distinct().order_by("name", "pk")


def _granted(space_ids: Iterable[int], codename: str) -> QuerySet[SpaceGroupPermission]:
    return SpaceGroupPermission.objects.filter(
        content_object__in=list(space_ids), permission__codename=codename
    )


def _check(space: Space, person: User, role: str) -> None:
    if role not in ROLE_PERMISSIONS:
        raise Invalid(f"role must be one of: {', '.join(ROLE_PERMISSIONS)}.", attr="role")
    if space.kind == SpaceKind.PERSONAL:
        raise Invalid("A personal space is shared with nobody.", attr="space")
    if person.is_agent:
        raise Invalid("Agents see what their owner sees; grant the owner.", attr="person")
    belongs = Membership.objects.filter(person=person, organisation_id=space.organisation_id)
    if not belongs.exists():
        raise Invalid("That person does not belong to this organisation.", attr="person")


def _keep_a_curator(space: Space, person: User, role: str, by: events.By) -> None:
    """Nobody but an administrator (or the hub itself) leaves a space without a curator."""
    Space.objects.select_for_update(no_key=True).get(pk=space.pk)  # two who remove each other
    curators = User.objects.filter(groups__name=_group_name(space, SpaceRole.CURATOR))
    if role == SpaceRole.CURATOR or not curators.filter(pk=person.pk).exists():
        return
    if not curators.filter(is_active=True).exclude(pk=person.pk).exists() and not _rules(space, by):
        raise Conflict(
            "A space keeps its last curator; name another one first or ask an administrator."
        )


def _rules(space: Space, by: events.By) -> bool:
    """Whether `by` is an administrator of the space's organisation, or the hub itself."""
    return by.owner is None or (
        Membership.objects.filter(
            organisation_id=space.organisation_id,
            person__public_id=by.owner,
            role=OrganisationRole.ADMIN,
        ).exists()
    )


def _leave_groups(space: Space, person: User) -> None:
    names = [_group_name(space, role) for role in ROLE_PERMISSIONS]
    person.groups.remove(*Group.objects.filter(name__in=names))


def _record(action: str, space: Space, person: User, by: events.By, role: str) -> None:
    events.record(
        action=action,
        by=by,
        space=space.public_id,
        object_type="user",
        object_ids=[person.public_id],
        detail={"role": role},
    )


def _group_name(space: Space, role: str) -> str:
    return f"space:{space.public_id}:{role}"
