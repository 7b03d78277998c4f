"""How somebody in the world does something: through the real application, and told in words."""

import json
from random import Random
from typing import Any

from apps.memories.models import Memory
from apps.spaces.models import Space
from tests.security.leaks.asking import Answer, Question, put
from tests.security.leaks.cast import Cast
from tests.security.leaks.facts import Asker
from tests.security.leaks.oracle import Ledger
from tests.security.leaks.snapshot import raw

V1 = "/api/v1"


class Doing:
    """Who does it, to what, and what is told of it; `story` keeps that."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.story: list[str] = []
        self.ledger = Ledger()  # as it was before the deed
        self.last: tuple[Asker, Question, Answer] | None = None

    def _below(self, space: Space, target: Space) -> bool:
        above = self.ledger.spaces[space.pk].above if space.pk in self.ledger.spaces else None
        while above is not None and space.kind == "personal":
            if above == target.pk:
                return True
            above = self.ledger.spaces[above].above
        return False

    def _note(self, chance: Random) -> Memory | None:
        notes = list(raw(Memory).select_related("space"))
        return chance.choice(notes) if notes else None

    def _words(self) -> set[str]:
        return {marker for marker, facts in self.ledger.facts.items()
                if any(fact.kind == "words" for fact in facts)}  # fmt: skip

    def _anybody(self, chance: Random) -> Asker:
        return chance.choice(self.cast.askers[1:])

    def _reader_of(self, chance: Random, note: Memory) -> Asker:
        """Somebody who reads the note, nine times of ten."""
        readers = [one for one in self.cast.askers if self.ledger.reads_note(one, note.pk)]
        return (
            chance.choice(readers) if readers and chance.random() < 0.9 else self._anybody(chance)
        )

    def _who_may(self, chance: Random, permission: str, space: int) -> Asker:
        """Somebody with that permission there; anybody where nobody has it."""
        found = [one for one in self.cast.askers if space in self.ledger.allowed(one, permission)]
        return chance.choice(found) if found else self._anybody(chance)

    def _administrator(self, chance: Random) -> Asker:
        """Somebody who administers an organisation."""
        homes = [home.pk for home in self.cast.organisations]
        found = [one for one in self.cast.askers
                 if any(self.ledger.administers(one, home) for home in homes)]  # fmt: skip
        return chance.choice(found) if found else self._anybody(chance)

    def _asker_of(self, chance: Random, person: int) -> Asker:
        own = [one for one in self.cast.askers if one.person == person]
        return chance.choice(own) if own else self._anybody(chance)

    def _post(self, asker: Asker, path: str, body: dict[str, Any]) -> Answer:
        return self._send(asker, "POST", path, body)

    def _send(self, asker: Asker, method: str, path: str, body: dict[str, Any]) -> Answer:
        question = Question(method, f"{V1}{path}", json.dumps(body))
        answer = put(self.cast.client_of(asker), question, undone=False)
        assert answer.status < 500, f"{asker.label} asked {question}: {answer.body}"
        self._tell(f"{asker.label}: {question} -> {answer.status}")
        self.last = (asker, question, answer)
        return answer

    def _tell(self, line: str) -> None:
        self.story.append(line)
