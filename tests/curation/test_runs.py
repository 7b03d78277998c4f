"""The nightly job on a real database with the real model: who gets published, asked or held."""

import pytest

from apps.accounts.actors import of_user
from apps.accounts.services import users
from apps.audit.models import AuditEvent
from apps.consolidation.services import runs as consolidation
from apps.curation.models import Candidate, Cluster, CurationRun, Decision, Screening
from apps.curation.services import candidates, policies, runs
from apps.kernel.errors import Conflict, Forbidden, Invalid, PreconditionFailed
from apps.memories.models import Memory, Provenance
from apps.memories.services import evidence, memories
from apps.memories.services.drafts import Draft
from apps.memories.services.merged import carriers
from apps.spaces.models import Space
from tests.curation.conftest import SEAL, propose


def shared(company):
    return Memory.objects.filter(organisation=company.organisation, source="promotion")


def test_what_several_people_found_out_becomes_one_request(company, chatter):
    candidate = propose(company, chatter)
    assert candidate.status == "pending"
    assert candidate.target == company.root
    assert "people.likely_same" in candidate.decision.reasons
    assert candidate.members.count() == 3
    assert candidate.members.filter(independent=True).count() == 3
    assert not shared(company).exists()


def test_people_of_one_team_ask_their_team(company, chatter):
    chatter()
    for person, text in zip((1, 2, 3), SEAL, strict=True):
        company.say(person, text)
    company.run()
    assert Candidate.objects.get().target == company.north


def test_what_outcomes_proved_is_published_with_its_source(company, chatter):
    chatter()
    memory = company.say(1, "Clean the inlet strainer before you touch the pump on alarm A07.")
    for person in (2, 4, 5):
        company.use(memory, person, times=6)
    run = company.run()
    published = shared(company).get()
    assert published.text == memory.text
    assert published.space == company.root
    assert Provenance.objects.get(memory=published).source_memory == memory
    assert run.counts["new"]["published"] == 1
    assert AuditEvent.objects.filter(action="memory.publish").count() == 1


def test_outcomes_of_originals_count_for_what_they_were_merged_into_and_once(company, chatter):
    chatter()
    text = "Clean the inlet strainer before you touch the pump on alarm A07"
    person = company.people[1]
    agents = [users.create_agent(owner=person, name=f"Agent {number}") for number in range(2)]
    home = Space.objects.get(person=person)
    first, second = (
        memories.remember(
            actor=of_user(agent), draft=Draft(text=text + end, space=home.public_id)
        ).memory
        for agent, end in zip(agents, (".", "!"), strict=True)
    )
    for reporter in (2, 4, 5):
        company.use(first, reporter, times=3)
        evidence.report_outcome(
            actor=of_user(company.people[reporter]),
            task="with both",
            success=True,
            memory_ids=[first.public_id, second.public_id],
        )
        company.use(second, reporter, times=2)
    consolidation.execute(run_id=consolidation.queue(space=home).pk)
    merged = Memory.objects.get(owner=person, source="consolidation")
    assert carriers([merged.pk]) == {
        pk: frozenset({merged.pk}) for pk in (merged.pk, first.pk, second.pk)
    }
    company.run()
    published = shared(company).get()
    assert Provenance.objects.get(memory=published).source_memory == merged
    signals = Decision.objects.filter(verdict="promote").latest("id").inputs["signals"]
    # task 0, 1 and 2 and the one with both, by three people: the last word on each
    assert (signals["outcome"]["total"], signals["outcome"]["reporters"]) == (12, 3)
    assert signals["raw_outcome"]["total"] == 18
    assert company.run().counts["new"]["published"] == 0


def test_successes_that_only_the_author_reports_prove_nothing(company):
    memory = company.say(1, "Clean the inlet strainer before you touch the pump on alarm A07.")
    company.use(memory, 1, times=30)
    company.run()
    assert not shared(company).exists()
    assert not Candidate.objects.exists()


