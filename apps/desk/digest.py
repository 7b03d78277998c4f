"""A mail a day to reviewers for whom something waits. Figures and a link: no words of anybody."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

import structlog
from django.conf import settings
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.db.models import Count, Min
from django.template.loader import render_to_string

from apps.accounts.actors import of_user
from apps.accounts.models import User
from apps.curation.models import Candidate, Screening, ScreeningState
from apps.kernel import clock
from apps.recall.models import Report

logger = structlog.get_logger(__name__)

_REMEMBERED = 26 * 3600  # seconds; a task that runs twice a day must not write twice


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for one reviewer.

    Attributes:
        requests: pending ones, by the name of their space, most first.
        oldest: since when the oldest waits; None without one.
        disputes: marks of the screen that their owners dispute.
        reports: memories that people called harmful.
    """

    requests: tuple[tuple[str, int], ...]
    oldest: datetime | None
    disputes: int
    reports: int

    @property
    def total(self) -> int:
        """Everything together."""
        return sum(count for _space, count in self.requests) + self.disputes + self.reports


def send(*, today: date) -> int:
    """Write to every active reviewer for whom something waits; returns how many were written to.

    Once per person and day, however often it is called; a failed mail is tried the next time.
    """
    if not settings.REVIEW_DIGEST:
        return 0
    return sum(_write(person, waiting, today) for person, waiting in _reviewers())


def waiting_for(person: User) -> Waiting:
    """What waits for a person, as the desk would show it."""
    actor = of_user(person)
    pending = Candidate.objects.visible_to(actor).pending()
    by_space = pending.values_list("target__name").annotate(n=Count("pk"))
    disputed = Screening.objects.reviewed_by(actor).current().filter(state=ScreeningState.DISPUTED)
    return Waiting(
        requests=tuple(by_space.order_by("-n", "target__name")),
        oldest=pending.aggregate(at=Min("created_at"))["at"],
        disputes=disputed.exclude(memory__owner=person).count(),
        reports=Report.objects.visible_to(actor).pending().count(),
    )


def _reviewers() -> Iterator[tuple[User, Waiting]]:
    people = User.objects.filter(kind="person", is_active=True, email__isnull=False)
    reviewing = people.filter(
        groups__spacegrouppermission__permission__codename="review_space"
    ).distinct()
    for person in reviewing.order_by("pk").iterator():
        waiting = waiting_for(person)
        if waiting.total:
            yield person, waiting


def _write(person: User, waiting: Waiting, today: date) -> bool:
    key = f"digest:{today:%Y-%m-%d}:{person.pk}"
    if not cache.add(key, 1, _REMEMBERED):
        return False
    days = (clock.now() - waiting.oldest).days if waiting.oldest else 0
    shown = {"person": person, "waiting": waiting, "days": days, "url": settings.PUBLIC_URL}
    words = render_to_string("desk/digest.txt", shown)
    mail = EmailMessage(
        f"MemoryHub: {waiting.total} for you to review", words, to=[str(person.email)]
    )
    try:
        mail.send()
    except OSError as error:
        cache.delete(key)
        logger.warning("digest_not_sent", person=str(person.public_id), error=type(error).__name__)
        return False
    return True
