"""Deciding whether somebody whom a provider vouches for gets in, and with which roles."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.accounts.actors import of_user
from apps.accounts.models import User
from apps.accounts.services import deactivation, users
from apps.audit.services import events
from apps.identity.models import SCIM, DirectoryPerson, Identity
from apps.identity.services import memberships
from apps.kernel import clock
from apps.spaces.models import Membership, Organisation

if TYPE_CHECKING:
    from apps.identity.core.providers import Provider


@dataclass(frozen=True, slots=True)
class Asserted:
    """What a provider said of somebody, after its signature was checked."""

    issuer: str
    subject: str
    email: str = ""  # lower case
    email_verified: bool = False
    name: str = ""
    groups: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Who gets in, or the code of why nobody does."""

    person: User | None
    refusal: str = ""


def provider(provider_id: str) -> "Provider | None":
    """The configured provider of that id."""
    configured: tuple[Provider, ...] = settings.SSO
    return next((known for known in configured if known.id == provider_id), None)


def organisation_of(chosen: "Provider") -> Organisation | None:
    """The organisation a provider signs in to: the named one, or the only one of this hub."""
    named = chosen.organisation
    if not named:
        found = list(Organisation.objects.all()[:2])
        return found[0] if len(found) == 1 else None
    rows = Organisation.objects.filter(public_id=UUID(named)) if _is_uuid(named) else None
    rows = Organisation.objects.filter(name=named) if rows is None else rows
    only = list(rows[:2])
    return only[0] if len(only) == 1 else None


@transaction.atomic
def admit(*, chosen: "Provider", asserted: Asserted) -> Outcome:
    """Find, link or make the person, bring the roles in line, and record what happened.

    A refusal is an answer, not an exception: roles that are gone are taken away with it.
    """
    organisation = organisation_of(chosen)
    if organisation is None:
        return refuse(chosen.id, "no_organisation")
    person, refusal = _person(chosen, organisation, asserted)
    if person is not None:
        refusal = _settle(chosen, organisation, person, asserted)
    if person is None or refusal:
        return refuse(chosen.id, refusal, person=person, organisation=organisation)
    now = clock.now()
    Identity.objects.filter(issuer=asserted.issuer, subject=asserted.subject).update(
        last_used_at=now
    )
    User.objects.filter(pk=person.pk).update(last_login=now)
    person.refresh_from_db()
    events.record(
        action="session.open",
        by=of_user(person).by,
        object_type="user",
        object_ids=[person.public_id],
        detail={"provider": chosen.id},
    )
    return Outcome(person)


def refuse(
    provider_id: str,
    code: str,
    *,
    person: User | None = None,
    organisation: Organisation | None = None,
) -> Outcome:
    """Record that nobody got in by this provider, and why; what it said is not kept."""
    events.record(
        action="session.refuse",
        by=events.By(organisation=organisation.public_id if organisation else None),
        object_type="user",
        object_ids=[person.public_id] if person else [],
        reason=code,
        detail={"provider": provider_id},
    )
    return Outcome(None, code)


def _person(
    chosen: "Provider", organisation: Organisation, asserted: Asserted
) -> tuple[User | None, str]:
    """Whose subject this is; failing that, whose verified address."""
    rows = Identity.objects.select_related("person")
    known = rows.filter(issuer=asserted.issuer, subject=asserted.subject).first()
    if known:
        return known.person, ""
    if not asserted.email:
        return None, "no_email"
    if not asserted.email_verified:
        return None, "email_unverified"
    person = User.objects.select_for_update().filter(email=asserted.email).first()
    if person is not None:
        return _linked(chosen, organisation, person, asserted)
    return _new(chosen, organisation, asserted)


def _linked(
    chosen: "Provider", organisation: Organisation, person: User, asserted: Asserted
) -> tuple[User | None, str]:
    """An account that was here before: only for a provider that speaks for the address's domain,
    only in its own organisation, and never in the place of another subject of the issuer."""
    if not chosen.speaks_for(asserted.email):
        return None, "domain_untrusted"
    member = Membership.objects.filter(person=person).first()
    if member is not None and member.organisation_id != organisation.pk:
        return None, "other_organisation"
    if Identity.objects.filter(person=person, issuer=asserted.issuer).exists():
        return None, "linked_to_another"
    if member is None and not _wanted(chosen, organisation, asserted):
        return None, "no_group"
    _link(chosen, person, asserted)
    return person, ""


def _new(
    chosen: "Provider", organisation: Organisation, asserted: Asserted
) -> tuple[User | None, str]:
    """Somebody new gets in only where a mapping gives something."""
    if not chosen.admits(asserted.email):
        return None, "domain_untrusted"
    if not _wanted(chosen, organisation, asserted):
        return None, "no_group"
    by = events.By(organisation=organisation.public_id)
    name = asserted.name or asserted.email.partition("@")[0]
    person = users.create_person(email=asserted.email, name=name[:120], by=by)
    _link(chosen, person, asserted)
    return person, ""


def _link(chosen: "Provider", person: User, asserted: Asserted) -> None:
    identity = Identity.objects.create(
        person=person, provider=chosen.id, issuer=asserted.issuer, subject=asserted.subject
    )
    events.record(
        action="identity.link",
        by=of_user(person).by,
        object_type="identity",
        object_ids=[identity.public_id, person.public_id],
        detail={"provider": chosen.id},
    )


def _settle(
    chosen: "Provider", organisation: Organisation, person: User, asserted: Asserted
) -> str:
    """Roles as the groups say, now; returns why the person must stay out all the same, or ""."""
    member = Membership.objects.filter(person=person).first()
    if member is not None and member.organisation_id != organisation.pk:
        return "other_organisation"
    kept = DirectoryPerson.objects.filter(person=person).first()
    if not person.is_active and (kept is None or kept.suspended_by != chosen.id):
        return "inactive"
    if member is None:
        if not _wanted(chosen, organisation, asserted):
            return "no_group"
        kept = memberships.join(organisation=organisation, person=person, source=chosen.id)
    want = memberships.apply(
        organisation=organisation, person=person, source=chosen.id, groups=asserted.groups
    )
    may = bool(want.organisation_role) or kept is None or kept.made_by in {"", SCIM}
    may = may or person.managed_grants.exclude(source=chosen.id).exists()
    if may != person.is_active:
        _switch(kept, person, chosen.id if not may else "", organisation)
    return "" if may else "no_group"


def _switch(
    kept: DirectoryPerson | None, person: User, suspended_by: str, organisation: Organisation
) -> None:
    """Suspend somebody whose groups are gone, or let them back in."""
    assert kept is not None, "only people of a directory are suspended by it"  # noqa: S101
    by = events.By(organisation=organisation.public_id)
    if suspended_by:
        deactivation.deactivate(user=person, by=by, reason="directory")
    else:
        deactivation.reactivate(user=person, by=by, reason="directory")
    DirectoryPerson.objects.filter(pk=kept.pk).update(suspended_by=suspended_by)


def _wanted(chosen: "Provider", organisation: Organisation, asserted: Asserted) -> bool:
    want = memberships.wanted(organisation=organisation, source=chosen.id, groups=asserted.groups)
    return bool(want.organisation_role)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
