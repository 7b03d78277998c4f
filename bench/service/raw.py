"""What this machine takes for the parts of a request, whoever serves it.

Imports the application, so Django is set up before this module is.
"""

from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection
from statistics import median
from time import perf_counter
from urllib.parse import urlsplit

from apps.providers.embedders import get_embedder
from bench.service import statements

_TIMES = 100
_WARM = 10
_QUESTION = "Which oven in the second hall takes the large trays since {number}?"


def limits(url: str, database_url: str) -> dict[str, float]:
    """Medians in milliseconds, one after the other on kept connections.

    Returns:
        `select`: a round trip to PostgreSQL by psycopg; `commit`: a row of one number, on the disk
        before it is acknowledged; `encode`: one question as a vector; `http`: a request that the
        hub answers without its database.
    """
    embed = get_embedder().embed
    with (
        closing(statements.plain_session(database_url)) as session,
        closing(HTTPConnection(urlsplit(url).netloc, timeout=30)) as connection,
    ):
        session.execute("CREATE TABLE bench_raw (number int)")
        try:
            return {
                "select": _median(lambda _: session.execute("SELECT 1").fetchone()),
                "commit": _median(
                    lambda number: session.execute("INSERT INTO bench_raw VALUES (%s)", [number])
                ),
                "encode": _median(lambda number: embed([_QUESTION.format(number=number)])),
                "http": _median(lambda _: _alive(connection)),
            }
        finally:
            session.execute("DROP TABLE bench_raw")


def _alive(connection: HTTPConnection) -> bytes:
    connection.request("GET", "/health/live")
    return connection.getresponse().read()


def _median(step: Callable[[int], object]) -> float:
    times = []
    for number in range(_WARM + _TIMES):
        began = perf_counter()
        step(number)
        times.append((perf_counter() - began) * 1000)
    return round(median(times[_WARM:]), 2)
