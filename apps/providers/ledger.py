"""What one `complete` has gathered so far."""

from collections.abc import Iterable, Sequence
from typing import Any, Generic

from apps.providers.answers import Parsed
from apps.providers.protocol import (
    AnswerT,
    Completion,
    SelfEvaluation,
    Spent,
    Task,
    Unanswered,
    Why,
    score_scale,
)


class Ledger(Generic[AnswerT]):
    """Collects answers batch by batch; `completion` accounts for every id that was given.

    Raises:
        ValueError: an id is given twice; its answers could not be told apart.
    """

    def __init__(self, task: Task[Any, AnswerT], model: str, ids: Sequence[str]) -> None:
        if len(set(ids)) != len(ids):
            raise ValueError("Every item needs an id of its own.")
        self.answers: dict[str, AnswerT] = {}
        self.spent = Spent()
        self.failed_in_a_row = 0
        self.trouble = ""
        self._task: Task[Any, AnswerT] = task
        self._model = model
        self._ids = tuple(ids)
        self._why: dict[str, Why] = {}
        self._unknown = 0

    def book(self, parsed: Parsed[AnswerT]) -> None:
        """Keep what a readable answer said."""
        self.failed_in_a_row = 0
        self.answers.update(parsed.answers)
        self._why.update((item.id, item.why) for item in parsed.unanswered)
        self._unknown += parsed.unknown

    def leave(self, ids: Iterable[str], why: Why) -> None:
        """Note why these have no answer."""
        self._why.update((name, why) for name in ids)

    def spend(self, spent: Spent) -> None:
        """Count one request."""
        self.spent += spent

    def completion(self) -> Completion[AnswerT]:
        """Everything, in the order of the ids."""
        answers = tuple(self.answers[name] for name in self._ids if name in self.answers)
        scores = [answer.score for answer in answers if isinstance(answer, SelfEvaluation)]
        return Completion(
            task=self._task.name,
            version=self._task.version,
            model=self._model,
            answers=answers,
            unanswered=tuple(
                Unanswered(name, self._why.get(name, Why.NOT_ASKED))
                for name in self._ids
                if name not in self.answers
            ),
            unknown=self._unknown,
            spent=self.spent,
            scale=score_scale(scores),
            trouble=self.trouble,
        )
