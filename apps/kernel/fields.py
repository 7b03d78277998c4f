"""Serializer fields that several rooms use."""

from datetime import UTC, datetime
from typing import Any

from rest_framework import serializers

_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
_LATEST = datetime(9000, 1, 1, tzinfo=UTC)


class Moment(serializers.DateTimeField):
    """A time in ISO 8601 between the years 1900 and 9000; without an offset it is UTC."""

    default_error_messages = {"range": "The year must lie between 1900 and 9000."}

    def to_internal_value(self, value: Any) -> datetime:
        try:
            moment = super().to_internal_value(value)
        except OverflowError:
            self.fail("range")
        if not _EARLIEST <= moment <= _LATEST:
            self.fail("range")
        return moment


class Metadata(serializers.DictField):
    """A JSON object; the size limit is checked with the rest of the memory."""

    child = serializers.JSONField(allow_null=True)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            self.fail("not_a_dict", input_type=type(data).__name__)
        return data
