"""The archivist's proposals on the desk: shown beside their sources, decided on, never obeyed."""

import pytest

from apps.consolidation.models import Proposal
from apps.consolidation.services import runs
from apps.memories.models import Memory

LIST = "/desk/consolidation/proposal/"
SAID = ("Gate 4 opens at nine every single working day. <script>t()</script>",
        "Gate 4 opens at nine each and every working day. <script>t()</script>")  # fmt: skip


@pytest.fixture
def proposal(world, write):
    for person, text in zip((world.alice, world.bob), SAID, strict=True):
        write(person, text, space=world.team)
    return runs.execute(run_id=runs.queue(space=world.team).pk).proposals.get()


def test_it_is_shown_beside_its_sources_and_carried_out(desk, world, proposal):
    page = f"{LIST}{proposal.public_id}/"
    for address in (LIST, page):
        body = desk.get(address).content.decode()
        assert "Gate 4 opens at nine" in body
        assert "<script>t()" not in body
    assert all(
        name in desk.get(page).content.decode() for name in ("Alice", "Bob", "each and every")
    )
    assert desk.post(f"{page}reject", {"reason": ""}).status_code == 400
    assert desk.get(f"{page}approve").status_code == 405
    assert desk.post(f"{page}approve", {}).status_code == 302
    active = Memory.objects.filter(space=world.team, status="active")
    assert [memory.text for memory in active] == [proposal.text]
    again = desk.post(f"{page}approve", {})
    assert again.status_code == 409
    assert "already" in again.content.decode()


def test_it_is_turned_down_with_a_reason(desk, world, proposal):
    page = f"{LIST}{proposal.public_id}/"
    assert desk.post(f"{page}reject", {"reason": "Two <b>gates</b>."}).status_code == 302
    assert Proposal.objects.get().status == "rejected"
    body = desk.get(page).content.decode()
    assert "Two" in body
    assert "<b>gates" not in body
