"""What a language model makes of some memories: asked once, within the budgets, and checked.

Answers are kept as they come, so that a run that is killed has paid for nothing in vain. Ids are
drawn by chance for each request: no text can name another one's.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from apps.consolidation.core.pieces import Piece
from apps.consolidation.core.support import Cited, objections
from apps.consolidation.models import Draft
from apps.consolidation.services.work import Work
from apps.curation.core.digests import of_values
from apps.curation.services import day
from apps.kernel import clock
from apps.providers.batching import estimated_tokens
from apps.providers.errors import ModelUnavailable
from apps.providers.prompts import cited_claims
from apps.providers.protocol import CitedClaims, SourcesItem, Spent, Task, TextItem
from apps.usage.models import Purpose
from apps.usage.services.ledger import charging

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Dropped:
    """A claim that its sources do not support, and why; hostile text."""

    claim: Cited
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """What a model claimed of some sources, after the check.

    Attributes:
        kept: claims that the sources support.
        dropped: those that they do not.
        tokens: that the answer cost; 0 where it was remembered.
    """

    kept: tuple[Cited, ...]
    dropped: tuple[Dropped, ...]
    tokens: int = 0

    @property
    def codes(self) -> list[str]:
        """Why claims were dropped, sorted."""
        return sorted(code for one in self.dropped for code in one.codes)


class Asking:
    """Asks one task for one run.

    Attributes:
        spent: tokens of this object's questions.
        trouble: why it stopped: `budget`, `calls` or `unavailable`; empty while it did not.
    """

    def __init__(self, work: Work, name: str, told: str, *, keep: bool = True) -> None:
        """Prepare.

        Args:
            name: of the task.
            told: the policy's prompt.
            keep: whether answers are stored; not on the test bench.
        """
        self._work = work
        self._task: Task[SourcesItem, CitedClaims] = cited_claims(name, told)
        self._keep = keep
        self.spent = 0
        self.trouble = ""

    def claims(self, sources: Sequence[Piece]) -> Answered | None:
        """What the model claims of the sources; None where it did not answer.

        Blocks for the network: never inside a transaction.
        """
        assert self._work.model is not None, "asking needs a model"  # noqa: S101
        known = of_values(
            [self._task.name, self._task.prompt, [(one.id, one.hash) for one in sources]]
        )
        before = self.spent
        claims = self._remembered(known)
        if claims is None:
            claims = self._asked(sources, known)
        if claims is None:
            return None
        notes = [one.note for one in sources]
        judged = [Dropped(claim, objections(claim, notes)) for claim in claims]
        return Answered(
            kept=tuple(one.claim for one in judged if not one.codes),
            dropped=tuple(one for one in judged if one.codes),
            tokens=self.spent - before,
        )

    def _remembered(self, known: str) -> list[Cited] | None:
        assert self._work.model is not None  # noqa: S101  asked before
        row = Draft.objects.filter(
            space=self._work.space,
            task=self._task.name,
            model=self._work.model.model,
            digest=known,
        ).first()
        if row is None or row.answer is None:
            return None
        return [Cited(one["text"], tuple(one["cites"])) for one in row.answer["claims"]]

    def _asked(self, sources: Sequence[Piece], known: str) -> list[Cited] | None:
        if self._work.dry and self._keep:  # a dry run spends nothing
            return None
        names = {secrets.token_hex(6): place for place in range(len(sources))}
        item = SourcesItem(
            id=secrets.token_hex(6),
            sources=tuple(TextItem(n, sources[p].note.text) for n, p in names.items()),
        )
        if not self._affordable(item):
            return None
        try:
            with charging(
                Purpose.CONSOLIDATION,
                organisation=self._work.space.organisation_id,
                space=self._work.space.pk,
            ):
                completion = self._work.model.complete(self._task, [item])  # type: ignore[union-attr]
        except ModelUnavailable as error:
            logger.warning("archivist_without_model", task=self._task.name, error=str(error))
            self.trouble = "unavailable"
            self._count(error.spent)
            return None
        self._count(completion.spent)
        if completion.trouble:
            self.trouble = "unavailable"
        if not completion.answers:
            return None
        claims = [
            Cited(one.text, tuple(names.get(cite, -1) for cite in one.cites))
            for one in completion.answers[0].claims
        ]
        self._store(known, claims, completion.spent)
        return claims

    def _affordable(self, item: SourcesItem) -> bool:
        """Whether the question fits into what the run and the organisation may still spend."""
        policy, organisation = self._work.policy, self._work.space.organisation_id
        asked = estimated_tokens(self._task.prompt) + sum(
            estimated_tokens(one.text) for one in item.sources
        )
        if self._work.tokens + 2 * asked > policy.tokens_per_run:
            self.trouble = "budget"
            return False
        if day.calls(organisation) >= policy.model_calls_per_day:
            self.trouble = "calls"
            return False
        return True

    def _store(self, known: str, claims: Sequence[Cited], spent: Spent) -> None:
        if not self._keep:
            return
        assert self._work.model is not None  # noqa: S101  it answered
        Draft.objects.update_or_create(
            space=self._work.space,
            task=self._task.name,
            model=self._work.model.model,
            digest=known,
            defaults={
                "answer": {"claims": [{"text": c.text, "cites": list(c.cites)} for c in claims]},
                "tokens": spent.tokens,
                "created_at": clock.now(),
            },
        )

    def _count(self, spent: Spent) -> None:
        self.spent += spent.tokens
        self._work.tokens += spent.tokens
        day.count(self._work.space.organisation_id, spent)
