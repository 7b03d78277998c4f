"""Notes taken back, and what was published from them."""

import pytest

from apps.accounts.actors import of_user
from apps.audit.models import AuditEvent
from apps.curation.core.withdrawal import Remaining, fate
from apps.curation.models import Candidate, Decision
from apps.curation.services import candidates, exhibits
from apps.memories.models import Memory, Provenance, Source
from apps.memories.services import memories
from apps.recall.core.questions import Question
from apps.recall.services import recall
from tests.curation.conftest import SEAL, propose
from tests.curation.test_judging import FACT, background, by_meaning, judge, tell  # noqa: F401


@pytest.mark.parametrize(
    ("people", "words", "reviewer", "verdict", "becomes"),
    [
        (0, True, False, "promote", "retract"),
        (0, True, True, None, "retract"),
        (3, True, False, "promote", "keep"),
        (3, False, False, "promote", "retract"),
        (3, True, False, "review", "retract"),
        (3, True, False, "hold", "retract"),
        (2, True, False, None, "keep"),
        (1, True, False, None, "retract"),
        (2, True, True, "hold", "keep"),
        (1, True, True, "promote", "ask"),
        (5, False, True, "promote", "ask"),
    ],
)
def test_what_becomes_of_it(people, words, reviewer, verdict, becomes):
    assert fate(Remaining(people, words, reviewer, verdict), min_people=2) == becomes


def close(company, person: int) -> None:
    """The person stops sharing for promotion."""
    space = company.people[person].personal_space
    space.share_for_promotion = False
    space.save()


def hide(company, person: int) -> None:
    memories.revise(actor=of_user(company.people[person]), memory=own(company, person),
                    changes={"tags": ("private",)})  # fmt: skip


def guard(company, person: int) -> None:
    memories.revise(actor=of_user(company.people[person]), memory=own(company, person),
                    changes={"sensitivity": "restricted"})  # fmt: skip


def retract(company, person: int) -> None:
    memories.retract(actor=of_user(company.people[person]), memory=own(company, person))


def own(company, person: int) -> Memory:
    """The person's note under the fact."""
    notes = Memory.objects.filter(owner=company.people[person], text__in=(*SEAL, *FACT))
    return notes.get(source=Source.API)


@pytest.fixture
def approved(company, chatter):
    """A fact of three people's notes that a reviewer published."""
    request = propose(company, chatter)
    row = candidates.approve(actor=of_user(company.people[0]), candidate=request, reason="true")
    assert row.published is not None
    return row.published


@pytest.fixture
def automatic(company, judge):  # noqa: F811
    """A fact of three people's notes that the policy published."""
    judge.oracle = by_meaning
    background(company)
    tell(company, *zip((1, 2, 5), FACT, strict=True))
    company.run()
    return Memory.objects.get(source=Source.PROMOTION)


def speaker(company, published) -> int:
    """The person whose words were published, by number."""
    note = Memory.objects.get(text=published.text, source=Source.API)
    return int(company.people.index(note.owner))


def others(company, published) -> list[int]:
    return [person for person in (1, 2, 5) if person != speaker(company, published)]


def settled(company) -> None:
    """A second run writes nothing."""
    before = counted()
    company.run()
    assert counted() == before


def counted():
    events = AuditEvent.objects.exclude(action__startswith="run.").count()
    tables = (Memory, Decision, Candidate, Provenance)
    return [model.objects.count() for model in tables] + [events]


@pytest.mark.parametrize("withdraw", [close, hide, guard, retract])
def test_what_many_still_say_stays_without_the_one_who_left(company, approved, withdraw):
    person = others(company, approved)[0]
    withdraw(company, person)
    run = company.run()
    approved.refresh_from_db()
    assert approved.status == "active"
    assert company.people[person] not in {link.contributor for link in approved.provenance.all()}
    assert approved.provenance.count() == 2
    assert run.counts["withdrawn"]["unlinked"] == 1
    settled(company)


def test_withdrawn_words_go_and_a_reviewer_is_asked_again(company, approved):
    words = approved.text
    close(company, speaker(company, approved))
    company.run()
    approved.refresh_from_db()
    assert (approved.status, approved.sensitivity) == ("retracted", "restricted")
    row = Candidate.objects.pending().get()
    assert {"source.withdrawn", "gate.source_withdrawn"} <= set(row.decision.reasons)
    assert row.text in set(SEAL) - {words}
    assert row.members.count() == 2
    settled(company)
    again = candidates.approve(actor=of_user(company.people[0]), candidate=row).published
    assert again is not None
    assert again.status == "active"
    company.run()
    assert not Candidate.objects.pending().exists()


