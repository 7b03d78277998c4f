"""A language model's scores made comparable: the middle one of several, ranked among its others.

Models score on scales and with habits of their own: 0..1, 0..10, 0..100, or everything between .7
and .9. What they mean by a number nobody knows; which of two texts they rate higher, they say. So a
score counts by its rank among what the same model gave lately to texts of the same organisation.
A threshold of 0.80 then means: higher than four fifths of them. A rank says better than others, not
good; what the model itself said, as a share of its own scale, stands beside it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from apps.providers.protocol import score_scale

ENOUGH = 30  # texts a model must have scored before a rank among them says anything


@dataclass(frozen=True, slots=True)
class Rating:
    """What a model thinks of a text.

    Attributes:
        value: the score's rank in the window, in [0, 1]; `raw` while the window is too small.
        raw: the score as a share of the scale the model scores on, in [0, 1].
        score: the middle score, as the model gave it.
        scale: what the model scores up to: 1, 10 or 100.
        calibrated: whether `value` is a rank.
        samples: how often the model scored this text.
        window: how many texts it scored lately, this one among them if it is of them.
    """

    value: float
    raw: float
    score: float
    scale: int
    calibrated: bool
    samples: int
    window: int


@dataclass(frozen=True, slots=True)
class Window:
    """What a model scored lately.

    Attributes:
        scores: middle score of each text, as the model gave it, ascending.
        scale: 1, 10 or 100, by every score it gave; None when it gave none.
        calls: how many scores each text should have.
    """

    scores: tuple[float, ...]
    scale: int | None
    calls: int

    @classmethod
    def of(cls, texts: Iterable[Sequence[float]], *, calls: int) -> Self:
        """The window of these texts, each with the scores it got, in any order.

        Args:
            texts: scores in [0, 100] of each text.
            calls: how many scores each should have; 1 or more.
        """
        given = [tuple(samples) for samples in texts]
        middles = (middle(samples, calls=calls) for samples in given)
        return cls(
            tuple(sorted(score for score in middles if score is not None)),
            score_scale(score for samples in given for score in samples),
            calls,
        )

    def rating(self, samples: Sequence[float]) -> Rating | None:
        """The rating of a text with these scores; None when too few of them are there."""
        score = middle(samples, calls=self.calls)
        if score is None:
            return None
        scale = max(self.scale or 1, score_scale([score]) or 1)
        calibrated = len(self.scores) >= ENOUGH
        raw = score / scale
        return Rating(
            value=rank(score, self.scores) if calibrated else raw,
            raw=raw,
            score=score,
            scale=scale,
            calibrated=calibrated,
            samples=len(samples),
            window=len(self.scores),
        )


def middle(samples: Sequence[float], *, calls: int) -> float | None:
    """The median of `calls` scores, as far as it is known from those that are there.

    Missing ones could be anything, so the median is what it is at least: as if they were lower than
    the others. When they could lower it without limit, it is absent. Of an even number it is the
    lower one of the two in the middle: doubt speaks against.

    Args:
        samples: scores that are there, in any order; those above `calls` count, too.
        calls: how many there should be; 1 or more.

    Returns:
        One of `samples`; None when half of them or more are missing.
    """
    expected = max(calls, len(samples))
    place = (expected - 1) // 2 - (expected - len(samples))
    return sorted(samples)[place] if 0 <= place < len(samples) else None


def rank(score: float, window: Sequence[float]) -> float:
    """Share of the window that lies below `score`, equal ones counted half: the mid-rank.

    A model that gives everything the same score says nothing by it: the rank is 0.5. The more texts
    share the highest score, the lower it ranks; from two fifths on it is not above 0.80.

    Args:
        score: on the scale of the window.
        window: ascending, not empty.

    Returns:
        In [0, 1]; rises with `score` and depends on nothing but order.
    """
    below, not_above = bisect_left(window, score), bisect_right(window, score)
    return (below + not_above) / (2 * len(window))
