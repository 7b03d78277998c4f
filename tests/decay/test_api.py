"""`/decay-runs`, `/decay-forecasts` and `/memories/{id}/strength` over HTTP."""

from apps.decay.models import DecayRun
from apps.decay.services import runs

V1 = "/api/v1"


def test_a_run_is_started_followed_and_undone(world, aged, client_of, decay):
    aged(world.alice, "The old pump hums.", 430)
    client = client_of(world.alice)
    started = client.post(f"{V1}/decay-runs", {"dry": False}, format="json")
    assert (started.status_code, started["Location"]) == (
        202,
        f"{V1}/decay-runs/{started.json()['id']}",
    )
    again = client.post(f"{V1}/decay-runs", {}, format="json")
    assert again.json()["errors"][0]["code"] == "decay_under_way"
    run = DecayRun.objects.get()
    runs.execute(run_id=run.pk)
    told = client.get(started["Location"]).json()
    assert (told["state"], told["counts"]["archived"]) == ("done", {"fact": {"decay.faded": 1}})
    undone = client.post(f"{started['Location']}/undo")
    assert (undone.status_code, undone.json()["state"]) == (202, "undoing")
    listed = client.get(f"{V1}/decay-runs").json()["results"]
    assert [one["id"] for one in listed] == [told["id"]]


def test_a_forecast_names_the_field_that_is_wrong(world, aged, client_of):
    aged(world.alice, "The old pump hums.", 430, space=world.team)
    client = client_of(world.alice)
    told = client.post(f"{V1}/decay-forecasts", {"months": 2}, format="json").json()
    assert (told["memories"], told["archived"], len(told["points"])) == (1, 1, 3)
    for body, attr in (
        ({"months": 61}, "months"),
        ({"values": {"half_life_fact": "long"}}, "values"),
        ({"values": {"judge": True}}, "values"),
    ):
        answer = client.post(f"{V1}/decay-forecasts", body, format="json")
        assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (400, attr)


def test_strength_is_told_to_who_reads_the_memory(world, aged, client_of):
    note = aged(world.alice, "Depot shuts at six.", 180, space=world.team)
    told = client_of(world.bob).get(f"{V1}/memories/{note.public_id}/strength").json()
    assert round(told["strength"], 3) == 0.25
    assert (told["confidence"], told["half_life_days"], told["pinned"]) == (0.5, 180, False)
    assert client_of(world.dora).get(f"{V1}/memories/{note.public_id}/strength").status_code == 404
