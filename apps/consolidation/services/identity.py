"""The archivist as the hub knows it: an agent that nobody can act as.

It has no token, and its keeper no membership and no grant, and both are switched off: whoever held
its credentials could do nothing. It signs what it wrote and what it did, and no more.
"""

from django.db import transaction

from apps.accounts.models import User
from apps.accounts.services import users
from apps.audit.services import events
from apps.kernel import locks
from apps.spaces.models import Organisation

NAME = "Archivist"


def of(organisation: Organisation) -> User:
    """The organisation's archivist, made when it is first needed; its owner is loaded."""
    address = f"archivist@{organisation.public_id}.invalid"
    found = _find(address)
    return found if found is not None else _made(organisation, address)


def by(organisation: Organisation) -> events.By:
    """The archivist as the audit names it."""
    agent = of(organisation)
    keeper = agent.owner
    return events.By(
        actor=agent.public_id,
        owner=keeper.public_id if keeper else None,
        organisation=organisation.public_id,
    )


def _find(address: str) -> User | None:
    agents = User.objects.select_related("owner")
    found: User | None = agents.filter(owner__email=address).order_by("pk").first()
    return found


@transaction.atomic
def _made(organisation: Organisation, address: str) -> User:
    locks.transaction_lock(f"archivist:{organisation.pk}")
    found = _find(address)
    if found is not None:
        return found
    system = events.By(organisation=organisation.public_id)
    keeper = users.create_person(email=address, name=NAME, by=system)
    agent = users.create_agent(owner=keeper, name=NAME, by=system)
    User.objects.filter(pk=keeper.pk).update(is_active=False)  # a trigger takes the agent along
    agent.refresh_from_db()
    return agent
