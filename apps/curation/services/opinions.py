"""What a language model thinks of texts: remembered, or asked within the budget of the day.

Answers are kept for each text, model and version of the question, so unchanged data costs nothing,
and written as they come, so that a run that is killed has paid for nothing in vain.
"""

import contextvars
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import cached_property
from time import monotonic
from typing import Any

import structlog
from django.contrib.postgres.aggregates import ArrayAgg
from django.db import transaction
from django.db.models import FloatField, Max
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from apps.curation.core.digests import of_text
from apps.curation.models import Opinion
from apps.curation.services import day
from apps.kernel import clock
from apps.providers.errors import ModelUnavailable
from apps.providers.language import LanguageModel
from apps.providers.protocol import (
    AnswerT,
    Completion,
    ItemT,
    PairItem,
    Spent,
    Task,
    TextItem,
    Unanswered,
    Why,
)
from apps.spaces.models import Space, SpaceKind
from apps.usage.models import Purpose
from apps.usage.services import ledger

logger = structlog.get_logger(__name__)

ATTEMPTS = 3  # runs in which a text may stay without a valid answer before it is left alone
FORGIVEN_AFTER = timedelta(days=30)  # it may have been the model's bad week
AT_ONCE = 4  # requests under way at the same time
LONGEST = 4_000  # characters; a longer text is a document and states more than one fact
_LOADED = 2_000  # subjects looked up in one statement

Key = tuple[str, str, int]


@dataclass(frozen=True)
class Question:
    """About `text`, or about how it relates to `other`; `sample` tells repetitions apart."""

    text: str
    other: str = ""
    sample: int = 0

    @cached_property
    def key(self) -> Key:
        """By which its answer is remembered."""
        return of_text(self.text), of_text(self.other) if self.other else "", self.sample


@dataclass
class Budget:
    """What one run may still spend.

    Attributes:
        calls_per_day: requests an organisation may make in a day, UTC.
        seconds: time the run may still spend on asking; a round that has begun is waited for,
            which its own time-out limits.
    """

    calls_per_day: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Books:
    """Where questions are booked.

    Attributes:
        purpose: what they are asked for.
        space: row id of the space whose budget it is; None for the organisation's own, where what
            is asked for all of it counts.
    """

    purpose: Purpose = Purpose.PROMOTION
    space: int | None = None


PROMOTION = Books()


