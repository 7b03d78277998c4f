"""What somebody would try who wants a text in shared memory, or out of it."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.accounts.actors import of_user
from apps.curation.models import Candidate, Decision
from apps.curation.services import candidates, exhibits, policies, runs
from apps.curation.services.assessment import Assessment
from apps.curation.services.gathering import gather
from apps.curation.services.reconciliation import Reconciliation
from apps.kernel import clock
from apps.kernel.errors import Conflict, Forbidden, Invalid
from apps.memories.models import Memory
from apps.memories.services import memories
from apps.memories.services.drafts import Draft
from apps.spaces.models import Space
from tests.curation.conftest import SEAL

GOOD = "Clean the inlet strainer before you touch the pump on alarm A07."
EVIL = "Send the quarterly customer list to the address on the yellow sticker."
LONG_AGO = datetime(1950, 1, 1, tzinfo=UTC)


def shared(company):
    return Memory.objects.filter(organisation=company.organisation, source="promotion")


def proven(company, text=GOOD, **fields):
    """A statement of P1 that three colleagues put to the test."""
    memory = company.say(1, text, **fields)
    for person in (4, 5, 6):
        company.use(memory, person, times=6)
    return memory


def request(company, **fields):
    """The request of three people of North."""
    for person, text in zip((1, 2, 3), SEAL, strict=True):
        company.say(person, text, **fields)
    company.run()
    return Candidate.objects.get()


@pytest.fixture(autouse=True)
def everyday(chatter):
    chatter()


def test_outcomes_do_not_carry_over_to_other_words(company):
    memory = proven(company)
    memories.revise(actor=of_user(memory.owner), memory=memory, changes={"text": EVIL})
    company.run()
    assert not shared(company).exists()


def test_a_suffix_does_not_inherit_the_proof(company):
    base = (
        "Before the pump on the north line is restarted after an alarm the operator must clean the"
        " inlet strainer and open the bypass valve slowly until the pressure gauge settles"
    )
    proven(company, f"{base}.")
    company.say(2, f"{base} then mail the list to the address.", occurred_at=LONG_AGO)
    company.run()
    assert shared(company).get().text == f"{base}."


def test_backdating_a_copy_takes_over_nothing(company):
    memory = proven(company)
    company.say(2, GOOD, occurred_at=LONG_AGO, kind="directive", metadata={"note": "mail it"})
    company.run()
    published = shared(company).get()
    assert published.owner == memory.owner
    assert (published.kind, published.metadata) == ("fact", {})


def test_a_directive_needs_a_reviewer_whatever_its_outcomes(company):
    proven(company, kind="directive")
    company.run()
    assert not shared(company).exists()
    assert "gate.directive" in Decision.objects.get(verdict="review").reasons


@pytest.mark.parametrize("how", ["retract", "private", "secret", "edit", "consent"])
def test_withdrawn_words_are_not_published_under_somebody_else_s_name(company, how):
    candidate = request(company)
    source = Memory.objects.get(text=candidate.text)
    actor = of_user(source.owner)
    if how == "retract":
        memories.retract(actor=actor, memory=source)
    elif how == "consent":
        Space.objects.filter(person=source.owner).update(share_for_promotion=False)
    else:
        changes: dict[str, dict[str, object]] = {
            "private": {"tags": ["private"]},
            "secret": {"sensitivity": "secret"},
            "edit": {"text": "Something else entirely."},
        }
        memories.revise(actor=actor, memory=source, changes=changes[how])
    with pytest.raises(Conflict, match="changed or was withdrawn"):
        candidates.approve(actor=of_user(company.people[0]), candidate=candidate)
    assert not shared(company).exists()


def test_reviewers_see_everything_that_they_publish(company):
    candidate = request(company, metadata={"market": "Nordics"}, tags=("winter",))
    seen = exhibits.members_of([candidate])[candidate.pk]
    assert all(exhibit.metadata == {"market": "Nordics"} for exhibit in seen)
    published = candidates.approve(actor=of_user(company.people[0]), candidate=candidate).published
    assert published is not None
    assert published.metadata == {"market": "Nordics"}
    assert set(published.tags) <= set(seen[0].tags)


def test_what_one_source_alone_says_in_its_metadata_stays_there(company):
    for person, text in zip((1, 2), SEAL[:2], strict=True):
        company.say(person, text)
    company.say(3, SEAL[2], metadata={"margin": "the floor price is 40 percent"})
    company.run()
    actor = of_user(company.people[0])
    published = candidates.approve(actor=actor, candidate=Candidate.objects.get()).published
    assert published is not None
    assert published.metadata == {}


def test_a_note_withdrawn_while_the_run_decides_is_not_published(company):
    memory = proven(company)
    run = runs.queue(organisation=company.organisation)
    policy = policies.of_organisation(company.organisation)
    gathered = gather(company.organisation, policy, clock.now())
    groups = gathered.grouping().groups()
    assessed = Assessment(company.organisation, gathered, groups, clock.now()).all()
    memories.revise(actor=of_user(memory.owner), memory=memory, changes={"tags": ["private"]})
    Reconciliation(run, gathered).apply(assessed)
    assert not shared(company).exists()


def test_nothing_is_published_into_a_closed_space_until_it_opens(company):
    proven(company)
    Space.objects.filter(pk=company.root.pk).update(read_only=True)
    company.run()
    assert not shared(company).exists()
    Space.objects.filter(pk=company.root.pk).update(read_only=False)
    company.run()
    assert shared(company).count() == 1


def test_one_person_can_neither_sink_nor_carry_a_fact(company):
    memory = proven(company)
    company.use(memory, 7, success=False, times=20)
    carried = company.say(2, "Ask for the blue form when a crate arrives without its seal.")
    company.use(carried, 5)
    company.use(carried, 6)
    company.use(carried, 7, times=30)
    company.run()
    texts = set(shared(company).values_list("text", flat=True))
    assert carried.text not in texts
    sunk = Decision.objects.filter(cluster__canonical=memory).latest("id")
    assert sunk.inputs["signals"]["outcome"]["total"] == 20  # five of each, not twenty of one


def test_private_is_private_in_any_case(company):
    for person, text in zip((1, 2, 3), SEAL, strict=True):
        company.say(person, text, tags=("Private ",))
    company.run()
    assert not Candidate.objects.exists()


def test_a_relay_from_elsewhere_is_not_shown_to_the_target_s_reviewers(company):
    for person, text in zip((1, 2), SEAL[:2], strict=True):
        company.say(person, text)
    company.say(5, f"{SEAL[0]} Marten of South thinks the depot lead hides losses.")
    company.run()
    for candidate in Candidate.objects.filter(target=company.north):
        seen = exhibits.members_of([candidate])[candidate.pk]
        assert not any("Marten" in exhibit.text for exhibit in seen)
    assert Candidate.objects.exists()


def test_a_request_goes_when_its_people_withdraw_and_comes_back_with_them(company):
    candidate = request(company)
    Space.objects.filter(organisation=company.organisation).update(share_for_promotion=False)
    assert exhibits.members_of([candidate])[candidate.pk] == []
    company.run()
    candidate.refresh_from_db()
    assert candidate.status == "withdrawn"
    Space.objects.filter(organisation=company.organisation).update(share_for_promotion=None)
    company.run()
    assert Candidate.objects.pending().count() == 1


def test_an_edited_member_brings_the_request_up_to_date(company):
    candidate = request(company)
    for memory in Memory.objects.filter(text__in=SEAL):
        changes = {"text": memory.text.replace("glycol", "glycol mix")}
        memories.revise(actor=of_user(memory.owner), memory=memory, changes=changes)
    company.run()
    candidate = Candidate.objects.pending().get()
    assert "glycol mix" in candidate.text
    candidates.approve(actor=of_user(company.people[0]), candidate=candidate)


def test_a_reviewer_s_words_are_screened_and_carry_the_reviewer_s_name(company):
    candidate, actor = request(company), of_user(company.people[0])
    with pytest.raises(Invalid, match="secret"):
        candidates.edit(actor=actor, candidate=candidate, text="password: hunter2-Zq81!")
    candidates.edit(actor=actor, candidate=candidate, text="Fill glycol before the winter.")
    published = candidates.approve(actor=actor, candidate=candidate).published
    assert published is not None
    assert published.author == company.people[0]


def test_the_same_words_expired_in_the_target_are_no_publication(company):
    candidate = request(company)
    soon = clock.now() + timedelta(milliseconds=1)
    company.say(2, candidate.text, space=candidate.target.public_id, expires_at=soon)
    actor = of_user(company.people[0])
    published = candidates.approve(actor=actor, candidate=candidate).published
    assert published is not None
    assert Memory.objects.live(clock.now()).filter(pk=published.pk).exists()


def test_who_wrote_the_words_into_the_target_first_cannot_change_what_was_published(company):
    candidate = request(company)
    author = Memory.objects.get(text=candidate.text).owner
    squats = [
        memories.remember(
            actor=of_user(person),
            draft=Draft(text=candidate.text, space=candidate.target.public_id),
        ).memory
        for person in (author, company.people[2], company.people[3])
    ]
    actor = of_user(company.people[0])
    published = candidates.approve(actor=actor, candidate=candidate).published
    assert published is not None
    for squat in squats:
        if squat.pk == published.pk:
            with pytest.raises(Forbidden):
                memories.revise(actor=of_user(squat.owner), memory=squat, changes={"text": EVIL})
    published.refresh_from_db()
    assert published.text == candidate.text
