"""The queue, the page of a request, and what can be done on it."""

import uuid

import pytest
from django.test import Client

from apps.accounts.actors import of_user
from apps.curation.models import Candidate
from apps.curation.services import candidates, policies, runs
from apps.memories.models import Memory, MemoryRevision, Provenance, Source
from apps.memories.services import evidence
from tests.desk.conftest import page_of
from tests.desk.stage import Said, propose, run_of

QUEUE = "/desk/curation/candidate/"


def approve(desk, candidate, **fields):
    shape = {
        "expected_revision": candidate.revision,
        "approve-target": str(candidate.target.public_id),
        "approve-reason": "",
    }
    return desk.post(page_of(candidate, "approve"), shape | fields)


def test_the_queue_shows_what_waits_with_its_people_and_reasons(desk, world):
    wide = propose(world.root, [Said(world.alice, "Two voices."), Said(world.bob, "Two heard.")])
    done = propose(world.team, [Said(world.bob, "Settled long ago.")])
    candidates.reject(actor=of_user(world.alice), candidate=done, reason="wrong")
    page = desk.get(QUEUE)
    assert [row.pk for row in page.context["cl"].result_list] == [wide.pk]
    body = page.content.decode()
    assert "<span>Publish to <strong>Aldermoor</strong></span>" in body
    assert "2 independent of 2 who say it" in body
    assert '<li title="people.likely_same">Several people seem to say the same' in body


def test_an_empty_list_says_so_and_how_to_see_all(desk):
    nothing = desk.get(QUEUE).content.decode()
    assert "There is nothing here" in nothing
    assert "Create a new item" not in nothing
    searched = desk.get(f"{QUEUE}?q=kettle").content.decode()
    assert "Nothing fits what was looked for." in searched


@pytest.mark.parametrize(
    ("query", "texts"),
    [
        ("status=rejected", ["Rejected one."]),
        ("status=all", ["New one.", "Old one.", "Rejected one."]),
        ("status=all&age=7", ["Old one."]),
        ("age=new", ["New one."]),
        ("reason=outcome.promising", ["Old one."]),
        ("reason=gate.review_first", []),
        ("q=NEW", ["New one."]),
        ("target={team}", ["New one."]),
        ("target={foreign}", []),
        ("target=nonsense", []),
    ],
)
def test_filters_narrow_the_queue(desk, world, query, texts):
    propose(world.team, [Said(world.bob, "New one.")])
    propose(world.root, [Said(world.bob, "Old one.")], days_ago=8, reasons=["outcome.promising"],
            score=0.9)  # fmt: skip
    gone = propose(world.team, [Said(world.bob, "Rejected one.")])
    candidates.reject(actor=of_user(world.alice), candidate=gone, reason="wrong")
    foreign = world.personal(world.charlie).public_id
    query = query.format(team=world.team.public_id, foreign=foreign)
    page = desk.get(f"{QUEUE}?{query}")
    assert [row.text for row in page.context["cl"].result_list] == texts


def test_a_full_page_of_the_queue_takes_few_queries(desk, world, django_assert_max_num_queries):
    run = run_of(world.organisation)
    for number in range(27):
        said = [Said(world.alice, f"Fact {number}."), Said(world.bob, f"So is {number}.")]
        propose(world.team, said, run=run)
    with django_assert_max_num_queries(12) as found:
        page = desk.get(QUEUE)
    assert len(page.context["cl"].result_list) == 25
    assert len(found) == 12  # one for all that waits, one each for switches, record, names


def test_the_page_shows_the_evidence(desk, world, django_assert_max_num_queries):
    row = propose(
        world.team,
        [
            Said(world.alice, "Halden: by 14:00."),
            Said(world.bob, "Fwd: by 14:00.", independent=False),
        ],
        frequency=None,
    )
    with django_assert_max_num_queries(27):
        page = desk.get(page_of(row))
    body = page.content.decode()
    assert "The text that will be published" in body
    assert "1 of 2 people" in body
    assert "9 of 10 tasks went well" in body
    assert "at least 60% with 95 % confidence" in body
    assert "No model has rated it." in body
    assert "built-in policy" in body
    assert body.count("not counted: repeats or passes on") == 1


