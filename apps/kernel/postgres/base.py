"""Django's PostgreSQL backend with a cheaper look at whether a kept connection is still there."""

import select
from typing import Any

from django.db.backends.postgresql import base
from psycopg.pq import ConnStatus, TransactionStatus

_SPOKE = select.POLLIN | select.POLLPRI | getattr(select, "POLLRDHUP", 0)

_TAKES = (TransactionStatus.IDLE, TransactionStatus.INTRANS)


class DatabaseWrapper(base.DatabaseWrapper):
    """As Django's; named by `DATABASES["default"]["ENGINE"]`."""

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
