"""Spaces, memories, people and the audit at the desk: who sees which, and does what."""

from itertools import pairwise

import pytest

from apps.accounts.actors import of_user
from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.audit.services import checkups, seals
from apps.audit.services.events import SYSTEM
from apps.curation.services import candidates
from apps.desk.ancestry import Ancestry, Box, shortened
from apps.desk.site import desk as site
from apps.kernel import clock
from apps.memories.models import Memory
from apps.memories.services import memories
from apps.memories.services.drafts import Draft
from apps.spaces.models import Space
from apps.spaces.services import grants
from tests.desk.stage import Said, propose

HOSTILE = "<script>alert(1)</script> \u202etxt.exe " + "😀" * 300


def note(person, text, space=None):
    draft = Draft(text=text, space=space and space.public_id)
    return memories.remember(actor=of_user(person), draft=draft).memory


def address(kind, row):
    return f"/desk/{kind}/{row.public_id}/"


# --- spaces ---------------------------------------------------------------------------------


def test_spaces_show_who_is_there_and_change_roles_by_the_services(desk, world):
    page = desk.get("/desk/spaces/space/")
    assert {row.name for row in page.context["cl"].result_list} >= {"Blue", "Aldermoor"}
    team = address("spaces/space", world.team)
    assert {(who.name, str(role)) for who, role in desk.get(team).context["members"]} == {
        ("Alice", "Curator"), ("Bob", "Member"),
    }  # fmt: skip
    done = desk.post(f"{team}member", {"email": "Dora@example.org", "role": "viewer"}, follow=True)
    assert "The role was changed." in done.content.decode()
    assert (world.dora, "viewer") in grants.members(world.team)
    desk.post(f"{team}member", {"email": "dora@example.org", "role": ""})
    assert world.dora not in dict(grants.members(world.team))
    strange = desk.post(f"{team}member", {"email": "charlie@example.org", "role": "viewer"})
    assert "Nobody in this organisation" in strange.content.decode()


def test_a_space_of_others_is_not_there(desk, world):
    for space in (world.other_team, world.personal(world.bob), world.elsewhere.spaces.first()):
        assert desk.get(address("spaces/space", space)).status_code == 404
    target = address("spaces/space", world.other_team)
    assert desk.post(f"{target}member", {"email": "bob@example.org"}).status_code == 404


def test_who_reads_without_managing_changes_no_role(world, desk_of):
    grants.grant(space=world.team, person=world.bob, role="reviewer", by=of_user(world.alice).by)
    team = address("spaces/space", world.team)
    page = desk_of(world.bob).post(f"{team}member", {"email": "bob@example.org", "role": "curator"})
    assert "You may not manage this space." in page.content.decode()
    assert (world.bob, "reviewer") in grants.members(world.team)
    assert "alice@example.org" not in page.content.decode()


def test_the_space_above_is_named_only_to_who_sees_it(world, desk_of):
    grants.withdraw(space=world.root, person=world.bob, by=of_user(world.alice).by)
    grants.grant(space=world.team, person=world.bob, role="reviewer", by=of_user(world.alice).by)
    body = desk_of(world.bob).get("/desk/spaces/space/").content.decode()
    assert "Blue" in body
    assert "Aldermoor" not in body


# --- memories -------------------------------------------------------------------------------


def test_memories_are_those_of_spaces_that_are_read(desk, world):
    mine = note(world.alice, HOSTILE, world.team)
    theirs = note(world.bob, "Bob's own.")
    page = desk.get("/desk/memories/memory/")
    assert [row.pk for row in page.context["cl"].result_list] == [mine.pk]
    body = desk.get(address("memories/memory", mine)).content.decode()
    assert "<script>alert(1)" not in body
    assert "\u202e" not in body
    assert desk.get(address("memories/memory", theirs)).status_code == 404
    found = desk.get("/desk/memories/memory/?q=alert&status__exact=active")
    assert [row.pk for row in found.context["cl"].result_list] == [mine.pk]


def test_a_published_memory_shows_its_history_and_only_readable_sources(desk, world):
    request = propose(
        world.team, [Said(world.alice, "Order before 14:00."), Said(world.bob, "By 2 pm.")]
    )
    grants.grant(space=world.team, person=world.dora, role="reviewer", by=SYSTEM)
    candidates.approve(actor=of_user(world.dora), candidate=request)
    published = Memory.objects.get(source="promotion")
    page = desk.get(address("memories/memory", published))
    boxes = {box.words: box.id for box in page.context["ancestry"].left}
    own = Memory.objects.get(owner=world.alice, space=world.personal(world.alice))
    assert boxes == {"Order before 14:00.": own.public_id, "Not yours to read": None}
    assert page.context["contributors"] == ["Alice", "Bob"]
    assert "By 2 pm." not in page.content.decode()
    assert [row.number for row in page.context["revisions"]] == [1]
    back = desk.get(address("memories/memory", own)).context["ancestry"]
    assert [box.id for box in back.right] == [published.public_id]


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_boxes_of_a_picture_never_overlap_and_stay_inside(count):
    boxes = [Box(f"Note {n}", "Blue", None) for n in range(count)]
    picture = Ancestry(Box("Middle", "Blue", None), boxes, boxes[:1])
    placed = list(picture.placed())
    assert len(placed) == count + 1 + min(count, 1)
    left = sorted(one.y for one in placed if one.x < 300)
    assert all(below - above >= picture.box_height for above, below in pairwise(left))
    assert all(0 <= one.y <= picture.height - picture.box_height for one in placed)


