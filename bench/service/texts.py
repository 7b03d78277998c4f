"""Seeded notes and questions: common words by Zipf's law, and a long tail of names and codes."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate
from typing import Generic, TypeVar

from bench.service.languages import ALL, Language

NAMES = 20_000  # distinct names and codes of the tail
_ONSETS = ("b", "br", "d", "f", "g", "h", "k", "kl", "l", "m", "n", "p", "r", "s", "st", "t", "v")
_NUCLEI = ("a", "e", "i", "o", "u", "ai", "ei", "ou")
_CODAS = ("", "l", "n", "r", "s", "nd", "rt", "m")


Drawn = TypeVar("Drawn")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A statement and a question about it."""

    language: Language
    text: str
    question: str


@dataclass(frozen=True, slots=True)
class Note:
    """A memory's text, made of the sentences `first` and `second` (positions)."""

    text: str
    first: int
    second: int


class Writer:
    """Makes the same texts for the same seed.

    Args:
        sentences: how many distinct statements notes are put together from.
        seed: any number.
    """

    def __init__(self, *, sentences: int, seed: int = 7) -> None:
        self._random = random.Random(seed)
        self._names = Zipf([coined(self._random, place) for place in range(NAMES)])
        languages = self._random.choices(ALL, [each.share for each in ALL], k=sentences)
        self.sentences = [self._sentence(language) for language in languages]
        self._said = Zipf(range(sentences), exponent=0.6)
        self._by_language: dict[str, list[int]] = {}
        for place, sentence in enumerate(self.sentences):
            self._by_language.setdefault(sentence.language.code, []).append(place)
        self._written = 0

    def notes(self, count: int) -> list[Note]:
        """The next `count` notes; no two of one writer are alike."""
        return [self._note() for _ in range(count)]

    def question(self, note: Note) -> str:
        """A short question that `note` answers."""
        return self.sentences[note.first].question

    def _note(self) -> Note:
        first = self._said.draw(self._random)
        language = self.sentences[first].language
        second = self._random.choice(self._by_language[language.code])
        self._written += 1
        marker = language.marker.format(number=10_000 + self._written)
        parts = (self.sentences[first].text, self.sentences[second].text, marker)
        return Note(" ".join(parts), first, second)

    def _sentence(self, language: Language) -> Sentence:
        slots = {
            "thing": Zipf(language.things).draw(self._random),
            "place": Zipf(language.places).draw(self._random),
            "state": Zipf(language.states).draw(self._random),
            "name": self._names.draw(self._random),
        }
        said = self._random.choice(language.frames).format(**slots)
        asked = self._random.choice(language.questions).format(**slots)
        return Sentence(language, said, asked)


class Zipf(Generic[Drawn]):
    """Draws the item of rank r with a probability proportional to 1 / r ** exponent."""

    def __init__(self, items: Iterable[Drawn], *, exponent: float = 1.0) -> None:
        self._items = list(items)
        weights = (1 / rank**exponent for rank in range(1, len(self._items) + 1))
        self._cumulative = list(accumulate(weights))

    def draw(self, source: random.Random) -> Drawn:
        """One item."""
        return source.choices(self._items, cum_weights=self._cumulative)[0]


def coined(source: random.Random, place: int) -> str:
    """A name nobody has; every fifth `place` gives a code."""
    if place % 5 == 4:
        return f"{source.choice('ABCEKLMRSTX')}-{100 + place}"
    syllables = "".join(
        source.choice(_ONSETS) + source.choice(_NUCLEI) + source.choice(_CODAS)
        for _ in range(source.choice((2, 2, 3)))
    )
    return syllables.capitalize()
