"""The page of what models were asked: figures and budgets, for reviewers."""

from apps.accounts.actors import of_user
from apps.audit.models import AuditEvent
from apps.providers.metering import Call, Outcome
from apps.usage.core.budgets import Limits
from apps.usage.models import Purpose
from apps.usage.services import budgets
from apps.usage.services.ledger import charging

PAGE = "/desk/usage/modelcall/"


def test_figures_stand_by_day_purpose_and_model_beside_the_budgets(desk, world):
    where = {"organisation": world.organisation.pk, "space": world.team.pk}
    with charging(Purpose.CAPTURES, **where) as account:
        for tokens in (70, 30):
            account.told(
                Call("language", "openai/<b>own", Outcome.ANSWERED, 1.5, "distil", 1, tokens, 5)
            )
        account.told(Call("language", "openai/<b>own", Outcome.TIMEOUT, 2.0, "distil", 1))
    budgets.set_budget(
        actor=of_user(world.alice), space=world.team, limits=Limits(tokens=500), reason="Trial."
    )
    page = desk.get(PAGE)
    (row, purpose) = page.context["rows"][0]
    assert (row.calls, row.failed, row.tokens_in, row.tokens_out, row.seconds) == (
        3, 1, 100, 10, 5.0,
    )  # fmt: skip
    assert (purpose, page.context["total"]["unpriced"]) == ("Captures", 3)
    body = page.content.decode()
    assert "openai/&lt;b&gt;own" in body
    assert "not known" in body
    assert "500" in body
    event = AuditEvent.objects.filter(action="usage.read").latest("id")
    assert event.detail["view"] == "desk.usage"
    assert desk.get(PAGE, {"until": "2020-01-01"}).context["rows"] == []
    assert desk.get(PAGE, {"since": "2020-01-01"}).status_code == 400
    assert set(desk.get(PAGE, {"since": "soon"}).context["form"].errors) == {"since"}


def test_the_page_is_for_reviewers(desk_of, world):
    assert desk_of(world.bob).get(PAGE).status_code == 302
