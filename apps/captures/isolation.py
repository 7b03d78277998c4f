"""Whose rows of this room a request sees, as conditions for the database."""

from apps.kernel.isolation import tables as t

_CAPTURE = "captures_capture"
_WITH_CAPTURE = t.along(_CAPTURE, "capture_id")

TABLES = (
    # Not `spaces` alone: who reviews sees some personal spaces, and never a transcript
    t.Table(
        _CAPTURE,
        f"owner_id = {t.person()} AND space_id = ANY({t.spaces()})",
        added=f"owner_id = {t.person()} AND space_id = ANY({t.writable()})",
        counted=("id", "state"),
    ),
    t.Table("captures_capturepart", _WITH_CAPTURE),
    t.Table("captures_capturechunk", _WITH_CAPTURE, counted=("id", "state", "next_attempt_at")),
)


def declare() -> None:
    """Tell the kernel."""
    t.isolate(TABLES)
