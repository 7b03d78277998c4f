"""People as an organisation's directory pushes them by SCIM."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q, QuerySet

from apps.accounts.models import User
from apps.accounts.services import deactivation, users
from apps.audit.services import events
from apps.identity.models import SCIM, DirectoryGroup, DirectoryPerson
from apps.identity.services import memberships
from apps.kernel.errors import Conflict, Invalid, NotFound
from apps.spaces.models import Organisation


@dataclass(frozen=True, slots=True)
class Described:
    """A person as the directory wants them.

    Attributes:
        user_name: unique in the organisation in any case, up to 256 characters.
        email: where sign-ins are matched; lower case, unique in the hub.
        name: what others see, up to 120 characters.
        active: False stops the person, their agents and tokens at once.
    """

    user_name: str
    email: str
    name: str
    given_name: str = ""
    family_name: str = ""
    external_id: str = ""
    active: bool = True


def of(organisation: Organisation) -> QuerySet[User]:
    """People that the directory sees: members, except superusers and those it deleted."""
    people: QuerySet[User] = User.objects.filter(
        Q(directory__isnull=True) | Q(directory__hidden=False),
        kind="person",
        is_superuser=False,
        membership__organisation=organisation,
    )
    return people.select_related("directory").prefetch_related("directory_groups")


def found(*, organisation: Organisation, public_id: str) -> User:
    """The person of that id.

    Raises:
        NotFound: none of this organisation's.
    """
    person = of(organisation).filter(public_id=public_id).first()
    if person is None:
        raise NotFound("There is no such user.")
    return person


@transaction.atomic
def create(*, organisation: Organisation, described: Described, by: events.By) -> User:
    """A new member; somebody the directory deleted before comes back instead.

    Raises:
        Conflict: the name or address is taken, here or in another organisation.
    """
    _check(organisation, described, None)
    gone = User.objects.filter(
        email=described.email, directory__organisation=organisation, directory__hidden=True
    ).first()
    person = gone or users.create_person(email=described.email, name=described.name, by=by)
    if gone is None:
        memberships.join(organisation=organisation, person=person, source=SCIM)
    _write(organisation, person, described)
    _switch(person, described.active, by)
    sync(organisation=organisation, person=person)
    return found(organisation=organisation, public_id=str(person.public_id))


@transaction.atomic
def change(
    *, organisation: Organisation, person: User, described: Described, by: events.By
) -> User:
    """Bring a person in line with what the directory says now.

    Raises:
        Conflict: the name or address is somebody else's.
    """
    User.objects.select_for_update().get(pk=person.pk)
    _check(organisation, described, person)
    User.objects.filter(pk=person.pk).update(email=described.email, name=described.name)
    _write(organisation, person, described)
    events.record(action="person.change", by=by, object_type="user", object_ids=[person.public_id])
    _switch(person, described.active, by)
    return found(organisation=organisation, public_id=str(person.public_id))


@transaction.atomic
def remove(*, organisation: Organisation, person: User, by: events.By) -> None:
    """Deleted for the directory; here the person is switched off and keeps what they wrote."""
    person.directory_groups.clear()
    sync(organisation=organisation, person=person)
    kept = _kept(organisation, person)
    kept.hidden = True
    kept.save(update_fields=["hidden", "updated_at"])
    _switch(person, False, by)  # noqa: FBT003
    events.record(action="person.remove", by=by, object_type="user", object_ids=[person.public_id])


def _check(organisation: Organisation, described: Described, person: User | None) -> None:
    for name, limit in (("user_name", 256), ("external_id", 256), ("name", 120)):
        if len(getattr(described, name)) > limit:
            raise Invalid(f"{name} may have {limit} characters.", attr=name)
    if not described.email:
        raise Invalid("An e-mail address is needed, as emails or as userName.", attr="emails")
    own = person.pk if person else None
    named = DirectoryPerson.objects.shown_in(organisation.pk).exclude(person_id=own)
    if named.filter(user_name__iexact=described.user_name).exists():
        raise Conflict("This userName is taken.", attr="userName")
    taken = User.objects.filter(email=described.email).exclude(pk=own)
    if person is None:
        taken = taken.exclude(directory__organisation=organisation, directory__hidden=True)
    if taken.exists():
        raise Conflict("This e-mail address is taken.", attr="emails")


def _kept(organisation: Organisation, person: User) -> DirectoryPerson:
    kept, _ = DirectoryPerson.objects.get_or_create(
        person=person, defaults={"organisation": organisation}
    )
    return kept


def _write(organisation: Organisation, person: User, described: Described) -> None:
    kept = _kept(organisation, person)
    kept.hidden = False
    for name in ("user_name", "external_id", "given_name", "family_name"):
        setattr(kept, name, getattr(described, name))
    kept.save()


def _switch(person: User, active: bool, by: events.By) -> None:  # noqa: FBT001
    """Off at once; on again only for those whom a directory switched off."""
    kept = DirectoryPerson.objects.get(person=person)
    person.refresh_from_db()
    if person.is_active and not active:
        deactivation.deactivate(user=person, by=by, reason=SCIM)
        DirectoryPerson.objects.filter(pk=kept.pk).update(suspended_by=SCIM)
    elif active and not person.is_active and kept.suspended_by:
        deactivation.reactivate(user=person, by=by, reason=SCIM)
        DirectoryPerson.objects.filter(pk=kept.pk).update(suspended_by="")


def sync(*, organisation: Organisation, person: User) -> None:
    """Bring a person's roles in line with all groups that the directory has them in."""
    own = DirectoryGroup.objects.filter(members=person, organisation=organisation)
    names = {name for each in own for name in (each.display_name, each.external_id) if name}
    memberships.apply(organisation=organisation, person=person, source=SCIM, groups=names)
