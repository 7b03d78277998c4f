"""Narrowing the queue. Without a status asked for, it shows what is pending."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.curation.models import Candidate, CandidateStatus, Screening, ScreeningState
from apps.desk.actors import actor_of
from apps.desk.text import excerpt
from apps.desk.words import FINDINGS, LANGUAGES, MARKS, REASONS, STATUSES
from apps.kernel import clock
from apps.spaces import access
from apps.spaces.models import Membership, Space

Choices = list[tuple[str, Any]]  # labels may be translations made when they are shown
_MOST_PEOPLE = 200
_NOT_IN_THE_QUEUE = ("held.", "published", "gate.kill_switch")  # these never reach a reviewer


class Select(SimpleListFilter):
    """A filter that is one field, however many choices it has."""

    template = "desk/parts/filter.html"


class StatusFilter(Select):
    """What waits now by default; `?status=all` shows everything."""

    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        extra = [("deferred", _("Put off")), ("asked", _("Asked of you")), ("all", _("All"))]
        return [*STATUSES.items(), *extra]

    def value(self) -> str:
        return super().value() or CandidateStatus.PENDING

    def choices(self, changelist: Any) -> Iterator[Any]:
        for value, label in self.lookup_choices:
            yield {
                "selected": self.value() == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": label,
            }

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        asked = self.value()
        if asked == "all":
            return queryset
        if asked == "deferred":
            return queryset.deferred(clock.now())
        if asked == "asked":
            return queryset.asked_of(actor_of(request).user.pk)
        waits = asked == CandidateStatus.PENDING
        return queryset.due(clock.now()) if waits else queryset.filter(status=asked)


class TargetFilter(Select):
    """By the space it would be published to."""

    title = _("space")
    parameter_name = "target"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        reviewed = Space.objects.filter(pk__in=access.of(actor_of(request)).ids("review"))
        return [(str(space.public_id), space.name) for space in reviewed.order_by("name", "pk")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Candidate]) -> QuerySet[Candidate]:
        asked = self.value()
        if asked is None:
            return queryset
        known = {value for value, _name in self.lookup_choices}
        return queryset.filter(target__public_id=asked) if asked in known else queryset.none()


class ReasonFilter(Select):
    """By a reason that brought it here."""

    title = _("reason")
    parameter_name = "reason"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [item for item in REASONS.items() if not item[0].startswith(_NOT_IN_THE_QUEUE)]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        code = self.value()
        return queryset.because(code) if code else queryset


class ScoreFilter(Select):
    """By the score of the decision; a range written by hand, `?score=0.42-0.5`, works, too."""

    title = _("score")
    parameter_name = "score"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [("0.85-1", _("0.85 and above")), ("0.7-0.85", _("0.70 to 0.85")),
                ("0.5-0.7", _("0.50 to 0.70")), ("0-0.5", _("Below 0.50"))]  # fmt: skip

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        asked = self.value()
        if not asked:
            return queryset
        bounds = score_range(asked)
        return queryset.none() if bounds is None else queryset.scored(*bounds)


def score_range(asked: str) -> tuple[float, float] | None:
    """Both ends of "low-high", each in [0, 1]; None when it is no such range."""
    try:
        low, high = (float(part) for part in asked.split("-"))
    except ValueError:
        return None
    return (low, high) if 0 <= low <= high <= 1 else None


class LanguageFilter(Select):
    """By a language of its notes."""

    title = _("language")
    parameter_name = "language"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return list(LANGUAGES.items())

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        asked = self.value()
        return queryset.said_in(asked) if asked else queryset


class ContributorFilter(Select):
    """By a person one of whose notes it is made of: people of the organisation, by name."""

    title = _("contributor")
    parameter_name = "person"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        organisation = access.of(actor_of(request)).organisation_id
        belong = Membership.objects.filter(organisation=organisation, person__is_active=True)
        people = belong.order_by("person__name", "pk").values_list(
            "person__public_id", "person__name"
        )
        return [(str(public_id), excerpt(name, 40)) for public_id, name in people[:_MOST_PEOPLE]]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        asked = self.value()
        if not asked:
            return queryset
        try:
            return queryset.said_by(UUID(asked))
        except ValueError:
            return queryset.none()


class AgeFilter(Select):
    """By how long it has been there."""

    title = _("age")
    parameter_name = "age"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [("new", _("Since yesterday")), ("3", _("Over 3 days")), ("7", _("Over a week")),
                ("30", _("Over a month"))]  # fmt: skip

    def queryset(self, request: HttpRequest, queryset: QuerySet[Candidate]) -> QuerySet[Candidate]:
        age = self.value()
        if age == "new":
            return queryset.filter(created_at__gte=clock.now() - timedelta(days=1))
        if age in {"3", "7", "30"}:
            return queryset.filter(created_at__lt=clock.now() - timedelta(days=int(age)))
        return queryset


class MarkStateFilter(SimpleListFilter):
    """By what became of a mark; those on earlier revisions only when asked for."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [*((state.value, MARKS[state]) for state in ScreeningState), ("past", _("Past"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Screening]) -> QuerySet[Screening]:
        asked, now = self.value(), Screening.objects.current().values("pk")
        if asked == "past":
            return queryset.exclude(pk__in=now)
        present = queryset.filter(pk__in=now)
        return present.filter(state=asked) if asked else present


class FindingFilter(SimpleListFilter):
    """By what the screen found."""

    title = _("finding")
    parameter_name = "finding"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return list(FINDINGS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Screening]) -> QuerySet[Screening]:
        code = self.value()
        return queryset.filter(codes__contains=[code]) if code else queryset
