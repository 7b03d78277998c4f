"""What would be shared against what is: corroborated, reviewed beside it, or its successor."""

import pytest

from apps.accounts.actors import of_user
from apps.audit.models import AuditEvent
from apps.curation.models import Candidate, Decision
from apps.curation.services import candidates, exhibits, policies
from apps.kernel.errors import Invalid
from apps.memories.models import Memory, Source
from apps.recall.core.questions import Question
from apps.recall.services import recall
from tests.curation.test_judging import (  # noqa: F401 - the fixture
    background,
    calls,
    judge,
    tell,
)

FACT = (
    "Rinse the dye vat with soft water before an indigo run",
    "Before indigo goes in, the dye vat has to be rinsed with soft water",
    "An indigo run needs the vat rinsed first, soft water only",
)
LATER = (
    "Since May the dye vat is steamed and no longer rinsed before an indigo run",
    "The vat gets steamed since May, nobody rinses it before indigo any more",
    "Indigo runs: steam the dye vat, rinsing with soft water ended in May",
)
AGAIN = "Rinsing the dye vat with soft water is what comes before any indigo run"
RULED = "The south gate of the tannery is locked at night from 22:00"


def by_meaning(task, item):
    """Knows the two facts above."""
    if task == "canonical_claim":
        return {"claim": item["text"], "subject": "vat", "qualifiers": []}
    if task == "self_eval":
        return {"score": 0.5, "reason": "nothing to say"}
    sides = [("old" if text in (*FACT, AGAIN) else "new" if text in LATER else text)
             for text in (item["a"], item["b"])]  # fmt: skip
    if sides[0] == sides[1]:
        return {"verdict": "same"}
    return {"verdict": "contradicts" if set(sides) == {"old", "new"} else "different"}


@pytest.fixture
def published(company, judge):  # noqa: F811
    """The fact as the policy published it from three people's notes."""
    judge.oracle = by_meaning
    background(company)
    tell(company, *zip((0, 4, 5), FACT, strict=True))
    company.run()
    return Memory.objects.get(source=Source.PROMOTION)


def beside(candidate, actor):
    return exhibits.company_of([candidate], actor)[candidate.pk]


@pytest.fixture
def contradicting(company, published):
    """The request that contradicts what is published."""
    tell(company, *zip((1, 6, 7), LATER, strict=True))
    company.run()
    return Candidate.objects.pending().get()


def test_what_contradicts_something_published_is_reviewed_beside_it(
    company, published, contradicting, reviewer
):
    assert "gate.contradicts_published" in contradicting.decision.reasons
    assert contradicting.decision.inputs["signals"]["contradicts"] is True
    (known,) = beside(contradicting, reviewer).known
    assert (known.memory, known.relation, known.by) == (published, "contradicts", "judge")
    assert Memory.objects.filter(source=Source.PROMOTION).count() == 1


def test_a_second_run_asks_nothing_and_writes_nothing(company, contradicting):
    before = Decision.objects.count(), AuditEvent.objects.exclude(action__startswith="run.").count()
    assert calls(company.run()) == 0
    after = Decision.objects.count(), AuditEvent.objects.exclude(action__startswith="run.").count()
    assert after == before


def test_what_the_reviewer_may_not_read_is_not_shown(company, published, contradicting):
    assert beside(contradicting, of_user(company.people[5])).known[0].memory == published
    memory = Memory.objects.get(pk=published.pk)
    memory.status = "retracted"
    memory.save()
    assert beside(contradicting, of_user(company.people[5])).known == ()


def test_the_api_and_the_later_fact_take_the_place_of_the_old(
    company, published, contradicting, reviewer, client_of
):
    client = client_of(company.people[0])
    told = client.get(f"/api/v1/candidates/{contradicting.public_id}").json()
    assert [(one["id"], one["relation"]) for one in told["known"]] == [
        (str(published.public_id), "contradicts")
    ]
    body = {"supersedes": str(published.public_id), "reason": "Since May."}
    answer = client.post(f"/api/v1/candidates/{contradicting.public_id}/approve", body, "json")
    assert answer.status_code == 200, answer.json()
    new = Memory.objects.get(public_id=answer.json()["published"])
    published.refresh_from_db()
    assert new.supersedes == published
    assert (published.status, published.valid_to) == ("superseded", new.occurred_at)
    assert published.text in FACT
    assert published.revisions.count() == 2
    assert AuditEvent.objects.get(action="memory.supersede").reason == "Since May."
    asker = of_user(company.people[6])
    now = recall.ask(actor=asker, question=Question(query="indigo run dye vat"))
    assert published.public_id not in {hit.id for hit in now.results}
    then = Question(query="indigo run dye vat", as_of=published.occurred_at)
    before = recall.ask(actor=asker, question=then)
    assert published.public_id in {hit.id for hit in before.results}


