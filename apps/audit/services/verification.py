"""Whether the log in the database is as it was sealed."""

from dataclasses import replace
from functools import partial

from django.db import connection

from apps.audit import sql
from apps.audit.core.verification import Checker, Problem, Verdict
from apps.audit.services import keys, log
from apps.audit.services.log import Told


def verify(*, expect: bytes | None = None, told: Told | None = None) -> Verdict:
    """Check the whole log in the database against its seals and the trusted keys.

    An event that no seal covers yet proves nothing; it only has to be where such events are.

    Args:
        expect: hash of a seal that must be in the chain.
    """
    check = partial(keys.check, known=keys.trusted())
    verdict = Checker(check, expect).read(log.records(told))
    return verdict if verdict.problem else replace(verdict, problem=_astray())


def _astray() -> Problem | None:
    """An event that neither waits for a seal nor has a place, or waits and is not there."""
    with connection.cursor() as cursor:
        cursor.execute(sql.ASTRAY)
        row = cursor.fetchone()
    if row is None:
        return None
    event_id, kind = row
    told = {
        "inserted": f"Event {event_id} has no place in the log and waits for none: it was inserted"
        " past the triggers.",
        "removed": f"Event {event_id} was removed before it was sealed.",
    }
    return Problem(kind, told[kind], event_id=event_id)
