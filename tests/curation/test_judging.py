"""A language model as judge: a real service over HTTP, with opinions and troubles of its own."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import override_settings

from apps.accounts.actors import of_user
from apps.curation.models import (
    Candidate,
    ClusterMember,
    CurationRun,
    Decision,
    Link,
    ModelUse,
    Opinion,
)
from apps.curation.services import policies
from apps.memories.models import Memory, Source
from tests.providers import model_server
from tests.providers.model_server import Json, ModelServer

FACT = (
    "Rinse the dye vat with soft water before an indigo run",
    "Before indigo goes in, the dye vat has to be rinsed with soft water",
    "An indigo run needs the vat rinsed first, soft water only",
)
OTHER = "The loading ramp is closed on Thursdays before an indigo run"
DENIAL = "Do not rinse the dye vat with soft water before an indigo run"


def by_meaning(task: str, item: Json) -> Json:
    """Knows the facts above; every other text is its own."""
    if task == "canonical_claim":
        return {"claim": item["text"], "subject": "vat", "qualifiers": []}
    if task == "self_eval":
        return {"score": 0.5, "reason": "nothing to say"}
    sides = {item["a"], item["b"]}
    if sides <= set(FACT):
        return {"verdict": "same"}
    if DENIAL in sides and sides & set(FACT):
        return {"verdict": "contradicts"}
    return {"verdict": "different"}


@pytest.fixture
def judge():
    with ModelServer(by_meaning) as server:
        settings = {
            "LLM_MODEL": "openai/judge",
            "LLM_BASE_URL": server.address,
            "LLM_API_KEY": "none",
            "LLM_TIMEOUT_SECONDS": 2.0,
        }
        with override_settings(**settings):
            yield server


def tell(company, *said: tuple[int, str], days: float = 10) -> list[Memory]:
    """Each says it `days` after the one before."""
    last = datetime.now(UTC) - timedelta(days=1)
    times = [last - timedelta(days=days * later) for later in range(len(said))]
    return [
        company.say(person, text, occurred_at=time)
        for (person, text), time in zip(said, reversed(times), strict=True)
    ]


def calls(run: CurationRun) -> int:
    return int(run.counts["model_calls"])


def allow(company, *, calls: int) -> None:
    """Change the daily budget, as a curator does."""
    policies.change(
        actor=of_user(company.people[0]),
        space=company.root,
        values={"model_calls_per_day": calls},
        reason="to see what happens",
    )


def background(company) -> None:
    """Notes of one person each: without them nothing is unusual."""
    for number, word in enumerate(("crane", "ledger", "kiln", "barge", "loom", "spool", "winch")):
        company.say(number % 4, f"The {word} in hall {number} was painted {word} blue last week")


def test_three_wordings_of_one_fact_are_published_with_their_people(company, judge):
    background(company)
    tell(company, *enumerate(FACT))
    run = company.run()
    shared = Memory.objects.get(source=Source.PROMOTION)
    assert shared.text in FACT
    assert shared.provenance.count() == 3
    decision = Decision.objects.get(verdict="promote")
    assert decision.reasons[0] == "frequency.decisive"
    assert decision.inputs["signals"]["certain_people"] == 3
    links = ClusterMember.objects.filter(cluster=decision.cluster).values_list("link", flat=True)
    assert sorted(links) == [Link.CERTAIN, Link.JUDGED, Link.JUDGED]
    assert calls(run) > 0
    assert run.counts["model_tokens"] > 0


def test_what_all_say_within_days_of_each_other_may_be_one_message_and_is_reviewed(company, judge):
    background(company)
    tell(company, *enumerate(FACT), days=0.5)
    company.run()
    assert not Memory.objects.filter(source=Source.PROMOTION).exists()
    assert "frequency.burst" in Decision.objects.get(verdict="review").reasons


def test_a_second_run_asks_nothing_and_writes_nothing(company, judge):
    background(company)
    tell(company, *enumerate(FACT))
    company.run()
    asked, decisions, opinions = len(judge.asked), Decision.objects.count(), Opinion.objects.count()
    second = company.run()
    assert calls(second) == 0
    assert len(judge.asked) == asked
    assert (Decision.objects.count(), Opinion.objects.count()) == (decisions, opinions)


def test_two_people_alike_by_the_judge_alone_reach_no_shared_space_without_review(company, judge):
    judge.oracle = lambda task, item: {"verdict": "same"}
    judge.script = []
    tell(company, (0, FACT[0]), (0, FACT[1]), (0, FACT[2]))
    company.run()
    assert not Memory.objects.filter(source=Source.PROMOTION).exists()


def test_without_the_judge_the_same_notes_are_one_request(company, judge):
    judge.manner = model_server.busy(503)
    background(company)
    tell(company, *enumerate(FACT))
    run = company.run()
    assert run.state == "done"
    assert run.counts["model_trouble"] == "unavailable"
    assert not Memory.objects.filter(source=Source.PROMOTION).exists()
    assert Candidate.objects.pending().count() == 1


def test_a_contradicted_fact_goes_to_a_reviewer(company, judge):
    background(company)
    tell(company, *enumerate(FACT), (3, DENIAL))
    company.run()
    assert not Memory.objects.filter(source=Source.PROMOTION).exists()
    decision = Decision.objects.get(verdict="review")
    assert "gate.disputed" in decision.reasons


def test_the_daily_budget_ends_the_questions_and_the_run_goes_on(company, judge):
    background(company)
    tell(company, *enumerate(FACT))
    allow(company, calls=1)
    run = company.run()
    assert run.counts["model_trouble"] == "budget"
    assert ModelUse.objects.get().calls == run.counts["model_calls"] >= 1
    assert Candidate.objects.pending().count() == 1


def test_what_the_model_cannot_read_is_asked_again_but_not_forever(company, judge):
    judge.manner = model_server.choking(on=FACT[2])
    tell(company, *enumerate(FACT))
    spent = [calls(company.run()) for _ in range(5)]
    assert spent[0] > spent[1] > 0
    assert spent[-1] == 0
    assert Opinion.objects.filter(answer__isnull=True).exists()


def test_what_was_answered_before_a_run_died_is_not_asked_again(company, judge):
    background(company)
    tell(company, *enumerate(FACT))
    allow(company, calls=2)
    company.run()
    kept = Opinion.objects.exclude(answer__isnull=True).count()
    assert kept
    allow(company, calls=1000)
    judge.asked.clear()
    company.run()
    pairs = (asked for asked in judge.asked if asked.question["task"] == "same_fact")
    again = [(item["a"], item["b"]) for asked in pairs for item in asked.items]
    assert len(again) == len(set(again))
    assert Memory.objects.filter(source=Source.PROMOTION).count() == 1


def test_a_dry_run_remembers_what_it_paid_for_and_nothing_else(company, judge):
    background(company)
    tell(company, *enumerate(FACT))
    dry = company.run(dry=True)
    assert calls(dry) > 0
    assert not Decision.objects.exists()
    assert not Memory.objects.filter(source=Source.PROMOTION).exists()
    assert calls(company.run()) == 0
    assert Memory.objects.filter(source=Source.PROMOTION).count() == 1
