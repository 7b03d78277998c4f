"""Django's PostgreSQL backend with a cheaper look at whether a kept connection is still there.

And with statements of bounded size: a run over 100,000 memories writes 70,000 decisions, for which
a backend took 2.2 GB in one INSERT and takes 0.2 GB by the thousand.
"""

import select
from collections.abc import Sized
from typing import Any

from django.db.backends.postgresql import base
from django.db.backends.postgresql.operations import DatabaseOperations
from psycopg.pq import ConnStatus, TransactionStatus

_SPOKE = select.POLLIN | select.POLLPRI | getattr(select, "POLLRDHUP", 0)

ROWS_A_STATEMENT = 1_000
_TAKES = (TransactionStatus.IDLE, TransactionStatus.INTRANS)


class Operations(DatabaseOperations):
    """As Django's, but for how much `bulk_create` and `bulk_update` say at once."""

    def bulk_batch_size(self, fields: Any, objs: Sized) -> int:
        """Rows of one statement; the calls stay one transaction."""
        return min(int(super().bulk_batch_size(fields, objs)), ROWS_A_STATEMENT)


class DatabaseWrapper(base.DatabaseWrapper):
    """As Django's; named by `DATABASES["default"]["ENGINE"]`."""

    ops_class = Operations

    def is_usable(self) -> bool:
        """Whether a connection that was kept takes statements; asked once per request.

        A server or a pooler that ended it has closed its end, which the socket tells without a
        round trip. When anything at all came in unasked, the question is sent as Django sends it.
        """
        return silent(self.connection) or bool(super().is_usable())


def silent(connection: Any) -> bool:
    """Whether a psycopg connection is open, in no failed transaction, and nothing waits to be
    read, its end included."""
    if connection is None or connection.pgconn.status != ConnStatus.OK:
        return False
    if connection.pgconn.transaction_status not in _TAKES:
        return False
    look = select.poll()
    look.register(connection.pgconn.socket, _SPOKE)
    return not look.poll(0)  # errors and hang-ups are told unasked
