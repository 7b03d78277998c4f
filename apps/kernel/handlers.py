"""From a domain or database error to the one error body; nothing else maps errors."""

import structlog
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from drf_standardized_errors import handler
from rest_framework import exceptions

from apps.kernel import errors

logger = structlog.get_logger(__name__)


class _DomainFailure(exceptions.APIException):
    def __init__(self, error: errors.Error) -> None:
        self.status_code = error.status
        if isinstance(error, errors.Busy) and error.retry_after is not None:
            self.wait = error.retry_after  # becomes `Retry-After`
        super().__init__(error.detail, error.code)


class _FieldFailure(exceptions.ValidationError):
    def __init__(self, error: errors.Error, attr: str) -> None:
        super().__init__({attr: [exceptions.ErrorDetail(error.detail, error.code)]})
        self.status_code = error.status


class ExceptionHandler(handler.ExceptionHandler):
    """`kernel.errors` become answers with their own status; an `attr` points at the field."""

    def convert_known_exceptions(self, exc: Exception) -> Exception:
        if isinstance(exc, RequestDataTooBig):
            exc = errors.BodyTooLarge.over(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        if isinstance(exc, DataError):  # a value that passed the checks but no column can hold
            exc = errors.Invalid("A value is out of range.")
        if isinstance(exc, OperationalError | InterfaceError):  # the connection, not the request
            logger.error("database_unavailable", error=str(exc).splitlines()[:1])
            exc = errors.Unavailable()
        if isinstance(exc, exceptions.UnsupportedMediaType):
            exc = exceptions.UnsupportedMediaType("", f"{exc.detail} {self._wanted()}")
        if isinstance(exc, IntegrityError):  # a constraint: two requests met in the same place
            exc = errors.Conflict(
                "This clashes with a change made at the same time; read it again."
            )
        if isinstance(exc, errors.Error):
            return _FieldFailure(exc, exc.attr) if exc.attr else _DomainFailure(exc)
        converted: Exception = super().convert_known_exceptions(exc)
        return converted

    def _wanted(self) -> str:
        """What the view reads; `curl -d` alone names a form."""
        parsers = self.context["view"].get_parsers()
        return f"Send Content-Type: {' or '.join(parser.media_type for parser in parsers)}."
