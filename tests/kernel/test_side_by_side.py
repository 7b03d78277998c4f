"""Several connections at once: order, context, errors, and nothing left open."""

import threading
import time

import pytest
from django.db import connection

from apps.kernel import isolation, side_by_side

BACKENDS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'memoryhub'"


def answer(statement: str):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_results_come_in_order_from_several_connections_that_are_closed():
    together = threading.Barrier(3)

    def work(number: int) -> tuple[int, int]:
        if number < 3:
            together.wait(timeout=10)  # only passes if three are under way at once
        return number, answer("SELECT pg_backend_pid()")

    before = answer(BACKENDS)
    found = list(side_by_side.mapped(work, range(7), at_once=3))
    assert [number for number, _ in found] == list(range(7))
    assert len({pid for _, pid in found[:3]}) == 3
    assert answer("SELECT pg_backend_pid()") not in {pid for _, pid in found}
    deadline = time.monotonic() + 10  # a backend ends a moment after its connection
    while answer(BACKENDS) != before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert answer(BACKENDS) == before


@pytest.mark.django_db(transaction=True)
def test_the_context_goes_along():
    with isolation.within(isolation.nobody()):
        roles = list(
            side_by_side.mapped(lambda _: answer("SELECT current_user::text"), range(4), at_once=2)
        )
    assert set(roles) == {"memoryhub_web"}


@pytest.mark.django_db(transaction=True)
def test_the_first_failure_is_raised_and_the_rest_left():
    begun = []

    def work(number: int) -> int:
        begun.append(number)
        if number == 2:
            raise ValueError(number)
        return number

    with pytest.raises(ValueError, match="2"):
        list(side_by_side.mapped(work, range(100), at_once=2))
    assert max(begun) < 6


@pytest.mark.django_db
def test_inside_a_transaction_all_is_read_by_its_own_connection():
    pids = side_by_side.mapped(lambda _: answer("SELECT pg_backend_pid()"), range(4), at_once=4)
    assert set(pids) == {answer("SELECT pg_backend_pid()")}
