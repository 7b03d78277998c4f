"""Creating people and agents."""

from django.db import transaction

from apps.accounts.models import User, UserKind
from apps.audit.services import events
from apps.kernel.errors import Conflict, Invalid


@transaction.atomic
def create_person(
    *, email: str, name: str, password: str | None = None, by: events.By = events.SYSTEM
) -> User:
    """A person who signs in by `email` (kept in lower case).

    Raises:
        Conflict: the address is taken.
    """
    address = email.strip().lower()
    if User.objects.filter(email=address).exists():
        raise Conflict(f"{address} is already in use.", attr="email")
    user = User(kind=UserKind.PERSON, email=address, name=name)
    user.set_password(password)
    user.save()
    events.record(action="person.create", by=by, object_type="user", object_ids=[user.public_id])
    return user


@transaction.atomic
def create_agent(*, owner: User, name: str, by: events.By = events.SYSTEM) -> User:
    """An agent that `owner` answers for; it has no password and acts by token only.

    Raises:
        Invalid: the owner is an agent itself.
        Conflict: the owner is switched off.
    """
    if owner.is_agent:
        raise Invalid("An agent cannot own an agent.", attr="owner")
    hold_active(owner)
    agent = User(kind=UserKind.AGENT, owner=owner, name=name)
    agent.set_unusable_password()
    agent.save()
    events.record(action="agent.create", by=by, object_type="user", object_ids=[agent.public_id])
    return agent


def hold_active(user: User) -> None:
    """Keep the user, and an agent's owner, from being switched off until this transaction ends.

    Raises:
        Conflict: one of them is off already.
    """
    asked = {user.pk, user.owner_id} - {None}
    rows = User.objects.select_for_update(no_key=True, of=("self",)).order_by("pk")
    held = rows.filter(pk__in=asked).values_list("is_active", flat=True)
    if not all(list(held)):
        raise Conflict("This account, or its owner's, is switched off.")
