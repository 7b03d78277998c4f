"""Every request to a model leaves a row without a word of it; a budget stops the next one."""

import threading
from collections.abc import Iterator
from contextvars import copy_context
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from apps.accounts.actors import of_user
from apps.audit.models import AuditEvent
from apps.kernel import isolation
from apps.kernel.errors import Forbidden
from apps.kernel.metrics import exposition
from apps.providers import metering
from apps.providers.errors import ModelBudgetSpent, ModelUnavailable
from apps.providers.litellm_language import LiteLLMLanguageModel
from apps.providers.metering import Call, Outcome
from apps.providers.prompts import SELF_EVAL
from apps.providers.protocol import TextItem
from apps.usage import metrics
from apps.usage.core.budgets import Limits
from apps.usage.models import ModelCall, Purpose
from apps.usage.services import budgets
from apps.usage.services.ledger import charging
from tests.conftest import World
from tests.providers.model_server import ModelServer, busy, saying, untold

V1 = "/api/v1"
SECRET = "The vault's code is 4711."
ITEM = [TextItem("a", SECRET)]


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as started:
        yield started


@pytest.fixture
def model(server: ModelServer) -> LiteLLMLanguageModel:
    """A model that LiteLLM's table knows, served here."""
    return LiteLLMLanguageModel(
        "openai/gpt-4o-mini", api_base=server.address, api_key="k", pause=0.01
    )


def team(world: World) -> dict[str, Any]:
    return {"organisation": world.organisation.pk, "space": world.team.pk}


def test_an_answer_a_refusal_and_a_busy_service_are_booked(world, server, model):
    server.script = [busy(503), untold]
    with charging(Purpose.CONSOLIDATION, **team(world)):
        model.complete(SELF_EVAL, ITEM)
        server.script = [busy(400), busy(400), busy(400)]
        model.complete(SELF_EVAL, ITEM)
    rows = list(ModelCall.objects.order_by("pk"))
    assert [row.outcome for row in rows] == ["busy", "answered", "refused"]
    lost, told, _ = rows
    assert (lost.prompt_tokens, lost.completion_tokens, lost.cost) == (0, 0, Decimal(0))
    assert told.estimated
    assert (told.organisation, told.space) == (world.organisation, world.team)
    assert (told.purpose, told.task, told.version) == ("consolidation", "self_eval", 1)
    assert told.model == "openai/gpt-4o-mini"
    assert told.prompt_tokens > 100
    assert told.cost is not None
    assert told.cost > 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(c::text, ' ') FROM usage_modelcall c")
        assert "4711" not in cursor.fetchone()[0]


def test_a_model_of_unknown_price_says_so(world, server):
    own = LiteLLMLanguageModel("openai/our-own", api_base=server.address, api_key="k")
    with charging(Purpose.OTHER, **team(world)):
        own.complete(SELF_EVAL, ITEM)
    row = ModelCall.objects.get()
    assert (row.cost, row.prompt_tokens, row.completion_tokens) == (None, 100, 10)
    assert metering.price("openai/our-own", 5, 5) is None
    assert metering.price("text-embedding-3-small", 1_000_000, 0) == Decimal("0.02")


def test_threads_of_a_step_are_booked_by_the_one_that_began_it(world, model):
    with charging(Purpose.PROMOTION, **team(world)) as account:
        context = copy_context()
        thread = threading.Thread(target=lambda: context.run(model.complete, SELF_EVAL, ITEM))
        thread.start()
        thread.join()
        assert not ModelCall.objects.exists()
        assert account.refusal() == ""
        assert ModelCall.objects.count() == 1


def test_what_is_asked_outside_of_a_step_is_booked_for_nobody(world, model):
    model.complete(SELF_EVAL, ITEM)
    row = ModelCall.objects.get()
    assert (row.organisation, row.space, row.purpose) == (None, None, "other")


def test_in_a_request_it_is_the_asker_s_organisation_and_nobody_else_s(world, model):
    bob = isolation.Context(user=world.bob.pk)
    with isolation.within(bob):
        with charging(Purpose.RECALL):
            model.complete(SELF_EVAL, ITEM)
        assert not ModelCall.objects.exists()  # who reviews nowhere reads no books
    assert ModelCall.objects.get().organisation == world.organisation
    with isolation.within(isolation.Context(user=world.alice.pk, reach="review")):
        assert ModelCall.objects.count() == 1
    with isolation.within(isolation.Context(user=world.charlie.pk, reach="review")):
        assert not ModelCall.objects.exists()


def test_the_books_are_only_added_to(world, model):
    model.complete(SELF_EVAL, ITEM)
    for change in (ModelCall.objects.all().delete, lambda: ModelCall.objects.update(cost=0)):
        with pytest.raises(ProgrammingError), transaction.atomic():
            change()
    row = ModelCall.objects.get()
    row.pk, row.outcome = None, "paid"
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


