"""Splits and joins are taken back for 30 days: all is as it was, and nothing is said of it."""

from datetime import timedelta

import pgtrigger
import pytest
from django.db import IntegrityError, transaction

from apps.accounts.actors import of_user
from apps.audit.models import AuditEvent
from apps.curation.core.reliability import Rate
from apps.curation.models import Candidate, ClusterMember, Ruling
from apps.curation.services import candidates, exhibits, quality, regrouping, undoing
from apps.curation.services.replay import Scope
from apps.kernel import clock
from apps.kernel.errors import Conflict, Forbidden
from apps.spaces.services import grants
from tests.curation.conftest import SEAL
from tests.curation.test_splits import CLEATS, member


@pytest.fixture
def two(company, request_row):
    """Two pending requests: of three notes, and of two about something else."""
    for person, text in zip((1, 5), CLEATS, strict=True):
        company.say(person, text)
    company.run()
    return request_row, Candidate.objects.exclude(pk=request_row.pk).get()


def state(candidate):
    """All of a request that a split or a join changes, but for its revision."""
    candidate.refresh_from_db()
    rows = candidate.members.values_list("memory", "person", "revision", "link", "independent")
    cluster = candidate.cluster
    return (
        candidate.status, candidate.text, candidate.members_hash, candidate.target_id,
        candidate.ranked_at, cluster.canonical_id, sorted(rows),
        sorted(ClusterMember.objects.filter(cluster=cluster).values_list("memory", flat=True)),
    )  # fmt: skip


def split(reviewer, row, text):
    return regrouping.split(actor=reviewer, candidate=row, members=[member(row, text)])


@pytest.mark.parametrize("which", [0, 1])
def test_a_split_taken_back_leaves_no_trace_in_the_request(company, reviewer, request_row, which):
    before = state(request_row)
    done = split(reviewer, request_row, SEAL[which])
    assert undoing.step(done) == "split"
    undoing.undo(actor=reviewer, candidate=done, reason="Same season.")
    assert state(request_row) == before
    assert undoing.step(request_row) is None
    with pytest.raises(undoing.NothingToUndo):
        undoing.undo(actor=reviewer, candidate=request_row)
    company.run()
    assert state(request_row) == before  # no ruling keeps them apart, and none ties them
    word = Ruling.objects.get(said="lifted")
    assert word.reason == "Same season."
    assert word.takes_back == Ruling.objects.get(said="apart")
    assert AuditEvent.objects.filter(action="candidate.undo").count() == 1
    assert quality.rates(Scope.seen_by(reviewer)).false_merge == Rate(0, 0)


def test_what_a_run_made_of_the_part_split_off_ends_with_it(company, reviewer, chatter):
    chatter()
    said = (*SEAL, "Winter: Nordics pumps ship with glycol filled and test water drained.")
    for person, text in zip((1, 2, 5, 6), said, strict=True):
        company.say(person, text)
    company.run()
    row = Candidate.objects.get()
    gone = [member(row, SEAL[0]), member(row, said[3])]
    done = regrouping.split(actor=reviewer, candidate=row, members=gone)
    company.run()
    own = Candidate.objects.pending().exclude(pk=row.pk).get()
    done.refresh_from_db()
    undoing.undo(actor=reviewer, candidate=done)
    own.refresh_from_db()
    assert (own.status, own.reason) == ("withdrawn", "split taken back")
    assert len(exhibits.members_of([row])[row.pk]) == 4


def test_what_was_decided_since_is_taken_back_first(company, reviewer, chatter):
    chatter()
    said = (*SEAL, "Winter: Nordics pumps ship with glycol filled and test water drained.")
    for person, text in zip((1, 2, 5, 6), said, strict=True):
        company.say(person, text)
    company.run()
    row = Candidate.objects.get()
    done = regrouping.split(
        actor=reviewer, candidate=row, members=[member(row, SEAL[0]), member(row, said[3])]
    )
    company.run()
    own = Candidate.objects.pending().exclude(pk=row.pk).get()
    candidates.reject(actor=reviewer, candidate=own, reason="wrong")
    with pytest.raises(Conflict, match="decided on since"):
        undoing.undo(actor=reviewer, candidate=done)


def test_a_join_taken_back_is_two_requests_again(company, reviewer, two):
    row, other = two
    before = state(row), state(other)
    done = regrouping.join(actor=reviewer, candidate=row, other=other.public_id)
    assert undoing.step(done) == "joined"
    undoing.undo(actor=reviewer, candidate=done)
    assert (state(row), state(other)) == before
    other.refresh_from_db()
    assert (other.reviewer, other.decided_at, other.reason) == (None, None, "")
    company.run()
    assert (state(row), state(other)) == before


def test_a_joined_request_that_went_on_stays(company, reviewer, two):
    row, other = two
    done = regrouping.join(actor=reviewer, candidate=row, other=other.public_id)
    Candidate.objects.filter(pk=other.pk).update(status="rejected")
    with pytest.raises(Conflict, match="where the join left it"):
        undoing.undo(actor=reviewer, candidate=done)


def test_the_later_of_an_edit_and_a_split_goes_first(reviewer, request_row):
    edited = candidates.edit(
        actor=reviewer, candidate=request_row, text="Drain pumps before winter."
    )
    done = split(reviewer, edited, SEAL[1])
    assert undoing.step(done) == "split"
    back = undoing.undo(actor=reviewer, candidate=done)
    assert (back.text, undoing.step(back)) == ("Drain pumps before winter.", "edited")
    again = split(reviewer, back, SEAL[1])
    later = candidates.edit(actor=reviewer, candidate=again, text="Drain all pumps in winter.")
    assert undoing.step(later) == "edited"
    assert undoing.step(undoing.undo(actor=reviewer, candidate=later)) == "split"


def test_after_thirty_days_it_stays(reviewer, request_row):
    done = split(reviewer, request_row, SEAL[1])
    with pgtrigger.ignore("curation.Ruling:append_only"):
        Ruling.objects.update(created_at=clock.now() - timedelta(days=30))
    with pytest.raises(undoing.TooLate):
        undoing.undo(actor=reviewer, candidate=done)


def test_who_does_not_review_the_space_takes_nothing_back(company, reviewer, request_row):
    done = split(reviewer, request_row, SEAL[1])
    with pytest.raises(Forbidden):
        undoing.undo(actor=of_user(company.people[1]), candidate=done)
    grants.grant(space=company.root, person=company.people[1], role="reviewer", by=reviewer.by)
    assert undoing.undo(actor=of_user(company.people[1]), candidate=done).status == "pending"


def test_a_ruling_is_taken_back_once_and_names_what_it_takes_back(reviewer, request_row):
    done = split(reviewer, request_row, SEAL[1])
    ruling = Ruling.objects.get()
    fields = {"organisation": ruling.organisation, "candidate": done, "reviewer": reviewer.user,
              "created_at": clock.now()}  # fmt: skip
    for wrong in ({"said": "lifted"}, {"said": "apart", "takes_back": ruling}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Ruling.objects.create(**fields, **wrong)
    Ruling.objects.create(**fields, said="lifted", takes_back=ruling)
    with pytest.raises(IntegrityError), transaction.atomic():
        Ruling.objects.create(**fields, said="lifted", takes_back=ruling)
