"""Reviewers split requests and join them, and it stays so."""

import uuid

import pytest

from apps.accounts.actors import of_user
from apps.audit.models import AuditEvent
from apps.curation.core.policy import DEFAULT
from apps.curation.core.reliability import Rate
from apps.curation.models import (
    Candidate,
    ClusterMember,
    Decision,
    Link,
    Ruling,
    RulingNote,
)
from apps.curation.services import candidates, exhibits, policies, quality, regrouping
from apps.curation.services.replay import Scope
from apps.kernel.errors import Conflict, Forbidden, Invalid, PreconditionFailed, ReadOnly
from apps.memories.models import Memory
from apps.memories.services import memories
from apps.spaces.services import grants
from tests.curation.conftest import SEAL

CLEATS = (
    "Rust on the quay cleats comes from the de-icing salt we put down in winter",
    "The salt for de-icing is what makes the cleats on the quay rust every winter",
)
ROWS = (Memory, Decision, Candidate, Ruling, RulingNote, ClusterMember, AuditEvent)


def member(candidate, text):
    """The id of the member with this text."""
    shown = exhibits.members_of([candidate])[candidate.pk]
    return next(one.id for one in shown if one.text == text)


def texts(candidate):
    return {one.text for one in exhibits.members_of([candidate])[candidate.pk]}


def together(*said):
    """Whether these texts are in one cluster."""
    rows = ClusterMember.objects.filter(memory__text__in=said)
    return len(set(rows.values_list("cluster_id", flat=True))) == 1


def counted(company):
    """Rows by table, but for those that say that a run took place."""
    events = AuditEvent.objects.exclude(action__startswith="run.").count()
    return [model.objects.count() for model in ROWS[:-1]] + [events]


def test_what_is_split_off_stays_off_in_later_runs(company, reviewer, request_row):
    assert together(*SEAL)
    done = regrouping.split(
        actor=reviewer,
        candidate=request_row,
        members=[member(request_row, SEAL[1])],
        reason="another season",
        expected_revision=request_row.revision,
    )
    assert (done.status, done.revision) == ("pending", request_row.revision + 1)
    assert texts(done) == {SEAL[0], SEAL[2]}
    assert together(SEAL[0], SEAL[2])
    assert not together(SEAL[0], SEAL[1])
    company.run()
    after = counted(company)
    company.run()
    assert counted(company) == after
    assert together(SEAL[0], SEAL[2])
    assert not together(SEAL[0], SEAL[1])
    assert Candidate.objects.get().pk == request_row.pk
    assert texts(Candidate.objects.get()) == {SEAL[0], SEAL[2]}
    event = AuditEvent.objects.get(action="candidate.split")
    assert (event.reason, event.object_ids) == ("another season", [request_row.public_id])


def test_both_parts_have_a_request_when_both_deserve_one(company, reviewer, chatter):
    chatter()
    said = (*SEAL, "Winter: Nordics pumps ship with glycol filled and test water drained.")
    for person, text in zip((1, 2, 5, 6), said, strict=True):
        company.say(person, text)
    company.run()
    row = Candidate.objects.get()
    gone = [member(row, SEAL[0]), member(row, said[3])]
    regrouping.split(actor=reviewer, candidate=row, members=gone)
    company.run()
    assert sorted(len(texts(one)) for one in Candidate.objects.pending()) == [2, 2]


def test_the_words_of_what_was_split_off_are_not_published(reviewer, request_row):
    done = regrouping.split(
        actor=reviewer, candidate=request_row, members=[member(request_row, request_row.text)]
    )
    assert done.text in set(SEAL) - {request_row.text}
    published = candidates.approve(actor=reviewer, candidate=done).published
    assert published is not None
    assert published.provenance.count() == 2


def test_a_rest_that_nobody_else_says_asks_nobody(company, reviewer, request_row):
    gone = [member(request_row, SEAL[0]), member(request_row, SEAL[1])]
    regrouping.split(actor=reviewer, candidate=request_row, members=gone)
    company.run()
    request_row.refresh_from_db()
    assert request_row.status == "withdrawn"


def test_copies_go_with_what_they_copy(company, reviewer, request_row):
    company.say(3, SEAL[1].upper())
    company.run()
    row = Candidate.objects.get()
    assert len(texts(row)) == 4
    done = regrouping.split(actor=reviewer, candidate=row, members=[member(row, SEAL[1])])
    assert texts(done) == {SEAL[0], SEAL[2]}


def test_a_new_note_may_join_either_part(company, reviewer, request_row):
    regrouping.split(actor=reviewer, candidate=request_row, members=[member(request_row, SEAL[1])])
    company.say(6, SEAL[0].replace("Pumps that go", "All pumps going"))
    company.run()
    row = Candidate.objects.get(pk=request_row.pk)
    assert len(texts(row)) == 3


def test_a_verdict_lapses_with_the_words_it_was_about(company, reviewer, request_row):
    regrouping.split(actor=reviewer, candidate=request_row, members=[member(request_row, SEAL[1])])
    memory = Memory.objects.get(text=SEAL[1])
    better = SEAL[1].replace("Drain the test water", "Drain all test water")
    memories.revise(actor=of_user(company.people[2]), memory=memory, changes={"text": better})
    company.run()
    assert together(SEAL[0], better)
    memories.revise(actor=of_user(company.people[2]), memory=memory, changes={"text": SEAL[1]})
    company.run()
    assert not together(SEAL[0], SEAL[1])


@pytest.mark.parametrize("members", [[], [uuid.uuid4()], "all"])
def test_a_split_names_some_members_and_leaves_some(reviewer, request_row, members):
    shown = exhibits.members_of([request_row])[request_row.pk]
    chosen = [one.id for one in shown] if members == "all" else members
    with pytest.raises(Invalid) as refused:
        regrouping.split(actor=reviewer, candidate=request_row, members=chosen)
    assert refused.value.attr == "members"
    assert not Ruling.objects.exists()


