"""`/erasures` and `/holds` for administrators."""

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.models import AgentToken
from apps.governance.models import Erasure
from apps.governance.services import erasures, residue

V1 = "/api/v1"


@pytest.fixture
def admin(dora, client_of):
    return client_of(dora)


def asked(world):
    return {"person": str(world.alice.public_id), "reason": "Asked by letter."}


def test_from_the_request_to_the_certificate(admin, canary, world, client_of):
    tokens = AgentToken.objects.filter(user__owner=world.alice)
    hers = client_of(world.alice)
    assert hers.get(f"{V1}/memories").status_code == 200
    answer = admin.post(f"{V1}/erasures", asked(world), headers={"Idempotency-Key": "1"})
    assert answer.status_code == 202, answer.content
    assert {token.revoked_at is None for token in tokens.all()} == {False}
    assert hers.get(f"{V1}/memories").status_code == 401
    path = f"{V1}/erasures/{answer.json()['id']}"
    assert admin.get(f"{path}/certificate").status_code == 409
    erasures.execute(erasure_id=Erasure.objects.get().pk)
    told = admin.get(path).json()
    assert (told["state"], told["requested_by"]) == ("done", str(world.dora.public_id))
    assert told["counts"]["memories_memory"] > 5
    certificate = admin.get(f"{path}/certificate").json()
    assert certificate["erasure"] == told["id"]
    assert residue.tables_with(canary.needle) == {}
    again = admin.post(f"{V1}/erasures", asked(world)).json()
    assert (again["id"], again["state"]) == (told["id"], "done")


def test_a_hold_answers_409_and_names_itself(admin, world):
    body = {"person": str(world.alice.public_id), "reason": "Case 7."}
    hold = admin.post(f"{V1}/holds", body).json()
    answer = admin.post(f"{V1}/erasures", asked(world))
    assert answer.status_code == 409
    error = answer.json()["errors"][0]
    assert error["code"] == "legal_hold"
    assert hold["id"] in error["detail"]
    released = admin.post(f"{V1}/holds/{hold['id']}/release", {"reason": "Over."})
    assert released.json()["released_at"]
    assert admin.get(f"{V1}/holds").json()["results"][0]["id"] == hold["id"]
    assert admin.post(f"{V1}/erasures", asked(world)).status_code == 202


@pytest.mark.parametrize("named", ["dora", "charlie"])
def test_neither_oneself_nor_strangers(named, admin, world):
    person = getattr(world, named)
    answer = admin.post(f"{V1}/erasures", {"person": str(person.public_id), "reason": "x"})
    assert answer.status_code == (403 if named == "dora" else 400)


def test_an_agent_and_a_narrow_token_of_the_administrator_may_not(dora, world, make_agent,
                                                                  client_of):  # fmt: skip
    _, _, plain = make_agent(dora)
    assert client_of(plain).get(f"{V1}/erasures").status_code == 403


def test_the_command_erases_and_says_where_the_certificate_is(canary, world, tmp_path, capsys):
    path = tmp_path / "c.json"
    email = world.alice.email
    call_command("erasure", "person", email, "--dry-run")
    assert "Nothing was changed." in capsys.readouterr().out
    call_command("erasure", "person", email, "--reason", "Asked.", "--out", str(path))
    assert "certificate is in" in capsys.readouterr().out
    call_command("erasure", "verify", str(path))
    call_command("erasure", "find", canary.needle)
    assert "No table holds it." in capsys.readouterr().out
    with pytest.raises(CommandError, match="There is no person"):
        call_command("erasure", "person", email, "--reason", "Again.")
    with pytest.raises(CommandError, match="--reason"):
        call_command("erasure", "person", world.bob.email)
