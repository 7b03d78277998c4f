"""Whatever stands in a query: an answer with a reason, never a failure of the server.

Parameters are those that the API documents, values such as no client would send.
"""

from base64 import b64encode
from urllib.parse import quote, urlencode

import pytest

from tests.api import stage
from tests.api.permission_table import ROWS
from tests.security.leaks import routes

ODD = (
    "%00", "%FF", "%ED%A0%80", quote("²"), "-1", "9" * 5000, "1e999999", "nan", "-inf",
    "000000001999999999", "0001-01-01T00%3A00%3A00%2B14%3A00", "9999-12-31T23%3A59%3A59-14%3A00",
    b64encode(b"p=" + b"9" * 5000).decode(), quote("[" * 5000), quote("%_\\'\"();--"),
)  # fmt: skip


@pytest.fixture
def made(world, write, client_of, settings):
    """Something behind every address."""
    settings.RATE_LIMIT_PER_MINUTE = 10**9
    return stage.build(world, write, client_of)


@pytest.mark.slow
@pytest.mark.parametrize("odd", ODD, ids=lambda odd: odd[:12])
def test_no_parameter_makes_the_server_fail(odd, made):
    asked = 0
    for row in {row.route: row for row in ROWS if row.answers.startswith("200 ")}.values():
        method, _, path = row.route.partition(" ")
        if method != "GET":
            continue
        address = path.replace("{id}", made.ids[row.on]) if row.on else path
        for name in {*routes.parameters("get", path), "cursor", "page_size"}:
            answer = made.clients["alice"].get(f"{address}?{name}={odd}")
            assert answer.status_code < 500, f"{address}?{name}={odd[:40]}: {answer.content!r}"
            asked += 1
    assert asked > 100


def test_a_page_of_an_export_has_no_more_than_its_limit(made, world, write):
    for number in range(3):
        write(world.alice, f"Fact {number}.")
    address = "/api/v1/exports/person"
    for limit in ("000000001999999999", "0", "1001", "+5", "5_0"):
        answer = made.clients["alice"].get(f"{address}?{urlencode({'limit': limit})}")
        assert answer.status_code == 400, limit
        assert answer.json()["errors"][0]["attr"] == "limit"
    lines = b"".join(made.clients["alice"].get(f"{address}?limit=2")).splitlines()
    assert len(lines) == 4, "what it is, two records, and that there are more"
