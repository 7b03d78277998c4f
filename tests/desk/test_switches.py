"""Kill switches at the desk and by the API: seen by every reviewer, turned by administrators."""

from django.urls import reverse

from apps.spaces.models import Membership, Switch
from apps.spaces.services import switches
from tests.desk.conftest import page_of

LIST, ON = "/desk/spaces/switch/", "/desk/spaces/switch/on"
REASON = "A bad <b>batch</b>."


def test_stopping_and_letting_go_on_from_the_page(admin):
    page = admin.post(ON, {"kind": "promotion", "reason": REASON}, follow=True)
    assert page.status_code == 200
    made = Switch.objects.get()
    assert f"{LIST}{made.public_id}/lift" in page.content.decode()
    lifted = admin.post(f"{LIST}{made.public_id}/lift", {"reason": "Over."}, follow=True)
    assert "It goes on." in lifted.content.decode()
    made.refresh_from_db()
    assert (made.lift_reason, made.lifted_at is None) == ("Over.", False)


def test_while_on_every_page_says_so_and_shows_the_reason_harmlessly(admin, request_row):
    admin.post(ON, {"kind": "consolidation", "reason": REASON})
    for address in ("/desk/", LIST, "/desk/curation/candidate/", page_of(request_row)):
        body = admin.get(address).content.decode()
        assert "Consolidation is paused" in body, address
        assert "A bad &lt;b&gt;batch&lt;/b&gt;." in body, address
        assert 'class="d-alarm"' in body, address
    switches.lift(actor=None, switch=Switch.objects.get())
    assert 'class="d-alarm"' not in admin.get("/desk/").content.decode()


def test_reviewers_see_them_and_cannot_turn_them(desk):
    made = switches.turn_on_everywhere(kind="promotion", reason=REASON)
    body = desk.get(LIST).content.decode()
    assert "(whole hub)" in body
    assert ON not in body
    desk.post(ON, {"kind": "read_only", "reason": "Mine."})
    desk.post(f"{LIST}{made.public_id}/lift", {})
    assert list(Switch.objects.on()) == [made]


def test_another_organisation_s_is_not_there(admin, world):
    made = Switch.objects.create(
        organisation=world.elsewhere, kind="promotion", reason="Theirs.", set_at="2026-01-01T00:00Z"
    )
    assert "Theirs." not in admin.get(LIST).content.decode()
    assert admin.post(f"{LIST}{made.public_id}/lift", {}).status_code == 404
    assert admin.get(reverse("desk:index")).context["switches"] == []


def test_administrators_turn_them_by_the_api(world, client_of):
    Membership.objects.filter(person=world.alice).update(role="admin")
    api = client_of(world.alice)
    made = api.post("/api/v1/switches", {"kind": "promotion", "reason": "Stop."})
    assert made.status_code == 201
    again = api.post("/api/v1/switches", {"kind": "promotion", "reason": "Stop."})
    assert (again.status_code, again.json()["errors"][0]["code"]) == (409, "conflict")
    wrong = api.post("/api/v1/switches", {"kind": "promotion", "reason": "x" * 501})
    assert (wrong.status_code, wrong.json()["errors"][0]["attr"]) == (400, "reason")
    listed = api.get("/api/v1/switches").json()["results"]
    assert [(row["kind"], row["hub"], row["lifted_at"]) for row in listed] == [
        ("promotion", False, None)
    ]
    lifted = api.post(f"{made.headers['Location']}/lift", {"reason": "Go."})
    assert lifted.json()["lift_reason"] == "Go."
    everywhere = switches.turn_on_everywhere(kind="promotion", reason="All.")
    assert api.post(f"/api/v1/switches/{everywhere.public_id}/lift", {}).status_code == 403
