"""The legs of one recall: each has its time, and one that is late is left out and named."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import structlog
from django.conf import settings
from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

from apps.recall import sql

logger = structlog.get_logger(__name__)

T = TypeVar("T")
Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Legs:
    """What runs within time, inside one transaction.

    Attributes:
        late: names of the legs that did not, in the order they ran.
    """

    late: list[str] = field(default_factory=list)

    def run(self, name: str, leg: Callable[[], list[T]]) -> list[T]:
        """What the leg finds; nothing when its statement took longer than it may."""
        found = self.attempt(leg)
        if found is not None:
            return found
        logger.warning("recall_leg_late", leg=name)
        if name not in self.late:
            self.late.append(name)
        return []

    def attempt(self, leg: Callable[[], list[T]]) -> list[T] | None:
        """What the leg finds; None when its statement took longer than it may.

        Legs only read, so going back to the savepoint loses nothing.
        """
        try:
            return leg()
        except OperationalError as error:
            if not isinstance(error.__cause__, QueryCanceled):
                raise
            transaction.savepoint_rollback(sql.SAVEPOINT)
            return None


@contextmanager
def timely() -> Iterator[Legs]:
    """Legs in a transaction that is set up for a recall: time limit, planning, graph search.

    What belongs to the same transaction runs under the same limit; in somebody else's transaction
    (a test's) the limit ends with the block.
    """
    with connection.cursor() as cursor:
        cursor.execute(sql.SETTINGS, {"timeout": str(settings.RECALL_TIMEOUT_MS)})
        yield Legs()
        if connection.savepoint_ids:
            cursor.execute("SET LOCAL statement_timeout TO DEFAULT")