def test_what_the_nightly_job_proposes_is_shown_with_its_figures(desk, world, write):
    note = write(world.bob, "Orrin pays only on printed invoices with a cost centre.")
    endings = [(world.alice, True)] * 5 + [(world.dora, True)] * 3 + [(world.dora, False)]
    for number, (person, success) in enumerate(endings):
        evidence.report_outcome(
            actor=of_user(person),
            task=f"Invoice {number}",
            success=success,
            memory_ids=[note.public_id],
        )
    policies.change(
        actor=of_user(world.alice), space=world.root, values={"min_reporters": 2}, reason="Small."
    )
    runs.execute(run_id=runs.queue(organisation=world.organisation).pk)
    row = Candidate.objects.get()
    body = desk.get(page_of(row)).content.decode()
    assert "8 of 9 tasks went well" in body
    assert "Reported by 2 people" in body
    assert "policy v1" in body
    assert "proposed it for review" in body
    assert "The nightly job" in body
    assert "“outcome." not in body, "its reasons in words, not in codes"
    assert (
        str(row.public_id)
        in desk.get(f"/desk/curation/curationrun/{row.decision.run.public_id}/").content.decode()
    )


def test_approving_publishes_with_the_reason(desk, request_row, alice):
    answer = approve(desk, request_row, **{"approve-reason": "Both are right."})
    assert answer.status_code == 302
    request_row.refresh_from_db()
    assert request_row.status == "approved"
    assert request_row.reviewer == alice
    published = Memory.objects.get(source=Source.PROMOTION)
    assert published.text == "Halden needs orders before 14:00."
    assert Provenance.objects.filter(memory=published).count() == 2
    history = desk.get(page_of(request_row)).content.decode()
    assert "approved and published it" in history
    assert "Both are right." in history


def test_a_wider_space_can_be_chosen(desk, request_row, world):
    page = desk.get(page_of(request_row))
    names = [name for _, name in page.context["forms"]["approve"].fields["target"].choices]
    assert names == ["Blue", "Aldermoor"]
    approve(desk, request_row, **{"approve-target": str(world.root.public_id)})
    assert Memory.objects.get(source=Source.PROMOTION).space == world.root


def test_a_space_elsewhere_cannot_be_chosen(desk, request_row, world):
    answer = approve(desk, request_row, **{"approve-target": str(world.other_team.public_id)})
    assert answer.status_code == 200
    assert "Select a valid choice" in answer.content.decode()
    assert not Memory.objects.filter(source=Source.PROMOTION).exists()


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"reject-kind": "duplicate"}, "duplicate"),
        ({"reject-kind": "wrong", "reject-reason": "Since May."}, "wrong: Since May."),
        ({"reject-kind": "other", "reject-reason": ""}, ""),
        ({"reject-reason": "No kind."}, ""),
    ],
)
def test_a_rejection_needs_a_kind_of_reason(desk, request_row, fields, reason):
    desk.post(page_of(request_row, "reject"), {"expected_revision": 1} | fields)
    request_row.refresh_from_db()
    assert request_row.reason == reason
    assert request_row.status == ("rejected" if reason else "pending")


def test_the_text_can_be_edited_and_published_in_one_go(desk, request_row):
    fields = {
        "expected_revision": 1,
        "edit-text": "Halden: order by\r\n14:00.",
        "edit-approve": "on",
    }
    assert desk.post(page_of(request_row, "edit"), fields).status_code == 302
    assert Memory.objects.get(source=Source.PROMOTION).text == "Halden: order by\n14:00."
    body = desk.get(page_of(request_row)).content.decode()
    assert "reworded: no member says it in exactly these words" in body


def test_an_edit_alone_leaves_it_pending(desk, request_row):
    answer = desk.post(page_of(request_row, "edit"), {"expected_revision": 1, "edit-text": "New."})
    assert answer.headers["Location"] == page_of(request_row)
    request_row.refresh_from_db()
    assert (request_row.status, request_row.text, request_row.revision) == ("pending", "New.", 2)


