"""Narrowing the queue. Without a status asked for, it shows what is pending."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.curation.models import Candidate, CandidateStatus, Screening, ScreeningState
from apps.desk.actors import actor_of
from apps.desk.words import FINDINGS, REASONS, STATUSES
from apps.kernel import clock
from apps.spaces import access
from apps.spaces.models import Space

Choices = list[tuple[str, str]]
_NOT_IN_THE_QUEUE = ("held.", "published", "gate.kill_switch")  # these never reach a reviewer


class StatusFilter(SimpleListFilter):
    """Pending by default; `?status=all` shows everything."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [*STATUSES.items(), ("all", "All")]

    def value(self) -> str:
        return super().value() or CandidateStatus.PENDING

    def choices(self, changelist: Any) -> Iterator[Any]:
        for value, label in self.lookup_choices:
            yield {
                "selected": self.value() == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": label,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Candidate]) -> QuerySet[Candidate]:
        return queryset if self.value() == "all" else queryset.filter(status=self.value())


class TargetFilter(SimpleListFilter):
    """By the space it would be published to."""

    title = "space"
    parameter_name = "target"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        reviewed = Space.objects.filter(pk__in=access.of(actor_of(request)).ids("review"))
        return [(str(space.public_id), space.name) for space in reviewed.order_by("name", "pk")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Candidate]) -> QuerySet[Candidate]:
        asked = self.value()
        if asked is None:
            return queryset
        known = {value for value, _ in self.lookup_choices}
        return queryset.filter(target__public_id=asked) if asked in known else queryset.none()


class ReasonFilter(SimpleListFilter):
    """By a reason that brought it here."""

    title = "reason"
    parameter_name = "reason"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [item for item in REASONS.items() if not item[0].startswith(_NOT_IN_THE_QUEUE)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Candidate]) -> QuerySet[Candidate]:
        code = self.value()
        return queryset.filter(decision__reasons__contains=[code]) if code else queryset


class AgeFilter(SimpleListFilter):
    """By how long it has been there."""

    title = "age"
    parameter_name = "age"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [("new", "Since yesterday"), ("3", "Over 3 days"), ("7", "Over a week"),
                ("30", "Over a month")]  # fmt: skip

    def queryset(self, request: HttpRequest, queryset: QuerySet[Candidate]) -> QuerySet[Candidate]:
        age = self.value()
        if age == "new":
            return queryset.filter(created_at__gte=clock.now() - timedelta(days=1))
        if age in {"3", "7", "30"}:
            return queryset.filter(created_at__lt=clock.now() - timedelta(days=int(age)))
        return queryset


class MarkStateFilter(SimpleListFilter):
    """By what became of a mark; those on earlier revisions only when asked for."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [*((state.value, str(state.label)) for state in ScreeningState), ("past", "Past")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Screening]) -> QuerySet[Screening]:
        asked, now = self.value(), Screening.objects.current().values("pk")
        if asked == "past":
            return queryset.exclude(pk__in=now)
        present = queryset.filter(pk__in=now)
        return present.filter(state=asked) if asked else present


class FindingFilter(SimpleListFilter):
    """By what the screen found."""

    title = "finding"
    parameter_name = "finding"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return list(FINDINGS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Screening]) -> QuerySet[Screening]:
        code = self.value()
        return queryset.filter(codes__contains=[code]) if code else queryset
