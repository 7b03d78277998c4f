"""What spaces may spend on models a day: set by who manages a space, asked before each request."""

from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Count, F, Sum
from django.db.models.functions import Coalesce

from apps.audit.services import events
from apps.kernel import clock, isolation
from apps.kernel.errors import Forbidden, Invalid
from apps.spaces import access
from apps.spaces.core import ancestry
from apps.spaces.models import Space
from apps.spaces.services import tree
from apps.usage.core import budgets as core
from apps.usage.core.budgets import Limits, Spending
from apps.usage.models import Budget, CallKind, ModelCall, Purpose

if TYPE_CHECKING:
    from apps.accounts.actors import Actor


@transaction.atomic
def set_budget(*, actor: "Actor", space: Space, limits: Limits, reason: str) -> Budget:
    """A new budget of a space, in force from now on; without any limit it lifts the one before.

    Raises:
        Forbidden: the actor does not manage the space.
        Invalid: no reason.
    """
    if not access.of(actor).allows("manage", space.pk):
        raise Forbidden("Whoever manages a space sets its budget.")
    if not reason.strip():
        raise Invalid("A budget needs a reason.", attr="reason")
    made = Budget.objects.create(
        space=space,
        calls_per_day=limits.calls,
        tokens_per_day=limits.tokens,
        cost_per_day=limits.cost,
        author=actor.user,
        created_at=clock.now(),
    )
    events.record(
        action="budget.change",
        by=actor.by,
        space=space.public_id,
        object_type="space",
        object_ids=[space.public_id],
        reason=reason.strip(),
        detail={
            "calls": limits.calls,
            "tokens": limits.tokens,
            "cost": None if limits.cost is None else str(limits.cost),
        },
    )
    return made


def refusal(space_id: int) -> str:
    """Why a space may ask no language model now: its own limit or one above; empty if it may."""
    organisation = Space.objects.filter(pk=space_id).values_list("organisation_id", flat=True)
    found = organisation.first()
    if found is None:
        return ""
    parent_of = tree.parents(found)
    limits = _limits(ancestry.path(space_id, parent_of))
    if not limits:
        return ""
    with isolation.reaching("organisation"):  # sums; the rows are for reviewers
        spent = spent_today(found)
    why = core.first_refusal(space_id, limits, spent, parent_of)
    return f"The budget for language models is used up: {why}." if why else ""


def spent_today(organisation_id: int) -> dict[int, Spending]:
    """What language models cost each space of an organisation since midnight, UTC."""
    midnight = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    rows = ModelCall.objects.filter(
        organisation=organisation_id, at__gte=midnight, kind=CallKind.LANGUAGE, space__isnull=False
    )
    sums = (
        rows.order_by()
        .values("space_id")
        .annotate(
            calls=Count("pk"),
            tokens=Sum(F("prompt_tokens") + F("completion_tokens")),
            dollars=Coalesce(Sum("cost"), Decimal(0)),
        )
    )
    found = sums.values_list("space_id", "calls", "tokens", "dollars")
    return {space: Spending(calls, tokens, cost) for space, calls, tokens, cost in found if space}


def tokens_today(space_id: int, purpose: Purpose) -> int:
    """Tokens that language models cost one space for a purpose since midnight, UTC."""
    midnight = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    organisation = Space.objects.filter(pk=space_id).values("organisation_id")
    rows = ModelCall.objects.filter(
        organisation__in=organisation,
        at__gte=midnight,
        space=space_id,
        kind=CallKind.LANGUAGE,
        purpose=purpose,
    )
    tokens = Coalesce(Sum(F("prompt_tokens") + F("completion_tokens")), 0)
    with isolation.reaching("organisation"):  # a sum; the rows are for reviewers
        return int(rows.order_by().aggregate(spent=tokens)["spent"])


def _limits(spaces: list[int]) -> dict[int, Limits]:
    rows = Budget.objects.filter(space__in=spaces).in_force()
    return {
        one.space_id: Limits(one.calls_per_day, one.tokens_per_day, one.cost_per_day)
        for one in rows
    }
