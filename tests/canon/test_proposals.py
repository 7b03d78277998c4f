"""From a proposal to canon: who may, what counts, and what the database refuses."""

import threading
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.db.utils import InternalError, ProgrammingError

from apps.accounts.actors import of_user
from apps.audit.models import AuditEvent
from apps.canon.models import ChangeProposal, Document, Revision
from apps.canon.services import merging, proposals, reading, rules
from apps.kernel.errors import Conflict, Forbidden, Invalid, NotFound, PreconditionFailed
from apps.memories.services import memories
from tests.canon.conftest import text


def test_what_was_approved_becomes_canon(world, publish):
    revision = publish("playbooks/returns.md", text("Returns"))
    assert revision.document.path == "playbooks/returns.md"
    assert (revision.number, revision.position, revision.title) == (1, 1, "Returns")
    assert revision.content == text("Returns")
    assert revision.witness["approvers"] == [str(world.alice.public_id)]
    event = AuditEvent.objects.get(action="canon.merge")
    assert event.detail["sha256"] == revision.sha256


def test_nobody_approves_their_own_nor_their_agent_s(world, propose, make_agent):
    own = propose("a.md", text("A"), by=world.alice)
    agent, _, _ = make_agent(world.alice)
    hers = propose("b.md", text("B"), by=agent)
    for proposal in (own, hers):
        with pytest.raises(Forbidden, match="Nobody approves"):
            proposals.approve(actor=of_user(world.alice), proposal=proposal, sha256=proposal.sha256)


def test_only_reviewers_approve_and_merge(world, propose, robin):
    proposal = propose("a.md", text("A"), by=world.alice)
    for deed in (
        lambda actor: proposals.approve(actor=actor, proposal=proposal, sha256=proposal.sha256),
        lambda actor: merging.merge(actor=actor, proposal=proposal),
    ):
        with pytest.raises(Forbidden, match="do not review"):
            deed(of_user(world.bob))


def test_approvals_of_old_bytes_do_not_count(world, propose, approve):
    proposal = propose("a.md", text("A"))
    approve(proposal, world.alice)
    changed = proposals.revise(
        actor=of_user(world.bob), proposal=proposal, content=text("A", "Other words.")
    )
    with pytest.raises(merging.ApprovalsMissing):
        merging.merge(actor=of_user(world.alice), proposal=changed)
    with pytest.raises(PreconditionFailed):
        proposals.approve(actor=of_user(world.alice), proposal=changed, sha256=proposal.sha256)
    approve(changed, world.alice)
    assert merging.merge(actor=of_user(world.alice), proposal=changed).content.endswith("words.\n")


def test_two_people_and_the_owner_of_the_path(world, propose, approve, robin):
    rules.change(
        actor=of_user(world.alice),
        space=world.team,
        values={
            "approvals": 1,
            "owners": [{"glob": "legal/**", "people": [str(robin.public_id)]}],
        },
        reason="Robin knows the law.",
    )
    proposal = propose("legal/a.md", text("A"))
    approve(proposal, world.alice)
    with pytest.raises(merging.ApprovalsMissing, match="answers for this path"):
        merging.merge(actor=of_user(world.alice), proposal=proposal)
    approve(proposal, robin)
    assert merging.merge(actor=of_user(world.alice), proposal=proposal).number == 1
    other = propose("other.md", text("B"))
    approve(other, world.alice)
    assert merging.merge(actor=of_user(world.alice), proposal=other).number == 1


def test_rules_are_inherited_and_need_a_manager_a_reason_and_known_people(world, robin):
    assert rules.of_space(world.team).version == 0
    rules.change(
        actor=of_user(world.alice), space=world.root, values={"approvals": 2}, reason="Four eyes."
    )
    assert rules.of_space(world.team).rules.approvals == 2
    with pytest.raises(Forbidden):
        rules.change(actor=of_user(robin), space=world.team, values={}, reason="x")
    stranger = [{"glob": "**", "people": [str(world.charlie.public_id)]}]
    for values, reason in (({}, " "), ({"approvals": 0}, "x"), ({"owners": stranger}, "x")):
        with pytest.raises(Invalid):
            rules.change(actor=of_user(world.alice), space=world.team, values=values, reason=reason)


def test_two_titles_never_overwrite_one_file(world, publish, propose, approve):
    publish("playbooks/Café.md", text("Café"))
    for path in ("playbooks/cafe\u0301.md", "Playbooks/CAFÉ.md"):
        again = propose(path, text("Another"))
        assert again.change == "change", "it is the same file, and so another revision of it"
        assert again.path == "playbooks/Café.md"
        with pytest.raises(Invalid, match="has this path"):
            propose(path, text("Another"), by=world.alice, space=world.root)
    twin = Document.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Document.objects.create(
            organisation=world.organisation, space=world.root, path="playbooks/CAFE\u0301.md",
            path_key=twin.path_key, created_at=twin.created_at,
        )  # fmt: skip


def test_who_proposed_the_same_path_second_is_told(world, propose, approve):
    first, second = propose("a.md", text("A")), propose("A.md", text("B"))
    approve(first, world.alice)
    approve(second, world.alice)
    merging.merge(actor=of_user(world.alice), proposal=first)
    with pytest.raises(merging.ChecksFailed, match="has this path"):
        merging.merge(actor=of_user(world.alice), proposal=second)