def test_members_of_another_request_are_no_members(company, reviewer, request_row):
    for person, text in zip((1, 5), CLEATS, strict=True):
        company.say(person, text)
    company.run()
    other = Candidate.objects.exclude(pk=request_row.pk).get()
    with pytest.raises(Invalid):
        regrouping.split(actor=reviewer, candidate=request_row, members=[member(other, CLEATS[0])])


def test_who_may_not_approve_may_not_split_or_join(company, request_row):
    bystander = of_user(company.people[1])
    chosen = [member(request_row, SEAL[1])]
    with pytest.raises(Forbidden):
        regrouping.split(actor=bystander, candidate=request_row, members=chosen)
    with pytest.raises(Invalid):
        regrouping.join(actor=bystander, candidate=request_row, other=request_row.public_id)


def test_a_stale_page_splits_nothing(company, reviewer, request_row):
    chosen = [member(request_row, SEAL[1])]
    with pytest.raises(PreconditionFailed):
        regrouping.split(actor=reviewer, candidate=request_row, members=chosen, expected_revision=9)
    company.root.read_only = True
    company.root.save()
    with pytest.raises(ReadOnly):
        regrouping.split(actor=reviewer, candidate=request_row, members=chosen)


@pytest.fixture
def two_rows(company, reviewer, request_row):
    """Two pending requests, of which the reviewer knows that they are one fact.

    What is joined counts as certain and might be published by its people alone.
    """
    policies.change(
        actor=reviewer, space=company.root, values={"review_first": True}, reason="to look at it"
    )
    for person, text in zip((1, 2), CLEATS, strict=True):
        company.say(person, text)
    company.run()
    first, second = Candidate.objects.order_by("pk")
    assert {first.target, second.target} == {company.root, company.north}
    return first, second


def test_what_is_joined_stays_together_in_later_runs(company, reviewer, two_rows):
    first, second = two_rows
    done = regrouping.join(
        actor=reviewer,
        candidate=second,
        other=first.public_id,
        reason="both are about salt",
        expected_revision=second.revision,
    )
    assert done.target == company.root
    assert texts(done) == {*SEAL, *CLEATS}
    first.refresh_from_db()
    assert (first.status, first.reason) == ("withdrawn", "joined")
    company.run()
    after = counted(company)
    company.run()
    assert counted(company) == after
    row = Candidate.objects.pending().get()
    assert (row.pk, row.target) == (second.pk, company.root)
    assert texts(row) == {*SEAL, *CLEATS}
    assert together(*SEAL, *CLEATS)
    links = row.members.values_list("link", flat=True)
    assert sorted(links) == [Link.CERTAIN, *[Link.REVIEWER] * 4]
    signals = row.decision.inputs["signals"]
    assert signals["certain_people"] == 3  # two of them said both
    assert AuditEvent.objects.filter(action="candidate.join").count() == 1


def test_what_was_joined_is_approved_with_all_its_sources(company, reviewer, two_rows):
    first, second = two_rows
    done = regrouping.join(actor=reviewer, candidate=first, other=second.public_id)
    published = candidates.approve(actor=reviewer, candidate=done).published
    assert published is not None
    assert published.provenance.count() == 5
    run = company.run()
    assert run.counts["new"]["requests"] == run.counts["new"]["published"] == 0


def test_what_was_joined_can_be_split_again(company, reviewer, two_rows):
    first, second = two_rows
    done = regrouping.join(actor=reviewer, candidate=first, other=second.public_id)
    gone = [member(done, text) for text in CLEATS]
    regrouping.split(actor=reviewer, candidate=done, members=gone)
    company.run()
    assert not together(SEAL[0], CLEATS[0])
    assert together(*CLEATS)
    assert {frozenset(texts(row)) for row in Candidate.objects.pending()} == {
        frozenset(SEAL),
        frozenset(CLEATS),
    }


def test_what_differs_for_certain_is_not_joined(company, reviewer, request_row):
    for length in (12, 15):
        company.say(1, f"The ladder at dock 4 is {length} m long and made of steel")
        company.say(2, f"Dock 4: ladder made of steel, {length} m long")
    company.run()
    rows = Candidate.objects.exclude(pk=request_row.pk)
    one, two = rows.order_by("pk")
    with pytest.raises(Conflict, match="number"):
        regrouping.join(actor=reviewer, candidate=one, other=two.public_id)
    assert not Ruling.objects.exists()


def test_a_join_reaches_no_further_than_the_reviewer(company, two_rows):
    first, second = two_rows
    local = company.people[3]
    grants.grant(space=company.north, person=local, role="reviewer", by=of_user(local).by)
    with pytest.raises(Invalid):
        regrouping.join(actor=of_user(local), candidate=second, other=first.public_id)


def test_a_decided_request_is_not_joined(reviewer, two_rows):
    first, second = two_rows
    candidates.reject(actor=reviewer, candidate=second, reason="wrong")
    with pytest.raises(Conflict, match="rejected"):
        regrouping.join(actor=reviewer, candidate=first, other=second.public_id)


def test_splits_and_joins_are_counted_as_what_went_wrong(company, reviewer, two_rows):
    first, second = two_rows
    regrouping.split(actor=reviewer, candidate=first, members=[member(first, SEAL[1])])
    done = regrouping.join(actor=reviewer, candidate=first, other=second.public_id)
    candidates.reject(actor=reviewer, candidate=done, reason="wrong")
    rates = quality.measure(scope=Scope.whole(company.organisation), policy=DEFAULT).rates
    assert (rates.false_merge, rates.false_split) == (Rate(1, 1), Rate(1, 1))