def test_too_few_left_under_what_a_reviewer_published_goes_back_to_a_reviewer(company, approved):
    for person in others(company, approved):
        close(company, person)
    company.run()
    approved.refresh_from_db()
    assert approved.status == "retracted"
    row = Candidate.objects.pending().get()
    assert row.members.count() == 1
    settled(company)
    candidates.reject(actor=of_user(company.people[0]), candidate=row, reason="one voice")
    company.run()
    assert not Candidate.objects.pending().exists()
    assert not Memory.objects.filter(source=Source.PROMOTION, status="active").exists()


def test_without_a_note_left_it_is_retracted_with_a_reason(company, approved):
    for person in (1, 2, 5):
        close(company, person)
    company.run()
    approved.refresh_from_db()
    assert approved.status == "retracted"
    assert approved.revisions.last().reason == "withdrawn by its people"
    assert not Candidate.objects.pending().exists()
    assert AuditEvent.objects.filter(action="memory.retract").count() == 1
    settled(company)


def test_the_whole_organisation_stops_sharing(company, approved):
    company.organisation.share_for_promotion = False
    company.organisation.save()
    company.run()
    approved.refresh_from_db()
    assert approved.status == "retracted"


def test_withdrawn_words_are_shown_to_nobody(company, approved, client_of):
    words = approved.text
    close(company, speaker(company, approved))
    company.run()
    reviewer = company.people[0]
    client = client_of(reviewer)
    assert client.get(f"/api/v1/memories/{approved.public_id}").status_code == 404
    for path in ("/api/v1/candidates?status=approved&status=pending", "/api/v1/memories",
                 "/api/v1/runs"):  # fmt: skip
        assert words not in client.get(path).content.decode(), path
    for row in Candidate.objects.all():
        assert row.text != words
        assert words not in {one.text for one in exhibits.members_of([row])[row.pk]}
    asker = of_user(reviewer)
    for asked in (Question(query=words), Question(query=words, known_at=approved.created_at)):
        assert words not in {hit.text for hit in recall.ask(actor=asker, question=asked).results}


def test_what_the_policy_would_publish_again_stays(company, automatic):
    close(company, others(company, automatic)[0])
    company.run()
    automatic.refresh_from_db()
    assert automatic.status == "active"
    assert automatic.provenance.count() == 2
    settled(company)


def test_what_the_policy_published_is_said_in_the_words_of_who_is_left(company, automatic):
    words = automatic.text
    close(company, speaker(company, automatic))
    company.run()
    automatic.refresh_from_db()
    assert automatic.status == "retracted"
    published = Memory.objects.get(source=Source.PROMOTION, status="active")
    assert published.text in set(FACT) - {words}
    assert published.provenance.count() == 2
    company.run()
    settled(company)


def test_what_the_policy_published_falls_with_its_support(company, automatic):
    for person in others(company, automatic):
        retract(company, person)
    company.run()
    automatic.refresh_from_db()
    assert automatic.status == "retracted"
    assert not Memory.objects.filter(source=Source.PROMOTION, status="active").exists()
    company.run()
    settled(company)


def test_who_shares_again_takes_part_again(company, automatic):
    person = others(company, automatic)[0]
    close(company, person)
    company.run()
    space = company.people[person].personal_space
    space.refresh_from_db()
    space.share_for_promotion = True
    space.save()
    company.run()
    assert automatic.provenance.count() == 3


def test_an_expired_note_or_one_of_who_left_withdraws_nothing(company, approved):
    person = company.people[others(company, approved)[0]]
    person.is_active = False
    person.save()
    company.run()
    approved.refresh_from_db()
    assert (approved.status, approved.provenance.count()) == ("active", 3)


def test_a_closed_space_waits_until_it_opens(company, approved):
    company.root.read_only = True
    company.root.save()
    close(company, speaker(company, approved))
    company.run()
    approved.refresh_from_db()
    assert approved.status == "active"
    company.root.read_only = False
    company.root.save()
    company.run()
    approved.refresh_from_db()
    assert approved.status == "retracted"


def test_a_dry_run_takes_nothing_back(company, approved):
    close(company, speaker(company, approved))
    assert company.run(dry=True).counts["withdrawn"]["retracted"] == 1
    approved.refresh_from_db()
    assert approved.status == "active"
