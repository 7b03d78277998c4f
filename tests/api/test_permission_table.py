"""The table holds for every route, and what one may not see looks like what is not there."""

import uuid
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponseBase

from tests.api import routes, stage
from tests.api.permission_table import ROWS, Row

WITH_ID = [row for row in ROWS if "{id}" in row.route]


@pytest.fixture
def scene(world, write, client_of) -> stage.Stage:
    return stage.build(world, write, client_of)


def test_every_route_has_a_row_and_every_row_a_route():
    found, listed = routes.discovered(), {row.route for row in ROWS}
    missing = [f'add Row("{route}", "...") to permission_table.py' for route in found - listed]
    stale = [f"remove {route} from permission_table.py: no such route" for route in listed - found]
    assert not missing + stale, "\n".join(sorted(missing + stale))


def test_everybody_gets_the_answer_of_the_table(scene, subtests):
    for row in ROWS:
        with subtests.test(str(row)):
            given = " ".join(str(ask(scene, asker, row).status_code) for asker in stage.ASKERS)
            assert given == row.answers, f"{row}: {' '.join(stage.ASKERS)}"


def test_what_one_may_not_see_is_like_what_is_not_there(scene, subtests):
    for row in WITH_ID:
        with subtests.test(str(row)):
            expected = dict(zip(stage.ASKERS, row.answers.split(), strict=True))
            assert expected["charlie"] == "404", "a stranger never learns that something exists"
            for asker in stage.ASKERS:
                if expected[asker] in {"401", "403", "404"} and not seen_by(asker, scene, row):
                    nobody_s = wire(ask(scene, asker, row, object_id=str(uuid.uuid4())))
                    assert wire(ask(scene, asker, row)) == nobody_s, asker


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "TRACE"])
def test_no_other_method_tells_what_exists_either(method, scene, subtests):
    for path, row in {row.route.split()[1]: row for row in WITH_ID}.items():
        other = Row(f"{method} {path}", row.answers, on=row.on, body=row.body)
        with subtests.test(path):
            there = wire(ask(scene, "charlie", other))
            assert there == wire(ask(scene, "charlie", other, object_id=str(uuid.uuid4())))


def ask(scene: stage.Stage, asker: str, row: Row, object_id: str = "") -> HttpResponseBase:
    """Answer to the row's request; whatever it wrote is rolled back."""
    with transaction.atomic():
        answer = put(scene, asker, row, object_id)
        transaction.set_rollback(True)
    return answer


def put(scene: stage.Stage, asker: str, row: Row, object_id: str = "") -> HttpResponseBase:
    """Answer to the row's request."""
    method, path = row.route.split()
    if "{id}" in path:
        path = path.replace("{id}", object_id or scene.ids[row.on])
    client: Any = scene.clients[asker]
    body = {} if row.body is None else encoded(scene.fill(row.body))
    answer: HttpResponseBase = client.generic(method, path, **body)
    return answer


def encoded(body: dict[str, Any]) -> dict[str, Any]:
    return {"data": stage.dumps(body), "content_type": "application/json"}


def seen_by(asker: str, scene: stage.Stage, row: Row) -> bool:
    """Whether the asker may read the object: only then may a refusal differ."""
    kind = row.route.split()[1].partition("/{id}")[0]
    answer = scene.clients[asker].get(f"{kind}/{scene.ids[row.on]}")
    return bool(answer.status_code == 200)


def wire(answer: HttpResponseBase) -> tuple[Any, ...]:
    """Status, headers but the request's own id, and body, as they are sent."""
    headers = {name: value for name, value in answer.items() if name != "X-Request-ID"}
    return answer.status_code, headers, b"".join(iter(answer))
