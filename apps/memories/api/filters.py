"""Filters of `GET /memories`."""

import json
from typing import Any

import django_filters
from django.forms import CharField
from rest_framework.exceptions import ValidationError

from apps.kernel import clock
from apps.memories.models import Kind, Memory, Source, Status
from apps.memories.querysets import MemoryQuerySet


class JsonObjectFilter(django_filters.Filter):  # type: ignore[misc]
    """A JSON object that the value must contain: `?metadata={"customer":"Acme"}`."""

    field_class = CharField

    def filter(self, qs: Any, value: str) -> Any:
        if not value:
            return qs
        try:
            wanted = json.loads(value)
        except (ValueError, RecursionError):
            wanted = None
        if not isinstance(wanted, dict) or "\\u0000" in value:
            raise ValidationError({"metadata": ["This must be a JSON object."]})
        return qs.filter(**{f"{self.field_name}__contains": wanted})


class MemoryFilter(django_filters.FilterSet):  # type: ignore[misc]
    """By default active memories that have not expired; ask for others by `status`, `expired`."""

    space = django_filters.UUIDFilter(field_name="space__public_id")
    author = django_filters.UUIDFilter(field_name="author__public_id")
    owner = django_filters.UUIDFilter(field_name="owner__public_id")
    kind = django_filters.MultipleChoiceFilter(choices=Kind.choices)
    source = django_filters.MultipleChoiceFilter(choices=Source.choices)
    tag = django_filters.CharFilter(method="with_tag", label="A tag it must have.")
    session = django_filters.CharFilter(field_name="session_id")
    status = django_filters.MultipleChoiceFilter(
        choices=[choice for choice in Status.choices if choice[0] != Status.ERASED],
        method="with_status",
        label="Default: active.",
    )
    include_archived = django_filters.BooleanFilter(
        method="with_archived",
        label="Also what was archived, beside what is listed. Default: false.",
    )
    expired = django_filters.BooleanFilter(method="with_expired", label="Default: false.")
    metadata = JsonObjectFilter(label="A JSON object its metadata must contain.")
    occurred_after = django_filters.IsoDateTimeFilter(field_name="occurred_at", lookup_expr="gte")
    occurred_before = django_filters.IsoDateTimeFilter(field_name="occurred_at", lookup_expr="lt")
    created_after = django_filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")
    created_before = django_filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="lt")

    class Meta:
        model = Memory
        fields: list[str] = []

    def filter_queryset(self, queryset: MemoryQuerySet) -> MemoryQuerySet:
        """Defaults first: what is asked for by name replaces them."""
        asked = self.form.cleaned_data
        wanted = set(asked.get("status") or [Status.ACTIVE])
        if asked.get("include_archived"):
            wanted.add(Status.ARCHIVED)
        queryset = queryset.filter(status__in=wanted)
        if not asked.get("expired"):
            queryset = queryset.live(clock.now())
        filtered: MemoryQuerySet = super().filter_queryset(queryset)
        return filtered

    def with_tag(self, queryset: MemoryQuerySet, _: str, value: str) -> MemoryQuerySet:
        return queryset.filter(tags__contains=[value])

    def with_status(self, queryset: MemoryQuerySet, _: str, value: list[str]) -> MemoryQuerySet:
        return queryset  # `filter_queryset` looked at it together with `include_archived`

    def with_archived(self, queryset: MemoryQuerySet, _: str, value: bool) -> MemoryQuerySet:  # noqa: FBT001
        return queryset  # likewise

    def with_expired(self, queryset: MemoryQuerySet, _: str, value: bool) -> MemoryQuerySet:  # noqa: FBT001
        return queryset.filter(expires_at__lte=clock.now()) if value else queryset