def test_the_notes_of_the_old_fact_do_not_bring_it_back(
    company, published, contradicting, reviewer
):
    candidates.approve(actor=reviewer, candidate=contradicting, supersedes=published.public_id)
    company.say(7, AGAIN)
    company.run()
    active = Memory.objects.filter(source=Source.PROMOTION, status="active")
    assert active.count() == 1
    row = Candidate.objects.pending().get()
    (known,) = beside(row, reviewer).known
    assert known.relation == "contradicts"
    company.run()
    assert Candidate.objects.pending().get() == row


def test_what_the_judge_finds_published_is_corroborated(company, published):
    policies.change(
        actor=of_user(company.people[0]),
        space=company.root,
        values={"window_days": 1},
        reason="the first notes are history",
    )
    Memory.objects.filter(text__in=FACT, source=Source.API).update(
        created_at=published.created_at.replace(year=2020)
    )
    memory = company.say(5, AGAIN)
    for person in (1, 2, 6):
        company.use(memory, person, times=6)
    company.run()
    assert Memory.objects.filter(source=Source.PROMOTION).count() == 1
    assert published.provenance.filter(source_memory=memory).exists()
    decisions = Decision.objects.count()
    company.run()
    assert Decision.objects.count() == decisions


def test_a_note_that_nobody_judged_is_not_corroborated(company, judge):  # noqa: F811
    judge.oracle = by_meaning
    plain = company.say(0, FACT[0], space=company.root.public_id)
    memory = company.say(5, AGAIN)
    for person in (1, 2, 6):
        company.use(memory, person, times=6)
    company.run()
    assert Memory.objects.get(source=Source.PROMOTION).text == AGAIN
    assert not plain.provenance.exists()


@pytest.mark.parametrize("which", ["itself", "elsewhere", "a note"])
def test_only_a_shared_memory_of_the_space_or_below_is_superseded(
    company, published, contradicting, reviewer, which
):
    own = company.say(0, "A private remark about vats")
    other = {
        "itself": contradicting.public_id,
        "elsewhere": contradicting.target.public_id,
        "a note": own.public_id,
    }[which]
    with pytest.raises(Invalid) as refused:
        candidates.approve(actor=reviewer, candidate=contradicting, supersedes=other)
    assert refused.value.attr == "supersedes"
    contradicting.refresh_from_db()
    assert contradicting.status == "pending"


def test_without_a_judge_rules_find_the_contradiction_and_likeness_the_repeat(company, reviewer):
    for person in (2, 4, 5):
        company.use(company.say(1, RULED), person, times=6)
    company.run()
    known = Memory.objects.get(source=Source.PROMOTION)
    later = company.say(3, RULED.replace("22:00", "20:00"))
    for person in (2, 4, 5):
        company.use(later, person, times=6)
    company.run()
    row = Candidate.objects.pending().get()
    (found,) = beside(row, reviewer).known
    assert (found.memory, found.relation, found.by) == (known, "contradicts", "rule")
    assert "gate.contradicts_published" in row.decision.reasons


def test_two_requests_that_contradict_each_other_show_each_other(company, judge, reviewer):  # noqa: F811
    judge.oracle = by_meaning
    policies.change(
        actor=reviewer, space=company.root, values={"review_first": True}, reason="to look at it"
    )
    background(company)
    tell(company, *zip((1, 2, 5), FACT, strict=True), *zip((4, 6, 3), LATER, strict=True))
    company.run()
    one, two = Candidate.objects.pending().order_by("pk")
    assert "gate.disputed" in one.decision.reasons
    assert beside(one, reviewer).opposed == (two,)
    assert beside(two, reviewer).opposed == (one,)
