"""Which questions are asked: none twice while there are fresh ones."""

import random
from collections.abc import Iterable, Sequence

from bench.service.texts import Note, Writer


class Questions:
    """Hands out short questions about notes; the same for the same seed."""

    def __init__(self, writer: Writer, notes: Sequence[Note], *, seed: int = 7) -> None:
        self._writer = writer
        self._notes = notes
        self._random = random.Random(seed)
        self._asked: set[str] = set()

    def take(self, count: int, *, about: Iterable[int] = ()) -> list[str]:
        """`count` questions: about the notes at the positions `about` first, then about any."""
        own = list(about)
        self._random.shuffle(own)
        anything = self._random.sample(range(len(self._notes)), len(self._notes))
        taken = list(self._fresh([*own, *anything], count))
        while len(taken) < count:  # a small run has fewer sentences than it asks questions
            taken.append(self._writer.question(self._random.choice(self._notes)))
        return taken

    def _fresh(self, places: Sequence[int], count: int) -> Iterable[str]:
        for place in places:
            if count == 0:
                return
            question = self._writer.question(self._notes[place])
            if question not in self._asked:
                self._asked.add(question)
                count -= 1
                yield question
