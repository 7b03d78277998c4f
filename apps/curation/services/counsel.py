"""What a run asks of a language model before it decides, and what it made of the answers.

Asking takes minutes and money: so a run first reads everything and asks, and then reads again and
decides by what is remembered. What changed in between stays without an opinion until the next run.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.curation.core.grouping import Grouping
from apps.curation.core.policy import PromotionPolicy
from apps.curation.models import CurationRun
from apps.curation.services import claims, contradictions, judging
from apps.curation.services.assessment import Assessed, Assessment
from apps.curation.services.claims import NO_CLAIMS, Claims
from apps.curation.services.evaluation import NO_EVALUATION, Evaluation
from apps.curation.services.gathering import Gathered, gather
from apps.curation.services.opinions import Budget, Opinions
from apps.curation.services.progress import Progress, silent
from apps.providers.language import get_language_model
from apps.providers.protocol import Spent
from apps.spaces.models import Organisation


@dataclass(frozen=True, slots=True)
class Basis:
    """What was read and how it was prepared when the questions were asked."""

    gathered: Gathered
    grouping: Grouping


@dataclass(frozen=True)
class Advice:
    """What there is to decide by.

    Attributes:
        opinions: remembered answers of the judge; None without one.
        evaluation: what the model thinks of texts, as far as it was asked.
        claims: English versions of foreign notes.
        basis: what was asked about.
        spent: on asking, in this run.
        asked: whether there was a language model to ask.
        trouble: why asking ended early: `budget`, `time`, `unavailable`; empty if it did not.
    """

    opinions: Opinions | None = None
    evaluation: Evaluation = NO_EVALUATION
    claims: Claims = NO_CLAIMS
    basis: Basis | None = None
    spent: Spent = field(default_factory=Spent)
    asked: bool = False
    trouble: str = ""

    def grouping(self, gathered: Gathered, progress: Progress = silent) -> Grouping:
        """The notes, ready to be grouped; what was asked about is not searched again."""
        if self.basis is not None and gathered.groups_as(self.basis.gathered):
            return self.basis.grouping
        return gathered.grouping(self.claims, progress)

    def assessed(
        self, organisation: Organisation, gathered: Gathered, grouping: Grouping, now: datetime
    ) -> list[Assessed]:
        """The decisions by what the model said; asks nobody."""
        groups = judging.groups(grouping, self.opinions)
        assessed = Assessment(organisation, gathered, groups, now, self.evaluation).all()
        with transaction.atomic():
            pairs = contradictions.beside(organisation, assessed, gathered, grouping, now)
        return contradictions.compared(assessed, pairs, self.opinions)

    def counts(self) -> dict[str, Any]:
        """Figures for the run."""
        figures = {"model_calls": self.spent.calls, "model_tokens": self.spent.tokens}
        return figures | ({"model_trouble": self.trouble} if self.asked else {})


def asks(policy: PromotionPolicy) -> bool:
    """Whether there is a language model, and something to ask it."""
    return bool(get_language_model() and (policy.judge or policy.self_eval_calls))


def seek(run: CurationRun, policy: PromotionPolicy, now: datetime, progress: Progress) -> Advice:
    """Ask the language model, if there is one, all that this run needs to know.

    Blocks for the network: never inside a transaction.
    """
    model = get_language_model()
    if model is None or not asks(policy):
        return Advice()
    budget = Budget(policy.model_calls_per_day, policy.model_minutes * 60)
    asking = Opinions(run.organisation_id, model, budget, progress)
    gathered = gather(run.organisation, policy, now, progress, remember=not run.dry)
    judge = asking if policy.judge else None
    found = claims.of(gathered.notes, asking) if judge and policy.claims else NO_CLAIMS
    grouping = gathered.grouping(found, progress)
    groups = judging.groups(grouping, judge)
    assessed = Assessment(run.organisation, gathered, groups, now).all()
    Evaluation(asking, policy.self_eval_calls).ask(assessed)
    told = Opinions(run.organisation_id, model)
    evaluation = Evaluation(told, policy.self_eval_calls)
    with transaction.atomic():
        assessed = Assessment(run.organisation, gathered, groups, now, evaluation).all()
        pairs = contradictions.beside(run.organisation, assessed, gathered, grouping, now)
    contradictions.hear(pairs, judge)
    return Advice(
        opinions=told if judge else None,
        evaluation=evaluation,
        claims=found,
        basis=Basis(gathered, grouping),
        spent=asking.spent,
        asked=True,
        trouble=asking.trouble,
    )