def test_a_change_against_an_old_revision_is_brought_up_to_date_first(world, publish, propose,
                                                                      approve):  # fmt: skip
    publish("a.md", text("A"))
    late = propose("a.md", text("A", "Late."))
    publish("a.md", text("A", "Meanwhile."))
    approve(late, world.alice)
    with pytest.raises(merging.ChecksFailed, match="changed since"):
        merging.merge(actor=of_user(world.alice), proposal=late)
    fresh = proposals.revise(
        actor=of_user(world.bob), proposal=late, content=text("A", "Meanwhile and late.")
    )
    approve(fresh, world.alice)
    assert merging.merge(actor=of_user(world.alice), proposal=fresh).number == 3


def test_retiring_takes_approval_of_the_bytes_that_end(world, publish, propose, approve):
    first = publish("a.md", text("A"))
    end = publish("a.md", retire=True)
    assert (end.retires, end.content) == (True, "")
    document = Document.objects.get()
    assert document.retired_at is not None
    with pytest.raises(NotFound):
        reading.revision_of(document, as_of=end.merged_at)
    assert reading.revision_of(document, as_of=first.merged_at) == first
    back = publish("a.md", text("A", "Back."))
    assert (back.number, Document.objects.get().retired_at) == (3, None)


def test_a_shared_memory_becomes_a_proposal_and_must_stay_true(world, write, propose, approve):
    note = write(world.bob, "Customers in Trondheim get 45 days.", space=world.team, tags=["sla"])
    proposal = propose("", memories=[note.public_id], title="Returns in Trondheim")
    assert proposal.path == "returns-in-trondheim.md"
    assert "45 days" in proposal.content
    assert proposal.origin == "memory"
    approve(proposal, world.alice)
    memories.retract(actor=of_user(world.bob), memory=note)
    with pytest.raises(merging.ChecksFailed, match="Sources that changed"):
        merging.merge(actor=of_user(world.alice), proposal=proposal)


def test_what_is_personal_or_hidden_is_no_source(world, write, propose):
    own = write(world.bob, "Mine alone.")
    secret = write(world.bob, "A secret.", space=world.team, sensitivity="restricted")
    theirs = write(world.dora, "Green's.", space=world.other_team)
    for note in (own, secret, theirs):
        with pytest.raises(Invalid, match="no such shared memory"):
            propose("a.md", text("A"), memories=[note.public_id])


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("See [that](missing.md).", "lead nowhere"),
        ("See [that](../../etc/passwd.md).", "lead nowhere"),
        ("The key is AKIAIOSFODNN7EXAMPLQ and nobody knows.", "secret"),
    ],
)
def test_checks_stand_before_a_merge(body, says, world, propose, approve):
    proposal = propose("a.md", text("A", body))
    approve(proposal, world.alice)
    with pytest.raises(merging.ChecksFailed, match=says):
        merging.merge(actor=of_user(world.alice), proposal=proposal)


def test_closed_is_closed(world, propose):
    proposal = propose("a.md", text("A"))
    with pytest.raises(Invalid, match="needs a reason"):
        proposals.withdraw(actor=of_user(world.alice), proposal=proposal)
    rejected = proposals.withdraw(
        actor=of_user(world.alice), proposal=proposal, reason="We have that."
    )
    assert rejected.status == "rejected"
    for deed in (
        lambda: proposals.withdraw(actor=of_user(world.bob), proposal=proposal),
        lambda: merging.merge(actor=of_user(world.alice), proposal=proposal),
    ):
        with pytest.raises(proposals.NotOpen):
            deed()


@pytest.mark.parametrize("table", ["canon_revision", "canon_approval"])
def test_the_database_keeps_what_was_merged(table, publish):
    publish("a.md", text("A"))
    for statement in (f"UPDATE {table} SET sha256 = repeat('0', 64)", f"DELETE FROM {table}"):
        with (
            transaction.atomic(),
            pytest.raises((InternalError, ProgrammingError), match="Cannot"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_the_database_knows_the_hash_of_a_revision(world, publish, propose):
    revision = publish("a.md", text("A"))
    other = propose("b.md", text("B"))
    with pytest.raises(IntegrityError, match="a_revision_is_its_hash"), transaction.atomic():
        Revision.objects.create(
            document=revision.document, space=world.team, number=2, position=2, proposal=other,
            content="Other bytes.", sha256=revision.sha256, title="A", witness={},
            merged_at=revision.merged_at,
        )  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_concurrent_merges_serialise(world, propose, approve, publish):
    publish("a.md", text("A"))
    rivals = [propose("a.md", text("A", f"Version {number}.")) for number in range(2)]
    others = [propose(f"b{number}.md", text("B", f"{number}")) for number in range(4)]
    for proposal in (*rivals, *others):
        approve(proposal, world.alice)
    start, outcomes = threading.Barrier(6), []

    def run(proposal: ChangeProposal) -> None:
        try:
            start.wait()
            merging.merge(actor=of_user(world.alice), proposal=proposal)
            outcomes.append("merged")
        except Conflict as error:
            outcomes.append(error.code)
        finally:
            connections.close_all()

    threads: list[Any] = [threading.Thread(target=run, args=[each]) for each in (*rivals, *others)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["checks_failed", *["merged"] * 5]
    positions = Revision.objects.order_by("position").values_list("position", flat=True)
    assert list(positions) == [1, 2, 3, 4, 5, 6]
    assert Revision.objects.filter(document__path="a.md").count() == 2
