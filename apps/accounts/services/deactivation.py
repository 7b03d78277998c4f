"""Switching people and agents off and on again.

A trigger on the table of users does the part that must never be left out, whoever changes the
row: tokens are revoked, agents switched off and sessions ended in the same statement. This service
does it with events that name everything, and stops what other rooms do on the person's behalf.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from django.db import transaction
from django.db.models import Q

from apps.accounts.actors import of_user
from apps.accounts.models import AgentToken, User
from apps.audit.services import events
from apps.kernel import clock
from apps.kernel.errors import Conflict

Stop = Callable[[User, events.By], int]
_STOPS: dict[str, Stop] = {}


@dataclass(frozen=True, slots=True)
class Stopped:
    """What a deactivation ended.

    Attributes:
        changed: False when there was nothing left to end.
        agents: agents switched off with their person.
        tokens: tokens revoked, of the person and the agents.
        others: by name, what other rooms stopped, e.g. {"runs": 1}.
    """

    changed: bool
    agents: int
    tokens: int
    others: Mapping[str, int] = field(default_factory=dict)


def also_stop(name: str, stop: Stop) -> None:
    """Have `stop(user, by)` called in the transaction of every deactivation; it returns how many
    of the things called `name` it ended. For rooms above, in their `AppConfig.ready`."""
    _STOPS[name] = stop


@transaction.atomic
def deactivate(*, user: User, by: events.By, reason: str = "") -> Stopped:
    """Switch a person with all their agents off, or one agent: from the commit on no token, no
    session and no schedule of theirs works. Calling it again ends what is left, if anything.

    Args:
        reason: a code for the audit, as "scim"; no free text of strangers.
    """
    family = _locked(user)
    on = [member for member in family if member.is_active]
    tokens = _revoke_all(family)
    User.objects.filter(pk__in=[member.pk for member in on]).update(is_active=False)
    named = _within(by, user)
    others = {name: stop(user, named) for name, stop in _STOPS.items()}
    agents = [member for member in on if member.pk != user.pk]
    stopped = Stopped(bool(on or tokens or any(others.values())), len(agents), len(tokens), others)
    if stopped.changed:
        _record(user, [user, *agents], tokens, stopped, named, reason)
    user.refresh_from_db()
    return stopped


@transaction.atomic
def reactivate(*, user: User, by: events.By, reason: str = "") -> bool:
    """Let a person sign in again, or an agent be given tokens; False when it is on already.

    Revoked tokens stay revoked, ended sessions ended, and a person's agents off: each is switched
    on by itself.

    Raises:
        Conflict: an agent whose owner is switched off.
    """
    locked = next(member for member in _locked(user) if member.pk == user.pk)
    if locked.is_active:
        return False
    if User.objects.filter(pk=user.owner_id, is_active=False).exists():
        raise Conflict("The agent's owner is switched off.")
    User.objects.filter(pk=user.pk).update(is_active=True)
    user.refresh_from_db()
    events.record(
        action=f"{user.kind}.reactivate",
        by=_within(by, user),
        object_type="user",
        object_ids=[user.public_id],
        reason=reason,
    )
    return True


def _locked(user: User) -> list[User]:
    """The user and the agents, locked in order of their ids: nothing is issued to them now."""
    rows = User.objects.filter(Q(pk=user.pk) | Q(owner_id=user.pk))
    return list(rows.select_for_update(no_key=True, of=("self",)).order_by("pk"))


def _revoke_all(family: list[User]) -> list[AgentToken]:
    working = AgentToken.objects.filter(user__in=family, revoked_at__isnull=True)
    ending = list(working.select_for_update(of=("self",)).order_by("pk"))
    AgentToken.objects.filter(pk__in=[each.pk for each in ending]).update(revoked_at=clock.now())
    return ending


def _within(by: events.By, user: User) -> events.By:
    """`by` with the organisation of the one it is done to, when it names none."""
    return by if by.organisation else replace(by, organisation=of_user(user).by.organisation)


def _record(
    user: User,
    ended: list[User],
    tokens: list[AgentToken],
    stopped: Stopped,
    by: events.By,
    reason: str,
) -> None:
    counts = {"agents": stopped.agents, "tokens": stopped.tokens, **stopped.others}
    events.record(
        action=f"{user.kind}.deactivate",
        by=by,
        object_type="user",
        object_ids=[one.public_id for one in ended],
        reason=reason,
        detail=counts,
    )
    if tokens:
        events.record(
            action="token.revoke",
            by=by,
            object_type="token",
            object_ids=[token.public_id for token in tokens],
            reason="deactivated",
        )