def test_word_for_word_relays_and_repetition_by_one_person_are_held(company, chatter):
    chatter()
    for person in (1, 2, 3, 5):
        company.say(person, "The Lanark plant will be sold in June.")
    for number in range(8):
        company.say(6, f"Corvane is the best supplier we have, reason number {number}, trust me.")
    company.run()
    assert not Candidate.objects.exists()
    assert not shared(company).exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "preference"},
        {"tags": ("private",)},
        {"sensitivity": "restricted"},
        {"sensitivity": "secret"},
    ],
)
def test_what_is_private_is_not_even_gathered(company, fields):
    for person, text in zip((1, 2, 5), SEAL, strict=True):
        company.say(person, text, **fields)
    assert company.run().counts["memories"] == 0
    assert not Cluster.objects.exists()


def test_nobody_who_declined_is_read(company):
    for person, text in zip((1, 2, 5), SEAL, strict=True):
        company.say(person, text)
    personal = company.people[1].personal_space
    personal.share_for_promotion = False
    personal.save()
    assert company.run().counts["memories"] == 2


def test_secrets_stay_and_leave_a_mark_without_content(company):
    for person in (1, 2, 5):
        company.say(person, f"Deploy password for host{person}: hunter2-Zq81!")
    run = company.run()
    assert run.counts["screened"]["secret"] == 3
    assert run.counts["memories"] == 0
    assert Screening.objects.count() == 3
    event = AuditEvent.objects.filter(action="memory.screened").latest("id")
    assert "hunter2" not in str(event.detail)
    company.run()
    assert Screening.objects.count() == 3


def test_a_second_run_changes_nothing(company, chatter):
    propose(company, chatter)
    memory = company.say(4, "Clean the inlet strainer before you touch the pump on alarm A07.")
    for person in (1, 2, 5):
        company.use(memory, person, times=6)
    company.run()
    before = [model.objects.count() for model in (Memory, Cluster, Decision, Candidate, Provenance)]
    events = AuditEvent.objects.exclude(action__startswith="run.").count()
    run = company.run()
    after = [model.objects.count() for model in (Memory, Cluster, Decision, Candidate, Provenance)]
    assert after == before
    assert AuditEvent.objects.exclude(action__startswith="run.").count() == events
    assert set(run.counts["new"].values()) == {0}


def test_a_dry_run_counts_and_changes_nothing(company, chatter):
    chatter()
    for person, text in zip((1, 2, 5), SEAL, strict=True):
        company.say(person, text)
    run = company.run(dry=True)
    assert run.counts["new"]["requests"] == 1
    assert not Candidate.objects.exists()
    assert not Cluster.objects.exists()


def test_an_approved_fact_is_published_with_all_its_sources_and_not_asked_again(company, chatter):
    candidate = propose(company, chatter)
    actor = of_user(company.people[0])
    approved = candidates.approve(
        actor=actor, candidate=candidate, reason="true", expected_revision=candidate.revision
    )
    published = approved.published
    assert published is not None
    assert published.space == company.root
    assert published.provenance.count() == 3
    assert {link.contributor for link in published.provenance.all()} == {
        company.people[1],
        company.people[2],
        company.people[5],
    }
    run = company.run()
    assert set(run.counts["new"].values()) == {0}
    assert not Candidate.objects.pending().exists()


def test_a_rejected_fact_stays_rejected_until_its_members_change(company, chatter):
    candidate = propose(company, chatter)
    actor = of_user(company.people[0])
    with pytest.raises(Invalid, match="reason"):
        candidates.reject(actor=actor, candidate=candidate, reason=" ")
    candidates.reject(actor=actor, candidate=candidate, reason="too specific")
    company.run()
    assert not Candidate.objects.pending().exists()
    company.say(6, "Drain test water, fill in glycol: pumps to the Nordics ship so in winter.")
    company.run()
    assert Candidate.objects.pending().get().members.count() == 4


def test_a_reviewer_who_saw_something_else_is_told(company, chatter):
    candidate = propose(company, chatter)
    actor = of_user(company.people[0])
    company.say(6, "Drain test water, fill in glycol: pumps to the Nordics ship so in winter.")
    company.run()
    with pytest.raises(PreconditionFailed):
        candidates.approve(actor=actor, candidate=candidate, expected_revision=candidate.revision)
    assert not shared(company).exists()


