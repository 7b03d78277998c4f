"""The statements that a request sends to the database, caught and sent again without the service.

Imports the application, so Django is set up before this module is.
"""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import groupby
from time import perf_counter
from typing import Any

import psycopg
from django.db import connection, transaction
from rest_framework.test import APIClient

from bench.service.clients import Ask


@dataclass(frozen=True, slots=True)
class Statement:
    """What was executed; those of one transaction share its number, 0 is none."""

    text: str
    parameters: Any
    transaction: int


class _Catcher:
    """Django's wrapper of every execute, which also sees the savepoints that stand for BEGIN."""

    def __init__(self) -> None:
        self.statements: list[Statement] = []
        self._depth = self._transactions = 0

    def __call__(
        self,
        execute: Callable[..., Any],
        sql: Any,
        params: Any,
        many: bool,  # noqa: FBT001  Django's order
        context: Any,
    ) -> Any:
        text = str(sql)
        if text.startswith("SAVEPOINT"):
            self._transactions += self._depth == 0
            self._depth += 1
        elif text.startswith(("RELEASE SAVEPOINT", "ROLLBACK TO")):
            self._depth -= 1
        else:
            number = self._transactions if self._depth else 0
            self.statements.append(Statement(text, params, number))
            self._depth += "SAVEPOINT " in text  # one that travels with settings
        return execute(sql, params, many, context)


def caught(ask: Ask) -> list[Statement]:
    """Every statement of a request, run by the application in this process and rolled back.

    Raises:
        RuntimeError: any status but success.
    """
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {ask.token}")
    catcher = _Catcher()
    with transaction.atomic(), connection.execute_wrapper(catcher):
        answer = client.post(f"/api/v1{ask.path}", ask.body, content_type="application/json")
        transaction.set_rollback(True)
    if answer.status_code >= 300:
        raise RuntimeError(f"POST {ask.path} answered {answer.status_code}")
    return catcher.statements


def plain_session(database_url: str) -> psycopg.Connection[Any]:
    """A connection that binds parameters as Django's do: close it."""
    return psycopg.connect(database_url, autocommit=True, cursor_factory=psycopg.ClientCursor)


def replayed(session: psycopg.Connection[Any], statements: Sequence[Statement]) -> float:
    """Milliseconds that a request's statements take through plain psycopg, results fetched.

    As the service sends them: one after the other, its transactions as transactions.
    """
    began = perf_counter()
    for number, group in groupby(statements, key=lambda each: each.transaction):
        with session.transaction() if number else nullcontext():
            for statement in group:
                cursor = session.execute(statement.text.encode(), statement.parameters)
                if cursor.description:
                    cursor.fetchall()
    return (perf_counter() - began) * 1000