class Opinions:
    """Answers of one model for one organisation.

    Attributes:
        spent: requests and tokens of this object's questions.
        trouble: why it stopped asking: `budget`, `time` or `unavailable`; empty while it did not.
    """

    def __init__(
        self,
        organisation_id: int,
        model: LanguageModel,
        budget: Budget | None = None,
        progress: Callable[[str, int, int], None] | None = None,
        books: Books = PROMOTION,
    ) -> None:
        """Without a budget nothing is asked: only what is remembered is answered.

        Args:
            organisation_id: whose texts and whose budget.
            model: whose answers.
            budget: what may be spent; None for nothing.
            progress: called with task, questions done and questions in all.
            books: where what is asked is booked.
        """
        self._organisation = organisation_id
        self._model = model
        self._budget = budget
        self._progress = progress
        self._books = books
        self.spent = Spent()
        self.trouble = ""

    def remembered(
        self, task: Task[ItemT, AnswerT], questions: Sequence[Question]
    ) -> dict[Question, AnswerT]:
        """Answers to those of the questions that were answered before."""
        wanted = {question.key: question for question in questions}
        answers, _ = self._remembered(task, wanted)
        return {wanted[key]: answer for key, answer in answers.items()}

    @property
    def model(self) -> str:
        """Whose answers; those of two models must never be compared."""
        return self._model.model

    def lately(
        self, task: Task[Any, Any], name: str, samples: int, *, within: timedelta, texts: int
    ) -> list[list[float]]:
        """A number out of the answers on the last texts, by text, the latest text first.

        Args:
            task: about single texts.
            name: of the number.
            samples: how many answers on each text are looked at.
            within: how long before the very last answer; not before now, so that what was not
                asked since keeps its company.
            texts: at most so many.
        """
        given = Opinion.objects.filter(
            organisation_id=self._organisation,
            task=task.name,
            version=task.version,
            model=self._model.model,
            sample__lt=samples,
            answer__isnull=False,
        )
        last = given.aggregate(last=Max("created_at"))["last"]
        if last is None:
            return []
        number = Cast(KeyTextTransform(name, "answer"), FloatField())
        by_text = given.filter(created_at__gt=last - within).values("subject")
        latest = by_text.annotate(last=Max("created_at"), numbers=ArrayAgg(number))
        return list(latest.order_by("-last", "subject").values_list("numbers", flat=True)[:texts])

    def ask(
        self, task: Task[ItemT, AnswerT], questions: Sequence[Question]
    ) -> dict[Question, AnswerT]:
        """Answers by question, remembered or new; some may stay without.

        With a budget it blocks for the network: never call it inside a transaction.
        """
        wanted = {question.key: question for question in questions}
        answers, failures = self._remembered(task, wanted)
        missing = [
            question
            for key, question in wanted.items()
            if key not in answers
            and failures.get(key, 0) < ATTEMPTS
            and max(len(question.text), len(question.other)) <= LONGEST
        ]
        if self._budget is not None:
            answers |= self._inquire(task, missing, failures)
        return {wanted[key]: answer for key, answer in answers.items()}

    def _remembered(
        self, task: Task[Any, AnswerT], wanted: dict[Key, Question]
    ) -> tuple[dict[Key, AnswerT], dict[Key, int]]:
        answers: dict[Key, AnswerT] = {}
        failures: dict[Key, int] = {}
        forgiven = clock.now() - FORGIVEN_AFTER
        for subject, other, sample, answer, failed, at in self._rows(task, wanted):
            key = (subject, other, sample)
            if key not in wanted:
                continue
            failures[key] = failed if at > forgiven else 0
            if answer is not None:
                answers[key] = task.read({"id": "", **answer})
        return answers, failures

    def _rows(self, task: Task[Any, Any], wanted: dict[Key, Question]) -> Iterator[Any]:
        subjects = sorted({subject for subject, _, _ in wanted})
        for start in range(0, len(subjects), _LOADED):
            yield from Opinion.objects.filter(
                organisation_id=self._organisation,
                task=task.name,
                version=task.version,
                model=self._model.model,
                subject__in=subjects[start : start + _LOADED],
            ).values_list("subject", "other", "sample", "answer", "failures", "created_at")

    def _inquire(
        self,
        task: Task[ItemT, AnswerT],
        missing: Sequence[Question],
        failures: dict[Key, int],
    ) -> dict[Key, AnswerT]:
        answers: dict[Key, AnswerT] = {}
        batches = list(_batches(missing, task.batch))
        done = 0
        while batches:
            part = batches[: self._calls_left()]
            if not part or self.trouble:
                break
            began = monotonic()
            with self.charging() as account:
                if account.refusal():
                    self.trouble = "budget"
                    break
                for asked, completion in self._answered(task, part):
                    answers |= self._keep(task, asked, completion, failures)
            self._spend(monotonic() - began)
            batches = batches[len(part) :]
            done += sum(map(len, part))
            if self._progress is not None:
                self._progress(task.name, done, len(missing))
        return answers

    def charging(self) -> AbstractContextManager[ledger.Account]:
        """What is asked is booked, and its budget refuses."""
        space = self._books.space
        if space is None:
            roots = Space.objects.filter(
                organisation=self._organisation, kind=SpaceKind.ORGANISATION
            )
            space = roots.values_list("pk", flat=True).first()
        return ledger.charging(self._books.purpose, organisation=self._organisation, space=space)

    def _spend(self, seconds: float) -> None:
        if self._budget is not None:
            self._budget.seconds -= seconds

    def _calls_left(self) -> int:
        """Requests for the next round; 0 when today's or this run's share is used up."""
        assert self._budget is not None, "asking needs a budget"  # noqa: S101
        if self._budget.seconds <= 0:
            self.trouble = "time"
            return 0
        left = self._budget.calls_per_day - day.calls(self._organisation)
        if left <= 0:
            self.trouble = "budget"
        return max(0, min(left, AT_ONCE))

    def _answered(
        self, task: Task[ItemT, AnswerT], batches: Sequence[Sequence[Question]]
    ) -> Iterator[tuple[dict[str, Question], Completion[AnswerT]]]:
        """One request to a batch, several at once; ids that no text can guess."""
        asked = [{secrets.token_hex(6): question for question in batch} for batch in batches]
        with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
            running = [
                pool.submit(contextvars.copy_context().run, self._complete, task, names)
                for names in asked
            ]
            for names, future in zip(asked, running, strict=True):
                yield names, future.result()

    def _complete(
        self, task: Task[ItemT, AnswerT], names: dict[str, Question]
    ) -> Completion[AnswerT]:
        items: Any = [_item(name, question) for name, question in names.items()]
        try:
            completion = self._model.complete(task, items)
        except ModelUnavailable as error:
            logger.warning("language_model_unavailable", task=task.name, error=str(error))
            self.trouble = "unavailable"
            left = tuple(Unanswered(name, Why.UNREADABLE) for name in names if error.answered)
            return Completion(task.name, task.version, self._model.model, (), left, 0, error.spent)
        if completion.trouble:
            self.trouble = "unavailable"
        return completion

    @transaction.atomic
    def _keep(
        self,
        task: Task[ItemT, AnswerT],
        asked: dict[str, Question],
        completion: Completion[AnswerT],
        failures: dict[Key, int],
    ) -> dict[Key, AnswerT]:
        answers = {asked[answer.id].key: answer for answer in completion.answers}
        failed = {
            asked[item.id].key: failures.get(asked[item.id].key, 0) + 1
            for item in completion.unanswered
            if item.why is not Why.NOT_ASKED
        }
        rows = [self._row(task, key, _plain(answer), 0) for key, answer in answers.items()]
        rows += [self._row(task, key, None, count) for key, count in failed.items()]
        Opinion.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=[
                "organisation", "task", "version", "model", "subject", "other", "sample",
            ],
            update_fields=["answer", "failures", "created_at"],
        )  # fmt: skip
        self._count(completion.spent)
        return answers

    def _row(
        self, task: Task[Any, Any], key: Key, answer: dict[str, Any] | None, failures: int
    ) -> Opinion:
        return Opinion(
            organisation_id=self._organisation,
            task=task.name,
            version=task.version,
            model=self._model.model,
            subject=key[0],
            other=key[1],
            sample=key[2],
            answer=answer,
            failures=failures,
            created_at=clock.now(),
        )

    def _count(self, spent: Spent) -> None:
        self.spent += spent
        day.count(self._organisation, spent)


def _batches(questions: Iterable[Question], size: int) -> Iterator[list[Question]]:
    """In the order given; no two questions of a batch differ in their sample alone.

    Whoever sees a text twice in one request answers twice the same.
    """
    batch: list[Question] = []
    held: set[tuple[str, str]] = set()
    for question in questions:
        if len(batch) == size or (question.text, question.other) in held:
            yield batch
            batch, held = [], set()
        batch.append(question)
        held.add((question.text, question.other))
    if batch:
        yield batch


def _item(name: str, question: Question) -> TextItem | PairItem:
    if question.other:
        return PairItem(name, question.text, question.other)
    return TextItem(name, question.text)


def _plain(answer: Any) -> dict[str, Any]:
    return {name: value for name, value in asdict(answer).items() if name != "id"}
