"""Seeded notes of an organisation, and stand-ins for their vectors."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bench.service.languages import ALL, Language
from bench.service.texts import NAMES, Zipf, coined
from bench.service.vectors import Floats

PER_PERSON = 30
PER_TEAM = 12
DIMENSIONS = 384

# What a note is, in shares of all notes; the rest are facts that one person knows
SHARES = {"reworded": 0.12, "relayed": 0.04, "repeated": 0.04}
OUTCOMES = 0.02  # share of the notes whose use is reported

_SAID = (5, 24)  # words of small talk around a fact
_TOPIC, _FACT, _WORDING = 0.70, 0.38, 0.60  # lengths; cosine of two wordings about .63
_RECENT = 2_000  # facts that are still talked about: others join in soon or never


@dataclass(frozen=True, slots=True)
class Fact:
    """What somebody found out; `number` tells it from all others, `topic` from other topics."""

    number: int
    topic: int
    language: Language
    slots: dict[str, str]


@dataclass(frozen=True, slots=True)
class Note:
    """A memory to be written by person number `person`."""

    person: int
    text: str
    fact: Fact


class Writer:
    """Makes the same notes for the same seed; each call goes on where the last one ended."""

    def __init__(self, people: int, *, seed: int = 11) -> None:
        self._random = random.Random(seed)
        self._people = people
        self._names = Zipf([coined(self._random, place) for place in range(NAMES)])
        self._small_talk = Zipf([coined(self._random, 0).lower() for _ in range(NAMES)])
        self._talked_about: list[Note] = []
        self._topics: dict[tuple[str, str, str], int] = {}
        self._facts = 0

    def notes(self, count: int) -> list[Note]:
        """The next `count` notes."""
        return [self._note() for _ in range(count)]

    def _note(self) -> Note:
        drawn = self._random.random()
        for kind, share in SHARES.items():
            if drawn < share and self._talked_about:
                earlier = self._random.choice(self._talked_about)
                return self._again(kind, earlier)
            drawn -= share
        fact = self._fact()
        note = Note(self._somebody(), self._wording(fact), fact)
        self._talked_about.append(note)
        if len(self._talked_about) > _RECENT:
            self._talked_about.pop(self._random.randrange(_RECENT))
        return note

    def _again(self, kind: str, earlier: Note) -> Note:
        if kind == "reworded":
            return Note(self._somebody(), self._wording(earlier.fact), earlier.fact)
        if kind == "relayed":
            opening = self._random.choice(("", "", "FYI: ", "Please note: "))
            return Note(self._somebody(), opening + earlier.text, earlier.fact)
        return Note(earlier.person, f"{earlier.text} {self._talk(3, 6)}", earlier.fact)

    def _somebody(self) -> int:
        return self._random.randrange(self._people)

    def _fact(self) -> Fact:
        language = self._random.choices(ALL, [each.share for each in ALL])[0]
        slots = {
            "thing": self._random.choice(language.things),
            "place": self._random.choice(language.places),
            "state": self._random.choice(language.states),
            "name": self._names.draw(self._random),
        }
        about = (language.code, slots["thing"], slots["place"])
        topic = self._topics.setdefault(about, len(self._topics))
        self._facts += 1
        return Fact(self._facts, topic, language, slots)

    def _wording(self, fact: Fact) -> str:
        said = self._random.choice(fact.language.frames).format(**fact.slots)
        return f"{said} {self._talk(*_SAID)}"

    def _talk(self, low: int, high: int) -> str:
        words = [
            self._small_talk.draw(self._random) for _ in range(self._random.randint(low, high))
        ]
        return " ".join(words).capitalize() + "."


def vectors(notes: Sequence[Note], *, first: int = 0) -> Floats:
    """Unit vectors of shape (len(notes), DIMENSIONS); `first` is the place of the first note."""
    return np.concatenate([*_parts(notes, first)])


def _parts(notes: Sequence[Note], first: int) -> Iterator[Floats]:
    for place, note in enumerate(notes):
        vector = _TOPIC * _direction(1, note.fact.topic)
        vector += _FACT * _direction(2, note.fact.number)
        vector += _WORDING * _direction(3, first + place)
        yield (vector / np.linalg.norm(vector))[None]


def _direction(kind: int, number: int) -> Floats:
    drawn = np.random.default_rng((kind, number)).standard_normal(DIMENSIONS, dtype=np.float32)
    return drawn / np.linalg.norm(drawn)
