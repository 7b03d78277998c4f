"""Numbers for Prometheus: counters kept by the web processes, readings taken when it asks.

Rooms declare what they count and read; the kernel only knows how it is told. A reading comes from
the database or Redis, so it is the same whichever process did the work; it must be cheap.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import structlog
from django.db import DatabaseError, transaction
from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import REGISTRY, GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

logger = structlog.get_logger(__name__)

Sample = tuple[tuple[str, ...], float]


@dataclass(frozen=True, slots=True)
class Reading:
    """A gauge that is read at scrape time.

    Attributes:
        name: in snake case with its unit at the end, without the prefix `memoryhub_`.
        meaning: one sentence.
        read: gives (label values in the order of `labels`, value) pairs; none at all is fine.
        labels: names of the labels.
    """

    name: str
    meaning: str
    read: Callable[[], Iterable[Sample]]
    labels: tuple[str, ...] = ()


def counter(name: str, meaning: str, labels: Sequence[str] = ()) -> Counter:
    """A counter `memoryhub_<name>_total`; it starts at 0 when the web processes start."""
    return Counter(f"memoryhub_{name}", meaning, labels)


def count(what: Counter, *labels: str, by: int = 1) -> None:
    """Add to a counter once the current transaction has committed; a rollback counts nothing."""
    transaction.on_commit(partial(what.labels(*labels).inc if labels else what.inc, by))


def exposition(readings: Iterable[Reading]) -> bytes:
    """All counters of all web processes, and the readings, in Prometheus' text format.

    A reading that fails is left out and counted in `memoryhub_readings_failed`.
    """
    processes: CollectorRegistry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        processes = CollectorRegistry()
        MultiProcessCollector(processes)  # type: ignore[no-untyped-call]
    here = CollectorRegistry()
    here.register(_Readings(tuple(readings)))
    return generate_latest(processes) + generate_latest(here)


class _Readings(Collector):
    def __init__(self, readings: Sequence[Reading]) -> None:
        self.readings = readings

    def collect(self) -> Iterable[GaugeMetricFamily]:
        failed = 0
        for reading in self.readings:
            try:
                yield _family(reading)
            except (DatabaseError, RedisError) as error:
                failed += 1
                logger.warning("reading_failed", reading=reading.name, error=type(error).__name__)
        trouble = "Readings that could not be taken for this answer."
        yield GaugeMetricFamily("memoryhub_readings_failed", trouble, failed)

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Nothing: registering must not read."""
        return ()


def _family(reading: Reading) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"memoryhub_{reading.name}", reading.meaning, labels=reading.labels)
    for labels, value in reading.read():
        family.add_metric(labels, value)
    return family