def test_edit_and_publish_is_both_or_neither(desk, request_row, world):
    world.organisation.read_only = True
    world.organisation.save()
    fields = {"expected_revision": 1, "edit-text": "New words.", "edit-approve": "on"}
    answer = desk.post(page_of(request_row, "edit"), fields)
    assert answer.status_code == 409
    assert "read-only" in answer.content.decode()
    request_row.refresh_from_db()
    assert request_row.text == "Halden needs orders before 14:00."


def test_it_can_be_merged_into_what_is_published(desk, request_row, world, write):
    known = write(world.alice, "Orders at Halden close at 14:00.", space=world.team)
    fields = {"expected_revision": 1, "merge-into": str(known.public_id), "merge-reason": ""}
    assert desk.post(page_of(request_row, "merge"), fields).status_code == 302
    request_row.refresh_from_db()
    assert (request_row.status, request_row.published) == ("merged", known)


def test_merging_into_nothing_is_refused_in_words(desk, request_row):
    fields = {"expected_revision": 1, "merge-into": str(uuid.uuid4())}
    answer = desk.post(page_of(request_row, "merge"), fields)
    assert "There is no such memory in the target space." in answer.content.decode()


def test_a_stale_page_decides_nothing_and_says_so(desk, request_row, alice):
    candidates.edit(actor=of_user(alice), candidate=request_row, text="Changed meanwhile.")
    answer = approve(desk, request_row, **{"approve-reason": "Typed before."})
    body = answer.content.decode()
    assert answer.status_code == 412
    assert "Nothing was done." in body
    assert "It changed since you saw it" in body
    assert "Changed meanwhile." in body  # the page is the newest
    assert "Typed before." in body  # and nothing typed is lost
    request_row.refresh_from_db()
    assert request_row.status == "pending"


@pytest.mark.parametrize("given", ["", "x", "-1", "²", "99999999999999999999", None])
def test_a_decision_without_the_revision_seen_is_stale(desk, request_row, given):
    fields = {"reject-kind": "wrong"} | ({} if given is None else {"expected_revision": given})
    assert desk.post(page_of(request_row, "reject"), fields).status_code == 412
    request_row.refresh_from_db()
    assert request_row.status == "pending"


def test_what_is_decided_stays_decided(desk, request_row, alice):
    candidates.reject(actor=of_user(alice), candidate=request_row, reason="wrong")
    request_row.refresh_from_db()
    answer = approve(desk, request_row)
    assert answer.status_code == 409
    assert "This was rejected already." in answer.content.decode()
    assert not Memory.objects.filter(source=Source.PROMOTION).exists()


def test_only_posts_with_a_csrf_token_decide(request_row, alice):
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    assert desk_answers(client, request_row) == (405, 403)
    assert Candidate.objects.get().status == "pending"


def desk_answers(client, candidate):
    got = client.get(page_of(candidate, "approve")).status_code
    return got, approve(client, candidate).status_code


def test_there_is_no_other_verb(desk, request_row):
    assert desk.post(page_of(request_row, "delete"), {"expected_revision": 1}).status_code == 404


def test_nearest_published_memories_are_shown(desk, request_row, world, write):
    write(world.alice, "HALDEN needs orders before 14:00!", space=world.team)
    write(world.alice, "The kitchen closes at noon.", space=world.team)
    write(world.dora, "Halden needs orders before 14:00.", space=world.other_team)
    page = desk.get(page_of(request_row))
    shown = [near.memory.text for near in page.context["neighbours"]]
    assert shown == ["HALDEN needs orders before 14:00!"]


def test_a_member_that_was_withdrawn_is_gone(desk, request_row):
    first, second = request_row.members.order_by("pk")
    Memory.objects.filter(pk=second.memory_id).update(status="erased")
    page = desk.get(page_of(request_row))
    assert [member.text for member in page.context["members"]] == [
        "Halden needs orders before 14:00."
    ]
    Memory.objects.filter(pk=first.memory_id).update(status="retracted")
    assert desk.get(page_of(request_row)).context["members"] == []


