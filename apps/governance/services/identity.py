"""Who a person was: name, address, credentials and places. What stays is a number."""

from collections import Counter
from collections.abc import Iterator

from django.contrib.admin.models import LogEntry
from django.contrib.auth.hashers import make_password
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q

from apps.accounts.attempts import Attempt
from apps.accounts.models import AgentToken, User
from apps.accounts.services import deactivation
from apps.audit.services import events
from apps.governance.services.subjects import Subject, users_of
from apps.identity.services import forgetting
from apps.kernel import clock
from apps.kernel.models import IdempotencyRecord
from apps.spaces.models import Membership, Space

PERSON, AGENT, PLACE, TOKEN = "Erased person", "Erased agent", "Erased (personal)", "erased"
_DOMAIN = "erased.invalid"  # RFC 2606: nobody will ever have an address there


@transaction.atomic
def shut_out(person: User, by: events.By) -> None:
    """End all that acts for the person; waits for what they are writing just now."""
    family = users_of(person)
    locked = User.objects.select_for_update().filter(pk__in=[one.pk for one in family])
    list(locked.order_by("pk"))
    deactivation.deactivate(user=person, by=by, reason="erasure")


@transaction.atomic
def forget(subject: Subject) -> Counter[str]:
    """Erase names, address, credentials, sessions and memberships; rows by table."""
    counts: Counter[str] = Counter()
    counts["django_session"] = _sessions(subject)
    person = subject.person
    users = User.objects.filter(pk__in=subject.users)
    known = users.exclude(name__in=[PERSON, AGENT])
    counts["accounts_user"] = known.count()
    for one in known:
        one.groups.clear()
        one.user_permissions.clear()
    agents = users.exclude(pk=person.pk)
    agents.update(name=AGENT, is_active=False, password=make_password(None))
    users.filter(pk=person.pk).update(
        name=PERSON,
        email=f"{person.public_id.hex}@{_DOMAIN}",
        password=make_password(None),
        is_active=False,
        is_staff=False,
        is_superuser=False,
        last_login=None,
    )
    counts["accounts_agenttoken"] = (
        AgentToken.objects.filter(user__in=subject.users)
        .exclude(name=TOKEN)
        .update(name=TOKEN, digest="", spaces=None, last_used_at=None)
    )
    counts["spaces_membership"] = Membership.objects.filter(person=person).delete()[0]
    places = Space.objects.filter(person=person).exclude(name=PLACE)
    counts["spaces_space"] = places.update(name=PLACE, share_for_promotion=False)
    records = IdempotencyRecord.objects.filter(user__in=subject.users)
    counts["kernel_idempotencyrecord"] = records.delete()[0] + subject.forget_answers([])
    counts["django_admin_log"] = _desk_log(subject)
    return counts + forgetting.forget(person)


def _sessions(subject: Subject) -> int:
    """Sessions are kept packed: each must be opened to see whose it is."""
    wanted = {str(pk) for pk in subject.users}
    keys = [key for key, user in _open_sessions() if user in wanted]
    return Session.objects.filter(session_key__in=keys).delete()[0]


def _open_sessions() -> Iterator[tuple[str, str]]:
    for session in Session.objects.filter(expire_date__gte=clock.now()).iterator():
        yield session.session_key, str(session.get_decoded().get("_auth_user_id", ""))
    Session.objects.filter(expire_date__lt=clock.now()).delete()


def forget_cached(subject: Subject) -> Counter[str]:
    """Failed sign-ins are counted for a quarter of an hour under a digest of the address."""
    if subject.person.email:
        Attempt(subject.person.email, "").succeeded()
    return Counter()


def _desk_log(subject: Subject) -> int:
    """Django's own log of what administrators changed: by the person, or about them."""
    about = Q(
        content_type=ContentType.objects.get_for_model(User),
        object_id__in=[str(pk) for pk in subject.users],
    )
    return LogEntry.objects.filter(Q(user__in=subject.users) | about).delete()[0]
