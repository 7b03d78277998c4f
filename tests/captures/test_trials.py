"""The test bench of distilling shows what a prompt would find in transcripts, and keeps nothing."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.actors import of_user
from apps.audit.models import AuditEvent
from apps.captures.models import Capture
from apps.captures.services import captures
from apps.captures.services.captures import About
from apps.consolidation.services import policies
from tests.captures.test_model import TALK, V1, oracle
from tests.conftest import World
from tests.consolidation.test_trials import changed, digests
from tests.providers.model_server import ModelServer, busy

SECRET = "User: We decided that the password is: hunter2-Xk9!pq.\n"
_LEFT = {"usage_modelcall", "audit_auditevent", "audit_pendingevent"}


@pytest.fixture
def model(settings: Any) -> Any:
    with ModelServer(oracle) as server:
        settings.LLM_MODEL, settings.LLM_BASE_URL = "openai/distiller", server.address
        settings.LLM_API_KEY = "k"
        yield server


@pytest.fixture
def capture(world: World) -> Capture:
    data = f"{TALK}Assistant: Noted.\n{SECRET}".encode()
    return captures.capture(actor=of_user(world.alice), data=data, about=About()).capture


def test_a_trial_shows_findings_and_what_it_drops_and_keeps_nothing(
    world, model, capture, client_of
):
    client = client_of(world.alice)
    before = digests()
    body = {"captures": [str(capture.public_id)], "prompt": "List what was settled."}
    told = client.post(f"{V1}/captures/try", body, format="json").json()
    (one,) = told["outcomes"]
    assert [(found["what"], found["text"], found["left_out"]) for found in one["found"]] == [
        ("decision", SECRET.removeprefix("User: ").strip(), one["found"][0]["left_out"]),
        ("fix", "The cause was the 30 second timeout of the proxy.", ""),
        ("decision", "The team goes for the queue.", ""),
    ]  # fmt: skip
    assert one["found"][0]["left_out"], "what the rules found in a piece that the model never saw"
    assert [(found["what"], found["code"]) for found in one["dropped"]] == [("fix", "number")]
    assert (one["withheld"], one["failed"], one["tokens"]) == (1, "", 110)
    assert (told["model"], told["trouble"], told["tokens"]) == ("openai/distiller", "", 110)
    system = model.asked[0].body["messages"][0]["content"]
    assert "List what was settled." in system
    assert changed(before) <= _LEFT
    event = AuditEvent.objects.get(action="capture.try")
    assert (event.object_ids, event.detail) == (
        [capture.public_id], {"stretches": 1, "tokens": 110},
    )  # fmt: skip


def test_it_stops_where_the_model_or_the_budget_does(world, model, capture, client_of, monkeypatch):
    monkeypatch.setattr("apps.captures.services.trials.CHUNK_BYTES", 64)
    client, at = client_of(world.alice), f"{V1}/captures/try"
    body = {"captures": [str(capture.public_id)], "stretches": 3}
    assert len(client.post(at, body, format="json").json()["outcomes"]) == 3
    model.script = [busy(401)]
    told = client.post(at, body, format="json").json()
    assert (told["trouble"], [one["failed"] for one in told["outcomes"]]) == (
        "unavailable", ["no_answer"],
    )  # fmt: skip
    values = {"distil_tokens_per_day": 0}
    policies.change(actor=of_user(world.alice), space=world.root, values=values, reason="None.")
    told = client.post(at, body, format="json").json()
    assert (told["trouble"], told["policy_version"]) == ("budget", 1)


def test_who_may_try_and_on_what(world, model, capture, client_of):
    at, named = f"{V1}/captures/try", [str(capture.public_id)]
    refused = client_of(world.bob).post(at, {"captures": named}, format="json")
    assert (refused.status_code, refused.json()["errors"][0]["attr"]) == (400, "captures")
    client = client_of(world.alice)
    long = client.post(at, {"captures": named, "prompt": "x" * 4_001}, format="json").json()
    assert long["errors"][0]["attr"] == "prompt"
    begun = captures.begin(actor=of_user(world.alice), about=About())
    half = client.post(at, {"captures": [str(begun.public_id)]}, format="json")
    assert half.status_code == 409
    assert model.asked == []


def test_the_command_and_a_hub_without_a_model(world, capture, tmp_path):
    out, before = StringIO(), digests()
    name = str(capture.public_id)
    call_command("captures", "try", f"--capture={name}", stdout=out)
    assert "! decision: We decided that the password is" in out.getvalue()
    assert "1 findings in 1 stretches, by the rules" in out.getvalue()
    assert changed(before) == set()
    for options, said in (
        ([f"--capture={world.alice.public_id}"], "there is none"),
        ([f"--capture={name}", "--stretches=0"], "1 to 20"),
        ([f"--capture={name}", f"--prompt={tmp_path / 'absent'}"], "absent"),
    ):
        with pytest.raises(CommandError, match=said):
            call_command("captures", "try", *options)
    assert not Capture.objects.filter(chunks__isnull=False).exists()
