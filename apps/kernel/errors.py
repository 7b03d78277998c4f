"""Domain errors. The class docstring is the default message; `code` and `status` are stable.

Interfaces translate them once (`kernel.handlers`): every endpoint answers
`{"type": ..., "errors": [{"code", "detail", "attr"}]}`.
"""

from typing import ClassVar, Self


class Error(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500

    def __init__(self, detail: str = "", *, attr: str | None = None) -> None:
        self.detail = detail or (type(self).__doc__ or "").strip()
        self.attr = attr
        super().__init__(self.detail)


class NotFound(Error):
    """Not found."""  # also the answer for what the asker may not see

    code = "not_found"
    status = 404


class Forbidden(Error):
    """You may not do this."""

    code = "permission_denied"
    status = 403


class Conflict(Error):
    """This conflicts with the current state."""

    code = "conflict"
    status = 409


class ReadOnly(Conflict):
    """This space is read-only right now; nothing was written."""

    code = "read_only"


class IdempotencyMismatch(Conflict):
    """This Idempotency-Key was used before with another request."""

    code = "idempotency_mismatch"


class PreconditionFailed(Error):
    """It changed since you read it; read it again and retry."""

    code = "precondition_failed"
    status = 412


class Invalid(Error):
    """The input is not valid."""

    code = "invalid"
    status = 400


class LimitExceeded(Error):
    """A limit was exceeded."""

    code = "limit_exceeded"
    status = 422


class BodyTooLarge(Error):
    """The request body is too large."""

    code = "body_too_large"
    status = 413

    @classmethod
    def over(cls, limit: int, size: int | None = None) -> Self:
        """With the limit in bytes, and the size when it is known."""
        has = f"has {size:,} bytes" if size is not None else "is too large"
        return cls(f"The request body {has}; the limit is {limit:,} bytes.")


class Unavailable(Error):
    """The database does not answer; try again shortly."""

    code = "unavailable"
    status = 503


class Busy(Error):
    """Too much is waiting; try again later."""

    code = "busy"
    status = 429

    def __init__(
        self, detail: str = "", *, attr: str | None = None, retry_after: int | None = None
    ) -> None:
        self.retry_after = retry_after  # seconds
        super().__init__(detail, attr=attr)
