"""Serializer fields that several rooms use."""

from datetime import UTC, datetime
from typing import Any, NoReturn

from rest_framework import serializers
from rest_framework.validators import ProhibitSurrogateCharactersValidator

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


class Choice(serializers.ChoiceField):
    """One of a few words; whoever sends another one is told which there are."""

    default_error_messages = {"invalid_choice": '"{input}" is none of: {choices}.'}

    def fail(self, key: str, **kwargs: Any) -> NoReturn:
        super().fail(key, choices=", ".join(str(one) for one in self.choices), **kwargs)


class LongText(serializers.CharField):
    """A `CharField` whose check for surrogates does not look at each character in Python.

    On texts of 150 characters that loop was a tenth of a bulk write.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validators = [
            _Encodable() if isinstance(check, ProhibitSurrogateCharactersValidator) else check
            for check in self.validators
        ]


class _Encodable(ProhibitSurrogateCharactersValidator):
    def __call__(self, value: Any) -> None:
        try:
            str(value).encode()
        except UnicodeEncodeError:
            super().__call__(value)
