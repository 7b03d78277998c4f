"""What is asked of a language model, and what may come back. Plain values; nothing here calls one.

A task is a fixed instruction and a shape of answer. Texts travel as JSON values beside their ids:
they are data, and nothing in them is an instruction to us or to the model.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, Literal, TypeVar

Sameness = Literal["same", "contains", "different", "contradicts"]
What = Literal["decision", "fix", "command", "preference"]


@dataclass(frozen=True)
class TextItem:
    """One text to be judged or rewritten."""

    id: str
    text: str


@dataclass(frozen=True)
class PairItem:
    """Two texts to be compared."""

    id: str
    a: str
    b: str


@dataclass(frozen=True)
class PairVerdict:
    """How two texts relate. `contains`: one says all that the other says, and more."""

    id: str
    verdict: Sameness


@dataclass(frozen=True)
class CanonicalClaim:
    """A text as one short English claim, the thing it is about, and what limits it."""

    id: str
    claim: str
    subject: str
    qualifiers: tuple[str, ...]


@dataclass(frozen=True)
class SelfEvaluation:
    """How far a text is organisational knowledge.

    Attributes:
        score: as the model gave it, in [0, 100]; 0..1 was asked for, `Completion.scale` tells.
        reason: the model's sentence, written under the influence of the text: hostile input.
    """

    id: str
    score: float
    reason: str


@dataclass(frozen=True)
class SourcesItem:
    """Several texts about one topic."""

    id: str
    sources: tuple[TextItem, ...]


@dataclass(frozen=True)
class Claim:
    """A sentence and the ids of the sources that are said to state it; hostile input."""

    text: str
    cites: tuple[str, ...]


@dataclass(frozen=True)
class CitedClaims:
    """What a model makes of several sources, sentence by sentence. Nothing in it is checked."""

    id: str
    claims: tuple[Claim, ...]


@dataclass(frozen=True)
class Statement:
    """Something worth a note and the ids of the pieces that are said to say it; hostile input."""

    what: What
    text: str
    cites: tuple[str, ...]


@dataclass(frozen=True)
class Distilled:
    """What a model finds worth a note in a stretch of a transcript. Nothing in it is checked."""

    id: str
    statements: tuple[Statement, ...]


@dataclass(frozen=True)
class ThingSaid:
    """A name that is said to stand in a text, and of which type; hostile input."""

    type: str
    name: str


@dataclass(frozen=True)
class RelationSaid:
    """What a text is said to state of two names, and where; hostile input.

    Attributes:
        valid_from, valid_to: as the text gives them, "2026-06-04" or "2026-06"; "" for not at all.
        quote: the words of the text that state it.
    """

    subject: str
    type: str
    object: str
    quote: str
    valid_from: str = ""
    valid_to: str = ""


@dataclass(frozen=True)
class Relations:
    """What a model finds in a text. Nothing in it is checked against the text."""

    id: str
    entities: tuple[ThingSaid, ...]
    relations: tuple[RelationSaid, ...]


Item = TextItem | PairItem | SourcesItem
Answer = PairVerdict | CanonicalClaim | SelfEvaluation | CitedClaims | Distilled | Relations
ItemT = TypeVar("ItemT", TextItem, PairItem, SourcesItem)
AnswerT = TypeVar(
    "AnswerT", PairVerdict, CanonicalClaim, SelfEvaluation, CitedClaims, Distilled, Relations
)


class Why(StrEnum):
    """Why an item has no answer."""

    MISSING = "missing"  # the model answered others of its batch and left this one out
    INVALID = "invalid"  # answered in another shape, or twice with different answers
    UNREADABLE = "unreadable"  # its batch was answered by something that is not the protocol
    REFUSED = "refused"  # the service refused its batch for what it contains
    TOO_LONG = "too_long"  # never sent
    NOT_ASKED = "not_asked"  # the model stopped answering, or the time was used up


@dataclass(frozen=True)
class Task(Generic[ItemT, AnswerT]):
    """A kind of question. A change of `prompt` or `read` needs a new `version`: caches go by it.

    Attributes:
        batch: most items in one request.
        temperature: 0 where one answer is wanted, more where several are compared.
        read: one answered item -> its answer; ValueError, KeyError or TypeError if it is not one.
    """

    name: str
    version: int
    prompt: str
    batch: int
    temperature: float
    read: Callable[[Mapping[str, Any]], AnswerT]


@dataclass(frozen=True)
class Spent:
    """What the questions cost. `estimated`: at least one request did not tell its tokens."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    estimated: bool = False

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(
            self.calls + other.calls,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.estimated or other.estimated,
        )

    @property
    def tokens(self) -> int:
        """Both directions together."""
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True)
class Unanswered:
    """An item without an answer."""

    id: str
    why: Why


@dataclass(frozen=True)
class Completion(Generic[AnswerT]):
    """What a model answered. Every item is in `answers` or in `unanswered`, in the order asked.

    Attributes:
        model: id to store beside the answers.
        version: of the task.
        unknown: how many answers were dropped because nobody had asked for their id.
        scale: of self-evaluations, see `score_scale`; None for other tasks or without answers.
        trouble: why the model was given up half-way, for a person; empty if it was not.
    """

    task: str
    version: int
    model: str
    answers: tuple[AnswerT, ...]
    unanswered: tuple[Unanswered, ...]
    unknown: int
    spent: Spent
    scale: int | None = None
    trouble: str = ""

    def because(self, why: Why) -> tuple[str, ...]:
        """Ids that have no answer for this reason."""
        return tuple(item.id for item in self.unanswered if item.why is why)


def score_scale(scores: Iterable[float]) -> int | None:
    """The scale a model seems to score on, whatever it was asked for.

    Args:
        scores: of one model, each in [0, 100]. The more the surer: a lone 1 says little, so take
            a window of scores rather than one answer before deciding anything by it.

    Returns:
        The smallest of 1, 10 and 100 that holds them all; None without scores.
    """
    highest = max(scores, default=None)
    if highest is None:
        return None
    return next(scale for scale in (1, 10, 100) if highest <= scale)
