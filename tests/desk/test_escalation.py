"""From a request or a shared memory to a proposal for canon."""

import pytest

from apps.accounts.actors import of_user
from apps.audit.models import AuditEvent
from apps.canon.models import ChangeProposal, ProposalSource
from apps.curation.services import candidates, policies
from apps.memories.models import Memory
from tests.desk.conftest import page_of
from tests.desk.stage import Said, propose


def asked(candidate, **more):
    shown = {"expected_revision": candidate.revision, "escalate-title": "Orders at Halden"}
    return shown | {f"escalate-{name}": value for name, value in more.items()}


def test_a_pending_request_is_published_and_proposed_in_one_step(desk, request_row):
    body = desk.get(page_of(request_row)).content.decode()
    assert "Publish and open a proposal" in body
    told = desk.post(page_of(request_row, "escalate"), asked(request_row, reason="We rely on it."))
    proposal = ChangeProposal.objects.get()
    assert told.headers["Location"].endswith(f"/changeproposal/{proposal.public_id}/")
    request_row.refresh_from_db()
    published = request_row.published
    assert (request_row.status, published.text) == ("approved", "Halden needs orders before 14:00.")
    assert (proposal.space, proposal.origin, proposal.reason, proposal.status) == (
        published.space, "request", "We rely on it.", "open",
    )  # fmt: skip
    assert "title: Orders at Halden" in proposal.content
    assert ProposalSource.objects.get(proposal=proposal).memory == published
    assert AuditEvent.objects.filter(action="canon.propose").count() == 1
    page = desk.get(f"/desk/canon/changeproposal/{proposal.public_id}/")
    assert "Halden needs orders before 14:00." in page.content.decode()


def test_what_is_published_is_proposed_from_its_request_and_its_own_page(desk, alice, request_row):
    done = candidates.approve(actor=of_user(alice), candidate=request_row)
    assert done.published is not None
    assert "Propose it for canon" in desk.get(page_of(done)).content.decode()
    assert desk.post(page_of(done, "escalate"), asked(done)).status_code == 302
    memory = f"/desk/memories/memory/{done.published.public_id}/"
    page = desk.get(memory)
    assert [one.path for one in page.context["proposals"]] == ["orders-at-halden.md"]
    assert desk.post(f"{memory}escalate", {"escalate-title": "Another title"}).status_code == 302
    assert ChangeProposal.objects.count() == 1, "asked twice, the open one answers"


def test_where_two_must_approve_nothing_happens_at_all(desk, world, request_row):
    policies.change(
        actor=of_user(world.alice), space=world.team, values={"approvals": 2}, reason="Four eyes."
    )
    answer = desk.post(page_of(request_row, "escalate"), asked(request_row))
    assert answer.status_code == 409
    assert "Several reviewers have to approve this request first." in answer.content.decode()
    request_row.refresh_from_db()
    assert request_row.status == "pending"
    assert request_row.approvals.count() == ChangeProposal.objects.count() == 0


def test_a_stale_page_and_one_s_own_words_escalate_nothing(desk, world, request_row):
    stale = asked(request_row) | {"expected_revision": 9}
    assert desk.post(page_of(request_row, "escalate"), stale).status_code == 412
    mine = propose(world.team, [Said(world.alice, "I alone say so.")])
    assert desk.post(page_of(mine, "escalate"), asked(mine)).status_code == 403
    assert not ChangeProposal.objects.exists()
    assert not Memory.objects.filter(source="promotion").exists()


@pytest.mark.parametrize("place", ["personal", "secret", "retracted"])
def test_only_what_is_shared_and_in_force_can_be_proposed(desk, world, write, place):
    if place == "personal":
        memory = write(world.alice, "My own note.")
    else:
        memory = write(world.alice, "A team's note.", space=world.team)
        changed = {"status": "retracted"} if place == "retracted" else {"sensitivity": "secret"}
        Memory.objects.filter(pk=memory.pk).update(**changed)
    address = f"/desk/memories/memory/{memory.public_id}/"
    assert desk.get(address).context["for_canon"] is False
    assert desk.post(f"{address}escalate", {}).headers["Location"] == address
    assert not ChangeProposal.objects.exists()


def test_a_stranger_escalates_nothing(desk_of, world, request_row):
    assert desk_of(world.bob).post(page_of(request_row, "escalate")).status_code == 302
    assert not ChangeProposal.objects.exists()
