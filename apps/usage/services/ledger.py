"""Booking what models are asked: a row per request, written as soon as it ended.

Where several threads ask for one step, their requests are booked by the thread that began it, when
it next asks or ends: only that one has a connection.
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import DatabaseError, connection, transaction

from apps.kernel import clock
from apps.providers import metering
from apps.providers.metering import Call
from apps.usage import sql
from apps.usage.models import Purpose
from apps.usage.services import budgets

logger = structlog.get_logger(__name__)

_LONGEST_MODEL, _LONGEST_TASK = 200, 40
_MOST = 2**31 - 1


class Account:
    """What one step asks.

    Attributes:
        organisation, space: row ids of whom it is for; None for nobody in particular.
    """

    def __init__(self, purpose: Purpose, *, organisation: int | None, space: int | None) -> None:
        self.purpose = purpose
        self.organisation = organisation
        self.space = space
        self._thread = threading.get_ident()
        self._waiting: deque[tuple[datetime, Call]] = deque()

    def refusal(self) -> str:
        """Why the space may ask nothing more today; empty if it may.

        Threads beside the one that began the step are not asked: it asks before it starts them.
        """
        if self.space is None or threading.get_ident() != self._thread:
            return ""
        self.settle()
        return budgets.refusal(self.space)

    def told(self, call: Call) -> None:
        """Book a request."""
        self._waiting.append((clock.now() - timedelta(seconds=call.seconds), call))
        if threading.get_ident() == self._thread:
            self.settle()

    def settle(self) -> None:
        """Write what waits to be booked."""
        while self._waiting:
            at, call = self._waiting.popleft()
            _write(self._row(call, at))

    def _row(self, call: Call, at: datetime) -> dict[str, Any]:
        return {
            "organisation": self.organisation,
            "space": self.space,
            "at": at,
            "purpose": self.purpose,
            "task": call.task[:_LONGEST_TASK],
            "version": call.version,
            "kind": call.kind,
            "model": call.model[:_LONGEST_MODEL],
            "prompt_tokens": min(call.prompt_tokens, _MOST),
            "completion_tokens": min(call.completion_tokens, _MOST),
            "estimated": call.estimated,
            "cost": call.cost,
            "milliseconds": min(round(call.seconds * 1000), _MOST),
            "outcome": call.outcome,
        }


class Unnamed:
    """Books what is asked outside of any step, in whichever thread asks; refuses nothing."""

    def refusal(self) -> str:
        """Never one."""
        return ""

    def told(self, call: Call) -> None:
        """Book a request of nobody in particular."""
        Account(Purpose.OTHER, organisation=None, space=None).told(call)


@contextmanager
def charging(
    purpose: Purpose, *, organisation: int | None = None, space: int | None = None
) -> Iterator[Account]:
    """What models are asked inside the block is booked for a purpose, and limited by budgets.

    Threads that are started inside take it along when they run in a copy of the context.

    Args:
        purpose: of the step.
        organisation: row id; None for the asker's, in a request.
        space: row id of the space whose budget it is, and of those above; None for no limit.
    """
    account = Account(purpose, organisation=organisation, space=space)
    try:
        with metering.metered(account):
            yield account
    finally:
        account.settle()


def _write(row: dict[str, Any]) -> None:
    """One row. What cannot be booked stops nothing: the answer is paid for already."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql.BOOK, row)
    except DatabaseError as error:
        logger.warning("model_call_not_booked", model=row["model"], error=type(error).__name__)
