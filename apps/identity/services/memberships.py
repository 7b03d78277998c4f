"""Giving people the roles that their groups stand for, and taking back what they no longer do."""

from collections.abc import Iterable, Mapping

from django.db import transaction

from apps.accounts.models import User
from apps.audit.services import events
from apps.identity.core import mapping
from apps.identity.models import DirectoryPerson, GroupMapping, ManagedGrant
from apps.kernel.errors import ReadOnly
from apps.spaces.models import Membership, Organisation, OrganisationRole, Space, SpaceRole
from apps.spaces.services import grants, organisations


def wanted(*, organisation: Organisation, source: str, groups: Iterable[str]) -> mapping.Wanted:
    """What the organisation's mappings give to somebody in these groups."""
    rows = GroupMapping.objects.of(organisation.pk, source)
    return mapping.wanted(map(_rule, rows), groups)


def join(*, organisation: Organisation, person: User, source: str) -> DirectoryPerson:
    """Make somebody a member of the organisation, on the word of `source`, and mark that."""
    organisations.join(organisation=organisation, person=person, by=_by(organisation))
    kept, _ = DirectoryPerson.objects.get_or_create(
        person=person, defaults={"organisation": organisation, "made_by": source}
    )
    return kept


@transaction.atomic
def apply(
    *, organisation: Organisation, person: User, source: str, groups: Iterable[str]
) -> mapping.Wanted:
    """Bring a member's roles in line with the groups that `source` names; returns what it gives.

    Roles given by hand stay, unless a mapping replaces them. In a space that is read-only access
    is taken, never given.
    """
    User.objects.select_for_update().get(pk=person.pk)  # two sign-ins of one person at once
    want = wanted(organisation=organisation, source=source, groups=groups)
    marks = ManagedGrant.objects.filter(person=person)
    given = {(mark.source, mark.space_id): mark.role for mark in marks}
    _organisation_role(organisation, person, source, want, given)
    root = organisations.root_of(organisation)
    standing = mapping.Standing(
        roles=_roles(organisation, person),
        given={(who, space): role for (who, space), role in given.items() if space is not None},
        base={root.pk: SpaceRole.VIEWER},
    )
    plan = mapping.plan(source, want, standing)
    refused = _carry_out(organisation, person, plan, standing.roles)
    kept = {space: given[source, space] for space in refused if (source, space) in given}
    _mark(person, source, {k: v for k, v in plan.given.items() if k not in refused} | kept)
    return want


def _organisation_role(
    organisation: Organisation,
    person: User,
    source: str,
    want: mapping.Wanted,
    given: Mapping[tuple[str, int | None], str],
) -> None:
    """The role in the organisation; one above member that has no mark was given by hand."""
    member = Membership.objects.select_for_update().get(person=person, organisation=organisation)
    marks = {who: role for (who, space), role in given.items() if space is None}
    if not marks and member.role != OrganisationRole.MEMBER:
        return
    marks.pop(source, None)
    if want.organisation_role:
        marks[source] = want.organisation_role
    role = str(OrganisationRole.MEMBER)
    for other in marks.values():
        role = mapping.stronger(role, other, mapping.ORGANISATION_ROLES)
    _mark_organisation(person, source, want.organisation_role)
    if role != member.role:
        was, member.role = member.role, role
        member.save(update_fields=["role"])
        events.record(
            action="organisation.role",
            by=_by(organisation),
            object_type="user",
            object_ids=[person.public_id],
            detail={"role": role, "was": was, "source": source},
        )


def _carry_out(
    organisation: Organisation, person: User, plan: mapping.Plan, roles: Mapping[int, str]
) -> set[int]:
    """Grants and withdrawals; returns the spaces that, being read-only, did not raise the role."""
    by, refused, taken = _by(organisation), set[int](), set(plan.withdrawals)
    touched = Space.objects.select_related("organisation").in_bulk([*plan.grants, *taken])
    for space_id, role in plan.grants.items():
        now = roles.get(space_id, "")
        try:
            grants.grant(space=touched[space_id], person=person, role=role, by=by)
        except ReadOnly:
            lowers = mapping.stronger(now, role, mapping.SPACE_ROLES) == now
            (taken if lowers else refused).add(space_id)
    for space_id in taken:
        grants.withdraw(space=touched[space_id], person=person, by=by)
    return refused


def _roles(organisation: Organisation, person: User) -> dict[int, str]:
    """Role by space, of all shared spaces of the organisation where the person has one."""
    groups = person.groups.filter(name__startswith="space:").values_list("name", flat=True)
    by_space = {name.split(":")[1]: name.split(":")[2] for name in groups}
    rows = Space.objects.filter(organisation=organisation, public_id__in=by_space)
    return {space.pk: by_space[str(space.public_id)] for space in rows}


def _mark(person: User, source: str, given: Mapping[int, str]) -> None:
    marks = ManagedGrant.objects.filter(person=person, source=source, space__isnull=False)
    marks.exclude(space_id__in=given).delete()
    for space_id, role in given.items():
        ManagedGrant.objects.update_or_create(
            person=person, source=source, space_id=space_id, defaults={"role": role}
        )


def _mark_organisation(person: User, source: str, role: str) -> None:
    if role:
        ManagedGrant.objects.update_or_create(
            person=person, source=source, space=None, defaults={"role": role}
        )
    else:
        ManagedGrant.objects.filter(person=person, source=source, space=None).delete()


def _rule(row: GroupMapping) -> mapping.Rule:
    return mapping.Rule(
        group=row.group,
        organisation_role=row.organisation_role,
        space=row.space_id,
        space_role=row.space_role,
        replaces=row.replaces,
    )


def _by(organisation: Organisation) -> events.By:
    """The hub itself, on behalf of an organisation's directory."""
    return events.By(organisation=organisation.public_id)