def test_everything_that_would_be_published_is_shown(desk, request_row):
    member = request_row.members.order_by("pk")[0]
    MemoryRevision.objects.bulk_create(
        [_judged_with(member, tags=["winter"], metadata={"market": "<b>Nordics</b>", "n": [1]})]
    )
    member.revision = 9
    member.save()
    page = desk.get(page_of(request_row)).content.decode()
    assert "#winter" in page
    assert "market: &lt;b&gt;Nordics" in page
    assert "n: [1]" in page


def _judged_with(member, **fields):
    """Another revision of the member's memory, numbered 9."""
    revision = member.memory.revisions.get(number=member.revision)
    revision.pk, revision.number = None, 9
    for name, value in fields.items():
        setattr(revision, name, value)
    return revision


def test_ticked_notes_are_split_off(desk, request_row):
    page = desk.get(page_of(request_row))
    gone = page.context["members"][1]
    assert f'value="{gone.id}"' in page.content.decode()
    fields = {"expected_revision": 1, "split-members": [str(gone.id)], "split-reason": "Not so."}
    answer = desk.post(page_of(request_row, "split"), fields)
    assert answer.headers["Location"] == page_of(request_row)
    page = desk.get(page_of(request_row))
    assert [member.text for member in page.context["members"]] == [request_row.text]
    assert "split notes off it" in page.content.decode()


@pytest.mark.parametrize(
    ("ticked", "told"),
    [
        ([], "Tick the notes that state another fact."),
        (["nonsense"], "These are no notes of this request."),
        ([str(uuid.uuid4())], "Name members that the request shows."),
    ],
)
def test_a_split_without_a_note_of_the_request_is_refused_in_words(desk, request_row, ticked, told):
    fields = {"expected_revision": 1, "split-members": ticked}
    assert told in desk.post(page_of(request_row, "split"), fields).content.decode()
    assert request_row.members.count() == 2


def test_another_request_can_be_joined(desk, request_row, world):
    other = propose(world.team, [Said(world.dora, "HALDEN needs orders before 14:00!")])
    page = desk.get(page_of(request_row))
    assert [one.pk for one in page.context["alike"]] == [other.pk]
    assert f'name="join-other" value="{other.public_id}"' in page.content.decode()
    fields = {"expected_revision": 1, "join-other": str(other.public_id)}
    answer = desk.post(page_of(request_row, "join"), fields)
    assert answer.headers["Location"] == page_of(request_row)
    page = desk.get(page_of(request_row))
    assert len(page.context["members"]) == 3
    assert "joined it with another request" in page.content.decode()
    other.refresh_from_db()
    assert other.status == "withdrawn"


def test_what_it_contradicts_stands_beside_it_and_can_be_replaced(desk, request_row, world, write):
    old = write(world.alice, "Halden takes orders until noon.", space=world.team)
    decision = request_row.decision
    decision.pk, decision.public_id = None, uuid.uuid4()
    known = {"memory": old.pk, "revision": 1, "relation": "contradicts", "by": "judge"}
    decision.inputs = {**decision.inputs, "known": [known]}
    decision.save(force_insert=True)
    request_row.decision = decision
    request_row.save()
    body = desk.get(page_of(request_row)).content.decode()
    assert "it contradicts this" in body
    assert f'name="approve-supersedes" value="{old.public_id}"' in " ".join(body.split())
    fields = {"approve-supersedes": str(old.public_id)}
    assert approve(desk, request_row, **fields).status_code == 302
    old.refresh_from_db()
    assert old.status == "superseded"
    assert Memory.objects.get(source=Source.PROMOTION).supersedes == old


def test_that_the_note_against_it_is_not_shown_is_said(desk, world):
    plain = propose(world.team, [Said(world.bob, "Halden delivers on Mondays.")])
    against = propose(world.team, [Said(world.bob, "It does.")], reasons=["gate.disputed"])
    hidden = "is in no request that waits for you, so it is not shown"
    assert hidden not in desk.get(page_of(plain)).content.decode()
    assert hidden in desk.get(page_of(against)).content.decode()
