"""Canon on the desk: read, compared, discussed, approved and merged, and never obeyed."""

import pytest

from apps.accounts.actors import of_user
from apps.canon.models import ChangeProposal, Document
from apps.canon.services import proposals

LIST, PROPOSALS = "/desk/canon/document/", "/desk/canon/changeproposal/"
HOSTILE = (
    "---\ntitle: <script>t()</script>\n---\n\n"
    "<script>alert(1)</script> [x](javascript:y) \u202e\n\n"
    "![p](https://tracker.example/p.png)\n"
)


@pytest.fixture
def proposal(world):
    draft = proposals.Draft(
        space=world.team.public_id, path="hard/a.md", content=HOSTILE, reason="<b>why</b>"
    )
    return proposals.propose(actor=of_user(world.bob), draft=draft)


def test_from_the_list_to_canon(desk, world, proposal):
    assert "hard/a.md" in desk.get(PROPOSALS).content.decode()
    page = f"{PROPOSALS}{proposal.public_id}/"
    shown = desk.get(page).content.decode()
    assert "still missing: 1" in shown
    assert "U+202E" in shown
    assert "<h2>Checks</h2>" in shown
    assert desk.post(f"{page}comment", {"text": "<i>hm</i>"}).status_code == 302
    early = desk.post(f"{page}merge", {"sha256": proposal.sha256})
    assert early.status_code == 409
    assert "more people must approve" in early.content.decode()
    assert desk.post(f"{page}approve", {"sha256": "0" * 64}).status_code == 412
    assert desk.post(f"{page}approve", {"sha256": proposal.sha256}).status_code == 302
    assert desk.post(f"{page}merge", {"sha256": proposal.sha256}).status_code == 302
    assert "Checks" not in desk.get(page).content.decode(), "its own document has its path now"
    document = Document.objects.get()
    assert "hard/" in desk.get(LIST).content.decode()
    for address in (f"{LIST}{document.public_id}/", page, LIST, PROPOSALS):
        body = desk.get(address).content.decode()
        for never in ("<script>alert", "<script>t()", 'href="javascript', 'src="https://tracker',
                      "\u202e", "<b>why</b>", "<i>hm</i>"):  # fmt: skip
            assert never not in body, (address, never)


def test_revisions_are_compared(desk, world, proposal):
    for number, words in ((1, "One."), (2, "Two."), (3, "Three.")):
        draft = proposals.Draft(
            space=world.team.public_id, path="b.md", content=f"---\ntitle: B\n---\n\n{words}\n"
        )
        made = proposals.propose(actor=of_user(world.bob), draft=draft)
        page = f"{PROPOSALS}{made.public_id}/"
        desk.post(f"{page}approve", {"sha256": made.sha256})
        assert desk.post(f"{page}merge", {"sha256": made.sha256}).status_code == 302, number
    address = f"{LIST}{Document.objects.get(path='b.md').public_id}/"
    newest = desk.get(address).content.decode()
    assert "from revision 2 to 3" in newest
    compared = desk.get(address, {"revision": "3", "against": "1"}).content.decode()
    assert "from revision 1 to 3" in compared
    assert "One." in compared
    assert desk.get(address, {"revision": "99"}).status_code == 200


def test_a_rejection_needs_a_reason_and_strangers_see_nothing(desk, desk_of, world, proposal):
    page = f"{PROPOSALS}{proposal.public_id}/"
    assert desk.post(f"{page}withdraw", {"reason": ""}).status_code == 400
    assert desk.post(f"{page}withdraw", {"reason": "No."}).status_code == 302
    assert ChangeProposal.objects.get().status == "rejected"
    assert desk_of(world.charlie).get(page).status_code == 302
