"""Decay at the desk: runs, their undo, and a forecast beside what is in force."""

from apps.decay.models import DecayRun
from apps.decay.services import runs

PAGES = "/desk/decay/decayrun/"


def test_a_run_is_started_shown_and_undone(desk, world, aged):
    aged(world.alice, "The old <b>pump</b> hums.", 430, space=world.team)
    started = desk.post(f"{PAGES}start")
    run = DecayRun.objects.get()
    assert started.headers["Location"] == f"{PAGES}{run.public_id}/"
    runs.execute(run_id=run.pk)
    body = desk.get(started.headers["Location"]).content.decode()
    assert "Nothing confirmed it for long" in body
    assert "pump" not in body
    desk.post(f"{PAGES}{run.public_id}/undo")
    assert runs.execute(run_id=run.pk).state == "undone"
    assert "Undone" in desk.get(PAGES).content.decode()
    assert "is undone" in desk.post(f"{PAGES}{run.public_id}/undo", follow=True).content.decode()


def test_a_forecast_stands_beside_what_is_in_force(desk, world, aged):
    aged(world.alice, "The old pump hums.", 430, space=world.team)
    plain = desk.get(f"{PAGES}forecast")
    assert plain.context["chart"].title.startswith("1 of 1 would be archived by ")
    tried = desk.get(f"{PAGES}forecast", {"months": "3", "half_life_fact": "900"})
    assert [row[1:] for row in tried.context["points"]] == [(1, 0)] * 4
    assert [curve.line.label for curve in tried.context["chart"].curves] == ["in force", "tried"]
    wrong = desk.get(f"{PAGES}forecast", {"months": "3", "decay_floor": "2"})
    assert set(wrong.context["form"].errors) == {"decay_floor"}


def test_runs_are_for_reviewers(desk_of, world):
    assert desk_of(world.bob).get(PAGES).status_code == 302
    assert desk_of(world.bob).get(f"{PAGES}forecast").status_code == 302
