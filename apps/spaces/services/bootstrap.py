"""The first admin, organisation, agent and token of a new hub."""

import secrets
from dataclasses import dataclass

from django.db import transaction

from apps.accounts.models import User
from apps.accounts.services import tokens, users
from apps.audit.services import events
from apps.kernel.errors import Conflict
from apps.spaces.models import Organisation, OrganisationRole, SpaceRole
from apps.spaces.services import grants, organisations


@dataclass(frozen=True, slots=True)
class FirstStart:
    """What is shown once: the admin's password and the first agent's token."""

    email: str
    password: str
    organisation: str
    token: str


@transaction.atomic
def first_start(*, email: str, organisation: str) -> FirstStart:
    """Create admin, organisation, agent and token.

    Raises:
        Conflict: the hub has an organisation already.
    """
    if Organisation.objects.exists():
        raise Conflict("This hub has been set up already.")
    password = secrets.token_urlsafe(12)
    admin = users.create_person(email=email, name="Admin", password=password)
    User.objects.filter(pk=admin.pk).update(is_staff=True, is_superuser=True)
    founded = organisations.found(name=organisation)
    organisations.join(organisation=founded, person=admin, role=OrganisationRole.ADMIN)
    root = organisations.root_of(founded)
    grants.grant(space=root, person=admin, role=SpaceRole.CURATOR, by=events.SYSTEM)
    agent = users.create_agent(owner=admin, name="First agent")
    _, plain = tokens.issue(user=agent, name="first token", scopes=["read", "write"])
    return FirstStart(admin.email or "", password, founded.name, plain)
