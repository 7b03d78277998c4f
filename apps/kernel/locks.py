"""Advisory locks of Postgres, for what must run once at a time across processes."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


def key(name: str) -> int:
    """Signed 64-bit lock number for a name; stable across processes and releases."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), signed=True)


@contextmanager
def session_lock(name: str) -> Iterator[bool]:
    """Try to hold `name` until the block ends; yields False at once when another session has it.

    The lock belongs to the database session: it is gone when the process dies.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key(name)])
        row = cursor.fetchone()
    held = bool(row and row[0])
    try:
        yield held
    finally:
        if held:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [key(name)])


def transaction_lock(name: str) -> None:
    """Wait for `name` and hold it until the transaction ends; others wait that long."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key(name)])
