"""The test bench shows what a prompt would make of some clusters, and changes nothing."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from apps.accounts.actors import of_user
from apps.audit.models import AuditEvent
from apps.captures.services import captures
from apps.captures.services.captures import About
from apps.consolidation.services import bench, policies, trials
from apps.curation.models import ModelUse
from tests.consolidation.test_archivist import TOPIC
from tests.consolidation.test_synthesis import NOTE, VALUES, connecting
from tests.providers.model_server import busy

# What a trial may leave: that it was made, and what it cost
_LEFT = {"curation_modeluse", "usage_modelcall", "audit_auditevent", "audit_pendingevent"}


def digests():
    """Rows and a digest of every table."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(
                f"SELECT count(*), md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), ''))"
                f' FROM "{table}" t'
            )
            found[table] = cursor.fetchone()
    return found


@pytest.fixture
def topic(world, write):
    policies.change(actor=of_user(world.alice), space=world.team, values=VALUES, reason="Connect.")
    people = (world.alice, world.bob)
    return [write(people[n % 2], text, space=world.team) for n, text in enumerate(TOPIC)]


def changed(before):
    after = digests()
    return {table for table in after if after[table] != before.get(table)}


def test_a_trial_shows_claims_checks_and_tokens_and_changes_nothing(world, topic, model, client_of):
    model.oracle = connecting
    client = client_of(world.alice)
    address = f"/api/v1/spaces/{world.team.public_id}/archivist/try"
    before = digests()
    body = {"task": "synthesis", "prompt": "Say what connects them.", "clusters": 3}
    told = client.post(address, body, format="json").json()
    (one,) = told["outcomes"]
    assert (one["passed"], one["failed"], one["tokens"]) == (True, [], 110)
    assert [claim["text"] for claim in one["claims"]] == [NOTE]
    assert one["dropped"] == [{"text": "Order 900 litres.", "codes": one["dropped"][0]["codes"]}]
    assert "number" in one["dropped"][0]["codes"]
    assert set(one["sources"]) == {str(memory.public_id) for memory in topic}
    assert (told["model"], told["tokens"], told["trouble"]) == ("openai/scripted", 110, "")
    assert "Say what connects them." in model.asked[-1].body["messages"][0]["content"]
    assert changed(before) <= _LEFT
    assert ModelUse.objects.get().calls == 1, "what was spent counts towards the day's cap"
    event = AuditEvent.objects.get(action="archivist.try")
    assert event.detail == {"task": "synthesis", "clusters": 1, "tokens": 110}
    summary = client.post(address, {"prompt": "Shorter."}, format="json").json()["outcomes"]
    assert [(one["passed"], len(one["sources"])) for one in summary] == [(True, len(topic))]
    assert changed(before) <= _LEFT
    refused = client.post(address, {"clusters": 51}, format="json").json()["errors"][0]
    assert (refused["attr"], "50" in refused["detail"]) == ("clusters", True)


def test_without_a_model_it_says_so(world, topic, client_of):
    client = client_of(world.alice)
    address = f"/api/v1/spaces/{world.team.public_id}/archivist/try"
    before = digests()
    told = client.post(address, {}, format="json").json()
    assert (told["model"], told["trouble"]) == ("", "no_model")
    assert [one["failed"] for one in told["outcomes"]] == [["no_answer"]]
    assert changed(before) <= _LEFT


def test_the_command_tells_the_same(world, topic, model, tmp_path):
    model.oracle = lambda task, item: {
        "claims": [{"text": f"{NOTE}\x1b[2J", "cites": [one["id"] for one in item["sources"]]}]
    }
    prompt = tmp_path / "prompt.txt"
    prompt.write_text("Shorter.", encoding="utf-8")
    out = StringIO()
    before = digests()
    name = str(world.team.public_id)
    call_command("archivist", "try", space=name, prompt=prompt, clusters=10, stdout=out)
    assert "cluster 1: 6 memories, passed, 110 tokens" in out.getvalue()
    assert "\x1b" not in out.getvalue()
    assert changed(before) <= _LEFT
    for options, said in (
        ({"space": "Nowhere"}, "There is no space"),
        ({"space": name, "clusters": 0}, "1 to 50"),
        ({"space": name, "prompt": tmp_path / "absent"}, "absent"),
    ):
        with pytest.raises(CommandError, match=said):
            call_command("archivist", "try", **options)


def test_one_prompt_is_tried_at_a_time(world, topic, model, client_of, client):
    space = world.team.public_id
    capture = captures.capture(actor=of_user(world.bob), data=b"User: Hi.\n", about=About()).capture
    client.force_login(world.alice)
    asked: Any = (
        (client_of(world.alice), f"/api/v1/spaces/{space}/archivist/try", {}),
        (client_of(world.bob), "/api/v1/captures/try", {"captures": [str(capture.public_id)]}),
    )
    with bench.taken():
        for who, address, body in asked:
            refused = who.post(address, body, format="json")
            told = (refused.status_code, refused.json()["errors"][0]["code"])
            assert (told, refused["Retry-After"]) == ((429, "busy"), "30")
        address = f"/desk/consolidation/proposal/try?space={space}"
        page = client.post(address, {"prompt": "Shorter.", "clusters": 1})
        assert page.status_code == 429
        assert "Another prompt is being tried" in page.content.decode()
    assert model.asked == []
    assert not AuditEvent.objects.filter(action__in=["archivist.try", "capture.try"]).exists()
    model.script = [busy(401)]  # it is left whatever came of it
    for who, address, body in asked * 2:
        assert who.post(address, body, format="json").status_code == 200


def test_the_days_cap_holds_on_the_bench_too(world, topic, model):
    values = {**VALUES, "model_calls_per_day": 0}
    policies.change(actor=of_user(world.alice), space=world.team, values=values, reason="None.")
    trial = trials.attempt(actor=of_user(world.alice), space=world.team, task="summary")
    assert (trial.trouble, trial.tokens, model.asked) == ("calls", 0, [])
