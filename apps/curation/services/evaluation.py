"""What a language model thinks of the texts that would be published: the third signal.

Every text is scored several times, each time in another request and among other texts: so a text
that bends what the model says of its neighbours bends one score in three of each, and the median
ignores it. Nothing is stored but the answers; what they mean is worked out when a run decides.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from apps.curation.core.calibration import Rating, Window
from apps.curation.services.opinions import Opinions, Question
from apps.providers.prompts import SELF_EVAL

if TYPE_CHECKING:
    from apps.curation.services.assessment import Assessed

WITHIN = timedelta(days=30)
TEXTS = 1_000  # with so many a rank is exact to a tenth of a per cent


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A rating, and whose: what a decision stores to be understood."""

    rating: Rating
    model: str
    version: int
    calls: int

    def inputs(self) -> dict[str, Any]:
        """All of it, plain."""
        return {
            **asdict(self.rating),
            "model": self.model,
            "version": self.version,
            "calls": self.calls,
        }

    def evidence(self) -> list[Any]:
        """What the model said, whatever it said of other texts since."""
        return [self.model, self.version, self.rating.score, self.rating.samples]


class Evaluation:
    """Scores by one model for one organisation."""

    def __init__(self, opinions: Opinions | None = None, calls: int = 0) -> None:
        """Without opinions, or with 0 calls, nothing is rated.

        Args:
            opinions: whose answers; with a budget also asked for.
            calls: how many scores a text should have.
        """
        self._opinions = opinions
        self._calls = calls

    def ask(self, assessed: Sequence["Assessed"]) -> None:
        """Have the texts scored that something could come of, those of most people first.

        Blocks for the network: never inside a transaction.
        """
        if self._opinions is None or not self._calls:
            return
        texts = dict.fromkeys(one.text for one in sorted(assessed, key=_weight) if _open(one))
        self._opinions.ask(SELF_EVAL, list(_arranged(list(texts), self._calls, SELF_EVAL.batch)))

    def of(self, texts: Iterable[str]) -> Mapping[str, Evaluated]:
        """Ratings by text, of those that the model has scored often enough. Asks nobody."""
        if self._opinions is None or not self._calls:
            return {}
        found: dict[str, list[float]] = {}
        wanted = [Question(text, sample=n) for text in set(texts) for n in range(self._calls)]
        for question, answer in self._opinions.remembered(SELF_EVAL, wanted).items():
            found.setdefault(question.text, []).append(answer.score)
        if not found:
            return {}
        window = self._window(self._opinions)
        ratings = {text: window.rating(samples) for text, samples in found.items()}
        whose = (self._opinions.model, SELF_EVAL.version, self._calls)
        return {text: Evaluated(rating, *whose) for text, rating in ratings.items() if rating}

    def _window(self, opinions: Opinions) -> Window:
        """It ends with the last score, not today: time alone must not change a rank."""
        lately = opinions.lately(SELF_EVAL, "score", self._calls, within=WITHIN, texts=TEXTS)
        return Window.of(lately, calls=self._calls)


NO_EVALUATION = Evaluation()


def _open(one: "Assessed") -> bool:
    """Whether a score could change what becomes of it."""
    shared = one.published is not None
    return not shared and one.target is not None and not one.in_force.policy.kill_switch


def _weight(one: "Assessed") -> tuple[int, int, int]:
    return -len(one.group.independent_people), -len(one.group.people), one.wording


def _arranged(texts: Sequence[str], calls: int, batch: int) -> Iterator[Question]:
    """Every text `calls` times, in an order that gives it other neighbours in each request.

    A block of batch x batch texts is a square: first its rows make the requests, then its columns,
    then its diagonals; so of three requests two texts have at most one in common. One block is
    finished before the next, so that a small budget ends with fewer texts, not with fewer scores.
    """
    for start in range(0, len(texts), batch * batch):
        block = list(enumerate(texts[start : start + batch * batch]))
        for sample in range(calls):
            for _, text in sorted(block, key=lambda cell: _line(cell[0], sample, batch)):
                yield Question(text, sample=sample)


def _line(place: int, sample: int, side: int) -> tuple[int, int]:
    """Which line through the square this sample follows at a place, and how far along it."""
    row, column = divmod(place, side)
    return (row, column) if sample == 0 else ((column + (sample - 1) * row) % side, row)
