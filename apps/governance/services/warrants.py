"""What an erasure or a retention run may do that nothing else may."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from apps.governance import sql


@dataclass(frozen=True, slots=True)
class Warrant:
    """A job that is under way, by its public id, and the organisation it works in."""

    id: UUID
    organisation_id: int

    def call(self, function: str, ids: Iterable[int]) -> dict[str, int]:
        """Rows changed by table, from one of the functions of `sql.FUNCTIONS`."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT relation, changed FROM {function}(%s, %s)",  # noqa: S608  a constant
                [self.id, list(ids)],
            )
            return {relation: changed for relation, changed in cursor.fetchall() if changed}

    def forget_answers(self, named: Iterable[UUID]) -> int:
        """Delete stored answers to anybody that name one of these objects; returns how many."""
        with connection.cursor() as cursor:
            cursor.execute(sql.FORGET_ANSWERS, {"ids": list(named)})
            return int(cursor.rowcount)
