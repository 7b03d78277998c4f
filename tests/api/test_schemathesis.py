"""Generated requests over every operation of the OpenAPI document: no answer is a 5xx.

`SCHEMATHESIS_EXAMPLES` sets the budget per operation (default 8); the examples are the same in
every run: `SCHEMATHESIS_EXAMPLES=200 make test ARGS="-k schemathesis"` looks deeper.
"""

import os
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from apps.accounts.services import tokens
from memoryhub.wsgi import application
from tests.api import stage

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "8"))
MODES = list(schemathesis.GenerationMode)  # what the document allows, and what it does not


@pytest.fixture
def scene(transactional_db, world, write, client_of) -> stage.Stage:
    """Something to find; outside a transaction, so that a database error stays one request's."""
    return stage.build(world, write, client_of)


@pytest.fixture
def credential(scene, world) -> dict[str, str]:
    """Header of a token of Alice, who curates, with every scope."""
    scopes = ["read", "write", "review", "manage"]
    return {"Authorization": f"Bearer {tokens.issue(user=world.alice, name='f', scopes=scopes)[1]}"}


@pytest.mark.slow
def test_no_generated_request_makes_the_server_fail(scene, credential, subtests):
    document = schemathesis.openapi.from_wsgi("/api/schema", application)
    tried = 0
    for result in document.get_all_operations():
        operation: Any = result.ok()  # type: ignore[union-attr]  # an Err fails the test here
        tried += 1
        with subtests.test(operation.label):
            _try(operation, credential, _real_ids(operation.path, scene))
    assert tried >= 25, "the document lost its operations"


def _try(operation: Any, headers: dict[str, str], real_ids: list[str]) -> None:
    """Half of the requests for one object are for an object that exists."""
    cases = st.one_of([operation.as_strategy(generation_mode=mode) for mode in MODES])
    ids = st.sampled_from([None, *real_ids])

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, real_id=ids)
    def run(case: Any, real_id: str | None) -> None:
        if real_id is not None:
            case.path_parameters["id"] = real_id
        answer = case.call(headers=headers)
        assert answer.status_code < 500, case.as_curl_command(headers)

    typed: Callable[[], None] = run
    typed()


def _real_ids(path: str, scene: stage.Stage) -> list[str]:
    """Public ids of existing objects that `{id}` of the path could mean."""
    by_kind = {"memories": "note in ", "spaces": "team", "tokens": "reader", "agents": "agent"}
    wanted = by_kind.get(path.split("/")[3], path.split("/")[3].rstrip("s"))
    if "{id}" not in path:
        return []
    return [public_id for name, public_id in scene.ids.items() if name.startswith(wanted)]
