"""The job has no more rights than the worker's role."""

import pytest

from apps.governance.services import erasures, residue, retention
from apps.kernel import isolation
from apps.kernel.isolation import Context

pytestmark = pytest.mark.django_db


def test_the_worker_erases_everything(canary, world):
    erasure = erasures.queue(organisation=world.organisation, person=world.alice, reason="Asked.")
    with isolation.within(Context(role=isolation.WORKER)):
        done = erasures.execute(erasure_id=erasure.pk)
        assert retention.nightly() == 0
    assert done.state == "done"
    assert residue.tables_with(canary.needle) == {}
