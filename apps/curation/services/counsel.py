"""What a run asks of a language model before it decides, and what it made of the answers.

Asking takes minutes and money, deciding takes a transaction: so a run first reads everything and
asks, outside any transaction, and then reads again and decides by what is remembered. What changed
in between stays without an opinion until the next run.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.curation.core.groups import Group
from apps.curation.core.policy import PromotionPolicy
from apps.curation.models import CurationRun
from apps.curation.services import claims, judging
from apps.curation.services.claims import NO_CLAIMS, Claims
from apps.curation.services.gathering import Gathered, gather
from apps.curation.services.opinions import Budget, Opinions
from apps.providers.language import get_language_model
from apps.providers.protocol import Spent

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Advice:
    """What there is to decide by.

    Attributes:
        opinions: remembered answers; None without a language model.
        claims: English versions of foreign notes.
        spent: on asking, in this run.
        trouble: why asking ended early: `budget`, `time`, `unavailable`; empty if it did not.
    """

    opinions: Opinions | None = None
    claims: Claims = NO_CLAIMS
    spent: Spent = field(default_factory=Spent)
    trouble: str = ""

    def groups(self, gathered: Gathered) -> tuple[Group, ...]:
        """The groups by what the judge said. Inside the caller's transaction; asks nobody."""
        return judging.groups(gathered.grouping(self.claims), self.opinions)

    def counts(self) -> dict[str, Any]:
        """Figures for the run."""
        if self.opinions is None:
            return {"model_calls": 0, "model_tokens": 0}
        return {
            "model_calls": self.spent.calls,
            "model_tokens": self.spent.tokens,
            "model_trouble": self.trouble,
        }


def seek(run: CurationRun, policy: PromotionPolicy, now: datetime, progress: Progress) -> Advice:
    """Ask the language model, if there is one, all that this run needs to know.

    Blocks for the network: never inside a transaction.
    """
    model = get_language_model()
    if model is None or not policy.judge:
        return Advice()
    budget = Budget(policy.model_calls_per_day, policy.model_minutes * 60)
    asking = Opinions(run.organisation_id, model, budget, progress)
    progress("reading", 0, 0)
    gathered = _read(run, policy, now)
    found = claims.of(gathered.notes, asking) if policy.claims else NO_CLAIMS
    with transaction.atomic():
        grouping = gathered.grouping(found)
    judging.groups(grouping, asking)
    return Advice(Opinions(run.organisation_id, model), found, asking.spent, asking.trouble)


def _read(run: CurationRun, policy: PromotionPolicy, now: datetime) -> Gathered:
    """What the deciding transaction will read as well; its marks are written there."""
    with transaction.atomic():
        gathered = gather(run.organisation, policy, now)
        transaction.set_rollback(True)
    return gathered
