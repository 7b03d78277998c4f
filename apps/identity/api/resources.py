"""People and groups as SCIM resources, and back."""

from typing import Any, TypeVar

from scim2_models import (
    Context,
    EnterpriseUser,
    Group,
    GroupMember,
    ListResponse,
    Meta,
    PatchOp,
    Resource,
    User,
)

from apps.accounts.models import User as Person
from apps.identity.api.protocol import LENIENT
from apps.identity.models import DirectoryGroup, DirectoryPerson
from apps.identity.services import groups, people

ScimUser = User[EnterpriseUser]
R = TypeVar("R", bound=Resource[Any])


def of_person(person: Person, base: str) -> Any:
    """A person; `base` is the address of /scim/v2."""
    kept: DirectoryPerson | None = getattr(person, "directory", None)
    name = {
        "formatted": person.name,
        "givenName": kept.given_name if kept else "",
        "familyName": kept.family_name if kept else "",
    }
    members = [
        {"value": str(group.public_id), "display": group.display_name, "type": "direct"}
        for group in person.directory_groups.all()
    ]
    return ScimUser.model_validate(
        {
            "schemas": [str(User.__schema__)],
            "id": str(person.public_id),
            "externalId": (kept.external_id if kept else "") or None,
            "userName": (kept.user_name if kept else "") or person.email,
            "displayName": person.name,
            "name": {key: value for key, value in name.items() if value},
            "active": person.is_active,
            "emails": [{"value": person.email, "type": "work", "primary": True}],
            "groups": members or None,
            "meta": _meta("User", person.public_id, kept or person, base),
        }
    )


def described_person(resource: Any, before: Any | None = None) -> people.Described:
    """What a resource says of a person; `before` tells which of several names was changed."""
    user_name = (resource.user_name or "").strip()
    name = resource.name
    given, family = (getattr(name, part, None) or "" for part in ("given_name", "family_name"))
    return people.Described(
        user_name=user_name,
        email=_email(resource, before, user_name),
        name=_name(resource, before, given, family) or user_name.partition("@")[0],
        given_name=given[:120],
        family_name=family[:120],
        external_id=resource.external_id or "",
        active=resource.active is not False,
    )


def of_group(group: DirectoryGroup, base: str, *, members: bool = True) -> Any:
    """A group; `base` is the address of /scim/v2. Without `members` they are not read."""
    rows = group.members.order_by("pk").values_list("public_id", "name") if members else ()
    resource = Group(
        display_name=group.display_name,
        external_id=group.external_id or None,
        members=[
            GroupMember.model_validate({"value": str(public_id), "display": name})
            for public_id, name in rows
        ],
    )
    resource.id = str(group.public_id)
    resource.meta = _meta("Group", group.public_id, group, base)
    return resource


def described_group(resource: Any) -> groups.Described:
    """What a resource says of a group."""
    return groups.Described(
        display_name=(resource.display_name or "").strip(),
        external_id=resource.external_id or "",
        members=frozenset(member.value for member in resource.members or [] if member.value),
    )


def patched(kind: type[R], resource: R, body: Any) -> R:
    """A copy of the resource after the operations of a PATCH request."""
    operations = PatchOp[kind].model_validate(  # type: ignore[valid-type]
        body, scim_ctx=Context.RESOURCE_PATCH_REQUEST, scim_policy=LENIENT
    )
    after = resource.model_copy(deep=True)
    operations.patch(after, scim_policy=LENIENT)
    return after


def shown(resource: Any) -> dict[str, Any]:
    """The resource as JSON of an answer."""
    answer: dict[str, Any] = resource.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE)
    return answer


def page(items: list[dict[str, Any]], *, total: int, start: int) -> dict[str, Any]:
    """A list response around resources that are JSON already."""
    return {
        "schemas": [str(ListResponse.__schema__)],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": len(items),
        "Resources": items,
    }


def _meta(kind: str, public_id: object, row: Any, base: str) -> Meta:
    changed = getattr(row, "updated_at", row.created_at)
    return Meta(
        resource_type=kind,
        created=row.created_at,
        last_modified=changed,
        location=f"{base}/{kind}s/{public_id}",
        version=f'W/"{changed.timestamp():.6f}"',
    )


def _email(resource: Any, before: Any | None, user_name: str) -> str:
    """The primary address, else the one for work, else the first, else a user name that is one."""
    listed = [each for each in resource.emails or [] if each.value]
    listed.sort(key=lambda each: (each.primary is not True, each.type != "work"))
    if before is not None and before.emails and listed:
        changed = [each for each in listed if each.value != before.emails[0].value]
        listed = [*(each for each in changed if each.primary or each.type == "work"), *listed]
    address = listed[0].value if listed else user_name if "@" in user_name else ""
    return str(address).strip().lower()


def _name(resource: Any, before: Any | None, given: str, family: str) -> str:
    """The name to show: of several, the one that was changed."""
    parts = " ".join(part for part in (given, family) if part)
    formatted = resource.name.formatted if resource.name else None
    options = [resource.display_name, formatted, parts]
    if before is not None:
        kept = before.name
        held = " ".join(part for part in (kept.given_name, kept.family_name) if part)
        old = [before.display_name, kept.formatted, held]
        changed = [new for new, was in zip(options, old, strict=True) if new and new != was]
        options = [*changed, *options]
    return next((option for option in options if option), "")[:120]
