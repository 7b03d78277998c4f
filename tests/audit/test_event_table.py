"""Every route leaves exactly the events of the table; a refusal leaves one, what is not there none.

The answers are those of `tests/api/permission_table.py`, and of an administrator besides.
"""

import pytest
from django.db import transaction

from apps.accounts import handlers
from apps.audit.models import AuditEvent
from apps.spaces.models import Membership
from tests.api import stage
from tests.api.permission_table import ROWS
from tests.api.test_permission_table import put
from tests.audit.event_table import EVENTS, OTHERS


@pytest.fixture
def scene(world, write, client_of, monkeypatch):
    """The stage, with Dora as administrator; every refusal has its event, however many come."""
    monkeypatch.setattr(handlers, "_EACH", 10**6)
    Membership.objects.filter(person=world.dora).update(role="admin")
    made = stage.build(world, write, client_of)
    made.clients["dora"] = client_of(world.dora)
    return made


def left(scene, asker, row):
    """Status of the answer, and what it left in the audit; both are taken back."""
    last = AuditEvent.objects.latest("id").pk
    with transaction.atomic():
        status = put(scene, asker, row).status_code
        found = AuditEvent.objects.filter(pk__gt=last).order_by("id")
        actions = " ".join(found.values_list("action", flat=True))
        transaction.set_rollback(True)
    return status, actions


def expected(row, status):
    if status < 300:
        return EVENTS[row.route].split(" or ")
    return ["access.deny"] if status == 403 else [""]


def test_every_route_has_a_line_and_every_line_a_route():
    routes = {row.route for row in ROWS}
    missing = sorted(routes - set(EVENTS) - set(OTHERS))
    assert not missing, "add to tests/audit/event_table.py:\n" + "\n".join(missing)
    assert set(EVENTS) | set(OTHERS) <= routes


def test_every_answer_leaves_exactly_its_events(scene, subtests):
    answered = set()
    for row in ROWS:
        for asker in (*stage.ASKERS, "dora"):
            with subtests.test(f"{asker} {row}"):
                status, actions = left(scene, asker, row)
                if status < 300:
                    answered.add(row.route)
                assert actions in expected(row, status), status
    assert answered == set(EVENTS)