def test_what_changed_or_was_withdrawn_since_is_left_out(company, chatter):
    candidate = propose(company, chatter)
    others = list(Memory.objects.filter(text__in=SEAL).exclude(text=candidate.text))
    memories.retract(actor=of_user(others[0].author), memory=others[0])
    memories.revise(
        actor=of_user(others[1].author), memory=others[1], changes={"text": "Never mind."}
    )
    approved = candidates.approve(actor=of_user(company.people[0]), candidate=candidate)
    links = Provenance.objects.filter(memory=approved.published)
    assert [link.source_memory.text for link in links if link.source_memory] == [candidate.text]


def test_nothing_is_published_when_no_member_stands(company, chatter):
    candidate = propose(company, chatter)
    for memory in Memory.objects.filter(text__in=SEAL):
        memories.retract(actor=of_user(memory.author), memory=memory)
    with pytest.raises(Conflict, match="None of its members"):
        candidates.approve(actor=of_user(company.people[0]), candidate=candidate)
    assert Candidate.objects.get().status == "pending"


def test_only_reviewers_of_the_target_decide(company, chatter):
    candidate = propose(company, chatter)
    with pytest.raises(Forbidden):
        candidates.approve(actor=of_user(company.people[1]), candidate=candidate)


def test_one_run_at_a_time(company):
    runs.queue(organisation=company.organisation)
    with pytest.raises(runs.RunUnderWay, match="under way"):
        runs.queue(organisation=company.organisation)
    assert CurationRun.objects.count() == 1


def test_the_policy_of_the_space_above_counts(company, chatter):
    actor = of_user(company.people[0])
    policies.change(actor=actor, space=company.root, values={"kill_switch": True}, reason="audit")
    chatter()
    for person, text in zip((1, 2, 3), SEAL, strict=True):
        company.say(person, text)
    run = company.run()
    assert set(run.counts["verdicts"]) == {"hold"}
    decision = Decision.objects.latest("id")
    assert decision.policy_version == 1
    assert decision.reasons == ["gate.kill_switch"]


def test_a_policy_change_needs_the_right_and_a_reason(company):
    with pytest.raises(Forbidden):
        policies.change(
            actor=of_user(company.people[1]), space=company.root, values={}, reason="why not"
        )
    with pytest.raises(Invalid, match="not a policy value"):
        policies.change(
            actor=of_user(company.people[0]), space=company.root, values={"x": 1}, reason="typo"
        )


def test_words_that_a_reviewer_chose_survive_new_members(company, chatter):
    candidate = propose(company, chatter)
    actor = of_user(company.people[0])
    candidates.edit(actor=actor, candidate=candidate, text="Drain and fill glycol before winter.")
    company.say(6, "Drain test water, fill in glycol: pumps to the Nordics ship so in winter.")
    company.run()
    refreshed = Candidate.objects.get()
    assert refreshed.members.count() == 4
    assert refreshed.text == "Drain and fill glycol before winter."


def test_a_request_is_withdrawn_when_its_outcomes_prove_it_first(company, chatter):
    candidate = propose(company, chatter)
    memory = Memory.objects.get(text=SEAL[0])
    for person in (3, 4, 6):
        company.use(memory, person, times=6)
    company.run()
    candidate.refresh_from_db()
    assert candidate.status == "withdrawn"
    assert AuditEvent.objects.filter(action="candidate.withdraw").count() == 1
    assert shared(company).get().text == SEAL[0]


def test_who_said_it_first_cannot_change_it_once_it_is_published(company, chatter):
    chatter()
    for person, text in zip((1, 2, 3), SEAL, strict=True):
        company.say(person, text)
    company.run()
    candidate = Candidate.objects.get()
    published = candidates.approve(actor=of_user(company.people[0]), candidate=candidate).published
    assert published is not None
    assert published.space == company.north
    for person in (1, 2, 3):
        actor = of_user(company.people[person])
        with pytest.raises(Forbidden):
            memories.revise(actor=actor, memory=published, changes={"text": "Ship them full."})
        with pytest.raises(Forbidden):
            memories.retract(actor=actor, memory=published)
    reviewer = of_user(company.people[0])
    assert memories.retract(actor=reviewer, memory=published).status == "retracted"
