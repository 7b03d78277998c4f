"""Counters follow the transaction; readings that fail spoil no answer."""

from collections.abc import Iterator

import pytest
from django.db import DatabaseError, transaction

from apps.kernel import metrics
from apps.kernel.metrics import Reading, Sample

_SWAPS = metrics.counter("test_swaps", "Swaps in tests.", ["kind"])


def swaps() -> float:
    """Value of the counter in what Prometheus is told, 0 while it is not told."""
    line = 'memoryhub_test_swaps_total{kind="left"} '
    return float(metrics.exposition([]).decode().partition(line)[2].partition("\n")[0] or 0)


def three() -> Iterator[Sample]:
    yield ("red",), 1
    yield ("blue",), 2


def broken() -> list[Sample]:
    raise DatabaseError("it is down")


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_is_not_counted():
    before = swaps()
    with transaction.atomic():
        metrics.count(_SWAPS, "left", by=5)
        transaction.set_rollback(True)
    assert swaps() == before
    with transaction.atomic():
        metrics.count(_SWAPS, "left", by=5)
        assert swaps() == before, "not before it is certain"
    assert swaps() == before + 5


def test_a_reading_is_told_for_every_label():
    text = metrics.exposition([Reading("balls", "Balls.", three, ("colour",))]).decode()
    assert "# HELP memoryhub_balls Balls.\n# TYPE memoryhub_balls gauge" in text
    assert 'memoryhub_balls{colour="blue"} 2.0' in text
    assert "memoryhub_readings_failed 0.0" in text


def test_a_reading_that_fails_is_left_out_and_counted():
    readings = [Reading("lost", "Lost.", broken), Reading("balls", "Balls.", three, ("colour",))]
    text = metrics.exposition(readings).decode()
    assert "memoryhub_lost" not in text
    assert "memoryhub_readings_failed 1.0" in text
    assert 'memoryhub_balls{colour="red"} 1.0' in text