def test_wide_letters_take_the_room_of_two():
    assert shortened("x" * 34) == "x" * 34
    assert shortened("x" * 40).endswith("…")
    assert len(shortened("記" * 40)) <= 18


# --- people ---------------------------------------------------------------------------------


def test_people_are_for_administrators(admin, world):
    page = admin.get("/desk/accounts/user/")
    assert {row.name for row in page.context["cl"].result_list} == {"Alice", "Bob", "Dora"}
    assert admin.get(address("accounts/user", world.charlie)).status_code == 404
    bob = admin.get(address("accounts/user", world.bob))
    assert [(space.name, role) for space, role in bob.context["roles"]][:1]
    admin.post(f"{address('accounts/user', world.bob)}switch", {"on": "0"})
    assert not User.objects.get(pk=world.bob.pk).is_active
    admin.post(f"{address('accounts/user', world.bob)}switch", {"on": "1"})
    assert User.objects.get(pk=world.bob.pk).is_active
    admin.post(f"{address('accounts/user', world.alice)}switch", {"on": "0"})
    assert User.objects.get(pk=world.alice.pk).is_active


def test_a_curator_is_shown_nobody_and_switches_nobody(desk, world):
    assert desk.get("/desk/accounts/user/").status_code == 403
    assert desk.get(address("accounts/user", world.bob)).status_code == 404
    assert desk.post(f"{address('accounts/user', world.bob)}switch", {"on": "0"}).status_code == 404
    assert User.objects.get(pk=world.bob.pk).is_active
    assert "/desk/accounts/user/" not in desk.get("/desk/").content.decode()


# --- audit ----------------------------------------------------------------------------------


def test_the_audit_is_for_auditors_and_filters_by_everything(admin, world):
    note(world.bob, "Bob's own.")
    found = admin.get("/desk/audit/auditevent/", {"action": "memory.create"})
    rows = [row for row, _who, _objects in found.context["rows"]]
    assert [row.action for row in rows] == ["memory.create"]
    assert "Bob's own." not in found.content.decode()
    event = rows[0]
    for query in (
        {"actor": "bob@example.org", "action": "memory.create"},
        {"actor": str(world.bob.public_id), "action": "memory.create"},
        {"object": str(event.object_ids[0]), "action": "memory.create"},
        {"since": f"{clock.now():%Y-%m-%d}", "until": f"{clock.now():%Y-%m-%d}",
         "action": "memory.create"},
    ):  # fmt: skip
        same = admin.get("/desk/audit/auditevent/", query).context["rows"]
        assert [row.pk for row, *_rest in same] == [event.pk], query
    nobody = admin.get("/desk/audit/auditevent/", {"actor": "nobody@example.org"})
    assert nobody.context["rows"] == []
    wrong = admin.get("/desk/audit/auditevent/", {"object": "seven"})
    assert (wrong.context["rows"], set(wrong.context["form"].errors)) == ([], {"object"})
    assert "memory.create" in admin.get(address("audit/auditevent", event)).content.decode()


def test_verify_now_is_asked_of_the_worker_and_told(admin, world, settings):
    note(world.bob, "Something to seal.")
    while seals.seal(now=clock.now()):
        pass
    asked = admin.post("/desk/audit/auditevent/verify", follow=True)
    assert "The worker is reading the log." in asked.content.decode()
    assert AuditEvent.objects.filter(action="audit.verify", actor=world.alice.public_id).exists()
    found = checkups.perform()
    assert (found.problem, found.under_way) == ("", False)
    assert found.events > 0
    body = admin.get("/desk/audit/auditevent/").content.decode()
    assert f"as it was sealed: {found.events} events" in body


def test_a_curator_reads_no_audit(desk, world):
    propose(world.team, [Said(world.bob, "Something happened.")])
    event = AuditEvent.objects.filter(organisation=world.organisation.public_id).first()
    assert event is not None
    assert desk.get("/desk/audit/auditevent/").status_code == 403
    assert desk.post("/desk/audit/auditevent/verify").status_code == 403
    assert desk.get(address("audit/auditevent", event)).status_code in {403, 404}
    assert "/desk/audit/" not in desk.get("/desk/").content.decode()


LISTS = sorted(model._meta.label_lower.replace(".", "/") for model in site._registry)


@pytest.mark.parametrize("name", LISTS)
def test_no_list_asks_more_for_more_rows(admin, world, name, django_assert_max_num_queries):
    for number in range(3):
        note(world.alice, f"Fact {number}.", world.team)
        propose(world.team, [Said(world.bob, f"Claim {number}.")])
    with django_assert_max_num_queries(15):
        assert admin.get(f"/desk/{name}/").status_code == 200
    assert Space.objects.count() > 3
