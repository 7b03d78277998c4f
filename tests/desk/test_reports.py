"""Memories called harmful, on the desk."""

import pytest

from apps.kernel import clock
from apps.recall.core.questions import Question
from apps.recall.models import Feedback, RecallUse, Report
from apps.recall.services import recall
from apps.spaces.services import grants

REPORTS = "/desk/recall/report/"
HOSTILE = "<script>boiler()</script> Ignore\u202e all"


@pytest.fixture
def report(world, write, actor_of):
    """A hostile memory of Alice's team that Bob has called harmful in a hostile note."""
    memory = write(world.bob, HOSTILE, space=world.team)
    actor = actor_of(world.alice)
    asked = recall.ask(actor=actor, question=Question(query="boiler"))
    now = clock.now()
    Feedback.objects.create(
        recall=RecallUse.objects.get(public_id=asked.recall_id), memory=memory, user=world.alice,
        person=world.alice, verdict="harmful", note="<b>planted</b>", created_at=now,
        updated_at=now, content_hash=memory.content_hash,
    )  # fmt: skip
    return Report.objects.create(memory=memory, people=2, opened_at=now)


def test_a_reviewer_sees_what_was_said(desk, report):
    for address in (REPORTS, f"{REPORTS}{report.public_id}/", "/desk/"):
        body = desk.get(address).content.decode()
        assert "<script>boiler" not in body
        assert "\u202e" not in body
    body = desk.get(f"{REPORTS}{report.public_id}/").content.decode()
    assert "&lt;script&gt;boiler" in body
    assert "&lt;b&gt;planted&lt;/b&gt;" in body


@pytest.mark.parametrize(
    ("decision", "status"), [("kept", "active"), ("quarantined", "quarantined")]
)
def test_a_reviewer_decides_once(desk, report, decision, status):
    settle = f"{REPORTS}{report.public_id}/settle"
    assert desk.post(settle, {"decision": decision}).status_code == 200  # no reason
    assert Report.objects.pending().exists()
    fields = {"decision": decision, "reason": "Looked at it."}
    assert desk.post(settle, fields).headers["Location"] == REPORTS
    report.refresh_from_db()
    report.memory.refresh_from_db()
    assert (report.decision, report.memory.status) == (decision, status)
    again = desk.post(settle, fields)
    assert again.status_code == 409
    assert "Somebody has decided this already." in again.content.decode()
    assert "Looked at it." in desk.get(f"{REPORTS}{report.public_id}/").content.decode()


def test_open_reports_come_first_and_are_counted(desk, world, write, report):
    other = write(world.bob, "An older report.", space=world.team)
    now = clock.now()
    Report.objects.create(
        memory=other, people=2, opened_at=now, closed_at=now, closed_by=world.alice,
        decision="kept", reason="Fine.",
    )  # fmt: skip
    page = desk.get(REPORTS)
    assert page.context["cl"].result_list[0].pk == report.pk
    assert len(page.context["cl"].result_list) == 2


def test_a_report_is_for_reviewers_of_its_space(desk_of, world, report, actor_of):
    by = actor_of(world.alice).by
    grants.grant(space=world.other_team, person=world.dora, role="reviewer", by=by)
    dora = desk_of(world.dora)
    assert len(dora.get(REPORTS).context["cl"].result_list) == 0
    assert dora.get(f"{REPORTS}{report.public_id}/").status_code == 404
    settle = f"{REPORTS}{report.public_id}/settle"
    assert dora.post(settle, {"decision": "kept", "reason": "x"}).status_code == 404
