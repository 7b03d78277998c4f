"""Everybody writes a policy of their own space: they choose a model, and nobody else is asked."""

from collections.abc import Iterator
from typing import Any

import pytest

from apps.accounts.actors import of_user
from apps.captures.models import CaptureChunk
from apps.captures.services import captures
from apps.captures.services.captures import About
from apps.consolidation.core.policy import DEFAULT, ArchivistPolicy
from apps.consolidation.models import ArchivistPolicy as Row
from apps.consolidation.services import policies
from apps.kernel import clock
from apps.providers.language import is_of_the_service
from tests.captures.test_model import TALK, V1, distil, oracle
from tests.conftest import World
from tests.providers.model_server import ModelServer

KEY = "key-of-the-hub"


@pytest.fixture
def stranger(settings: Any) -> Iterator[ModelServer]:
    """A service of somebody else, at an address that only a policy names."""
    settings.LLM_MODEL, settings.LLM_BASE_URL, settings.LLM_API_KEY = "openai/distiller", "", KEY
    with ModelServer(oracle) as server:
        yield server


def write_down(world: World, **values: Any) -> None:
    """A policy of Bob's own space as an earlier release took it."""
    Row.objects.create(
        space=world.personal(world.bob), version=1, author=world.bob, created_at=clock.now(),
        values={**ArchivistPolicy().values(), **values}, reason="Mine.",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["model", "distil_model"])
def test_a_policy_names_models_of_the_hub_s_service_only(name, world, stranger, client_of):
    client, space = client_of(world.bob), str(world.personal(world.bob).public_id)

    def answer(model: str) -> Any:
        body = {"space": space, "values": {name: model}, "reason": "Mine."}
        return client.post(f"{V1}/consolidation/policies", body, format="json")

    for model in (f"huggingface/{stranger.address}", "anthropic/claude", "openai/../files"):
        refused = answer(model)
        (error,) = refused.json()["errors"]
        assert (refused.status_code, error["attr"]) == (400, "values"), model
        assert name in error["detail"]
        assert model not in error["detail"]
    assert answer("openai/gpt-4o-mini").status_code == 201
    assert answer("hub").status_code == 201


def test_an_older_policy_sends_nobody_s_words_and_no_key_elsewhere(world, stranger, client_of):
    write_down(world, distil_model=f"huggingface/{stranger.address}")
    bob = of_user(world.bob)
    capture = captures.capture(actor=bob, data=TALK.encode(), about=About()).capture
    body = {"captures": [str(capture.public_id)]}
    told = client_of(world.bob).post(f"{V1}/captures/try", body, format="json").json()
    assert (told["model"], told["trouble"]) == ("", "no_model")
    distil()
    assert CaptureChunk.objects.get().made_by == "rules"
    assert stranger.asked == []


def test_it_spends_no_more_than_the_space_above_lets_it(world, client_of):
    personal = world.personal(world.bob)
    limits = {"tokens_per_run": 10_000_000, "model_calls_per_day": 1, "distil_support": 0.5}
    body = {"space": str(personal.public_id), "values": limits, "reason": "Mine."}
    made = client_of(world.bob).post(f"{V1}/consolidation/policies", body, format="json")
    assert made.status_code == 201

    def told() -> tuple[int, int, float]:
        policy = policies.in_force(personal).policy
        return policy.tokens_per_run, policy.model_calls_per_day, policy.distil_support

    assert told() == (DEFAULT.tokens_per_run, 1, 0.5)
    alice = of_user(world.alice)
    for tokens in (70_000, 10):
        values = {"tokens_per_run": tokens, "model_calls_per_day": 0}
        policies.change(actor=alice, space=world.root, values=values, reason="All.")
        assert told() == (tokens, 0, 0.5)
        assert policies.in_force(world.root).policy.tokens_per_run == tokens


def test_nor_does_the_archivist(world, stranger, client_of):
    write_down(world, model=f"huggingface/{stranger.address}", briefs="model")
    client, space = client_of(world.bob), world.personal(world.bob).public_id
    for number in range(3):
        said = {"text": f"Pump {number} of hall {number} was oiled.", "space": str(space)}
        assert client.post(f"{V1}/memories", said, format="json").status_code == 201
    address = f"{V1}/spaces/{space}/archivist/try"
    told = client.post(address, {"task": "brief"}, format="json").json()
    assert (told["model"], told["trouble"], len(told["outcomes"])) == ("", "no_model", 1)
    assert stranger.asked == []


@pytest.mark.parametrize(
    ("model", "is_fine"),
    [
        ("openai/gpt-4o-mini", True),
        ("openai/ft:gpt-4o-mini:acme::7p4lURel", True),
        ("openai/team/model@2", True),
        ("openai/@cf/meta/llama", True),
        ("openai", False),
        ("openai/", False),
        ("OpenAI/x", False),
        ("open/x", False),
        ("openai/http://10.0.0.1/x", False),
        ("openai//10.0.0.1/x", False),
        ("openai/a/../b", False),
        ("openai/x?y", False),
        ("openai/x\n", False),
        ("openai/\uff0e\uff0e/x", False),
        ("", False),
    ],
)
def test_names_that_lead_nowhere_else(model, is_fine, settings):
    settings.LLM_MODEL = "openai/distiller"
    assert is_of_the_service(model) is is_fine