def test_a_spent_budget_refuses_before_the_request_and_a_lifted_one_lets_it_through(
    world, server, model
):
    alice = of_user(world.alice)
    root = world.root
    budgets.set_budget(actor=alice, space=root, limits=Limits(calls=1), reason="Trial.")
    with charging(Purpose.CONSOLIDATION, **team(world)):
        assert model.complete(SELF_EVAL, ITEM).answers
        with pytest.raises(ModelBudgetSpent) as refused:
            model.complete(SELF_EVAL, ITEM)
        assert "1 of 1 requests are spent today" in refused.value.detail
        assert isinstance(refused.value, ModelUnavailable)
        assert len(server.asked) == 1
        budgets.set_budget(actor=alice, space=root, limits=Limits(), reason="Over.")
        assert model.complete(SELF_EVAL, ITEM).answers
    event = AuditEvent.objects.filter(action="budget.change").latest("id")
    assert (event.reason, event.detail["calls"]) == ("Over.", None)
    with pytest.raises(Forbidden):
        budgets.set_budget(
            actor=of_user(world.bob), space=world.team, limits=Limits(calls=9), reason="Mine."
        )


def test_half_a_question_is_answered_when_the_budget_ends_within_it(world, server, model):
    budgets.set_budget(
        actor=of_user(world.alice), space=world.team, limits=Limits(calls=1), reason="Trial."
    )
    items = [TextItem(str(number), f"Note {number}.") for number in range(SELF_EVAL.batch + 1)]
    with charging(Purpose.PROMOTION, **team(world)):
        done = model.complete(SELF_EVAL, items)
    assert len(done.answers) == SELF_EVAL.batch
    assert [one.why for one in done.unanswered] == ["not_asked"]
    assert "used up" in done.trouble


def test_figures_by_day_purpose_and_model_for_reviewers(world, client_of, model, server):
    with charging(Purpose.CONSOLIDATION, **team(world)):
        model.complete(SELF_EVAL, ITEM)
        model.complete(SELF_EVAL, ITEM)
    server.manner = saying("no")
    with charging(Purpose.PROMOTION, organisation=world.organisation.pk, space=world.root.pk):
        model.complete(SELF_EVAL, ITEM)
    alice = client_of(world.alice)
    rows = alice.get(f"{V1}/usage/models").json()
    told = {row["purpose"]: row for row in rows}
    row = told["consolidation"]
    assert (row["calls"], row["failed"], row["tokens_in"], row["tokens_out"]) == (2, 0, 200, 20)
    assert Decimal(row["cost"]) == 2 * Decimal("0.000021")
    assert (row["unpriced"], row["task"], row["version"]) == (0, "self_eval", 1)
    assert told["promotion"]["calls"] == 3  # asked three times for something usable
    asked = {"space": str(world.team.public_id)}
    assert [row["purpose"] for row in alice.get(f"{V1}/usage/models", asked).json()] == [
        "consolidation"
    ]
    assert alice.get(f"{V1}/usage/models", {"until": "2020-01-01"}).json() == []
    for bad, field in (
        ({"since": "2026-02-02", "until": "2026-02-01"}, "since"),
        ({"since": "2020-01-01"}, "since"),
        ({"since": "soon"}, "since"),
        ({"space": str(world.other_team.public_id)}, "space"),
    ):
        wrong = alice.get(f"{V1}/usage/models", bad)
        assert (wrong.status_code, wrong.json()["errors"][0]["attr"]) == (400, field), bad
    assert client_of(world.bob).get(f"{V1}/usage/models").status_code == 403
    assert client_of(world.charlie).get(f"{V1}/usage/models").status_code == 403
    page = exposition(metrics.READINGS).decode()
    assert 'memoryhub_model_calls_today{outcome="answered",purpose="consolidation"} 2.0' in page


def test_budgets_are_set_and_shown(world, client_of):
    alice = client_of(world.alice)
    body = {"space": str(world.team.public_id), "cost_per_day": "1.5", "reason": "Enough."}
    made = alice.post(f"{V1}/usage/budgets", body)
    assert made.status_code == 201
    assert (made.json()["cost_per_day"], made.json()["calls_per_day"]) == ("1.5000", None)
    alice.post(f"{V1}/usage/budgets", {**body, "cost_per_day": None, "tokens_per_day": 7})
    (row,) = alice.get(f"{V1}/usage/budgets").json()
    assert (row["space"], row["cost_per_day"], row["tokens_per_day"]) == (body["space"], None, 7)
    wrong = alice.post(f"{V1}/usage/budgets", {**body, "cost_per_day": "-1"})
    assert (wrong.status_code, wrong.json()["errors"][0]["attr"]) == (400, "cost_per_day")
    assert client_of(world.bob).post(f"{V1}/usage/budgets", body).status_code == 403


def test_what_cannot_be_booked_stops_nothing(world):
    call = Call("language", "openai/x", Outcome.ANSWERED, 0.1, version=2**31)
    with charging(Purpose.OTHER, **team(world)) as account:
        account.told(call)
    assert not ModelCall.objects.exists()
