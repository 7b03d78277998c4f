"""Stories of deeds and questions, each in a transaction of its own; the shortest that leaks."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from django.db import transaction

from tests.security.leaks import cast as casting
from tests.security.leaks import questions, routes
from tests.security.leaks.asking import Answer, Examiner, Leak
from tests.security.leaks.deeds import Deeds
from tests.security.leaks.oracle import Asker
from tests.security.leaks.routes import Route
from tests.security.leaks.snapshot import Snapshot

A_STORY = 50  # steps
SHORTENING = 120.0  # seconds
_UNCHANGING = {"/api/schema", "/api/docs"}  # asked, but seldom: one answer takes a second


@dataclass(frozen=True)
class Step:
    """Something happens or somebody asks, by chance: the same seed does the same."""

    kind: str
    seed: int


@dataclass
class Told:
    """What a fuzz did: steps, answers compared, and answers below 300."""

    steps: int = 0
    answers: int = 0
    shown: int = 0


class Story:
    """One world, from its beginning."""

    def __init__(self, told: Told, *, database_alone: bool = False) -> None:
        self.told = told
        self.database_alone = database_alone
        self.cast = casting.assemble()
        self.deeds = Deeds(self.cast)
        self.routes = routes.every()
        self._read()
        chance = Random(0)
        for person in self.cast.people:
            self.deeds.begin(chance, person, self.ledger)
        self._read()

    def take(self, step: Step) -> None:
        """One step further.

        Raises:
            Leak: what happened so far, who asked what, and why the oracle forbids the answer.
        """
        self.told.steps += 1
        try:
            getattr(self, step.kind)(Random(step.seed))
        except Leak as leak:
            raise Leak("\n".join(["", *self.deeds.story, "", str(leak)])) from None

    def something_happens(self, chance: Random) -> None:
        """A deed, and its answer judged by the world it made."""
        self.deeds.do(chance, self.ledger)
        self._read()
        if last := self.deeds.last:
            self.told.answers += 1
            self._examiner().inspect(*last)

    def somebody_asks(self, chance: Random) -> None:
        """Any routes, about anything."""
        asker = chance.choice(self.cast.askers)
        for route in chance.sample(self.routes, 3):
            if route.path not in _UNCHANGING or chance.random() < 0.1:
                self._ask(asker, route, chance)

    def somebody_reads(self, chance: Random) -> None:
        """Lists, and pages that need no id."""
        asker = self._reader(chance)
        lists = [one for one in self.routes if one.method == "GET" and "{" not in one.path]
        for route in chance.sample(lists, 4):
            if route.path not in _UNCHANGING:
                self._ask(asker, route, chance)

    def somebody_opens(self, chance: Random) -> None:
        """Pages of single things, mostly such as the asker may know."""
        asker = self._reader(chance)
        pages = [one for one in self.routes if one.method == "GET" and "{" in one.path]
        for route in chance.sample(pages, 4):
            self._ask(asker, route, chance)

    def everybody_asks(self, chance: Random) -> None:
        """One route, by several."""
        route = chance.choice([one for one in self.routes if "{" in one.path])
        for asker in chance.sample(self.cast.askers, 4):
            self._ask(asker, route, chance)

    def _reader(self, chance: Random) -> Asker:
        """Anybody; as often somebody who reviews, as the desk is for them."""
        reviewers = [one for one in self.cast.askers if self.ledger.allowed(one, "review")]
        return chance.choice(chance.choice((self.cast.askers, reviewers or self.cast.askers)))

    def _reviewer(self, chance: Random) -> Asker | None:
        """Somebody whom the desk lets in."""
        found = [one for one in self.cast.askers
                 if one.token is None and self.ledger.allowed(one, "review")]  # fmt: skip
        return chance.choice(found) if found else None

    def _ask(self, asker: Asker, route: Route, chance: Random) -> Answer:
        if route.is_desk and chance.random() < 0.8:
            asker = self._reviewer(chance) or asker
        known = self.known.get(asker)
        if known is None:
            known = self.known[asker] = self.names.known_to(asker, self.ledger)
        names = known if known.ids and chance.random() < 0.7 else self.names
        question = questions.about(route, names, chance)
        answer = self._examiner().ask(asker, question, route)
        self.told.answers += 1
        self.told.shown += answer.status < 300
        return answer

    def _examiner(self) -> Examiner:
        return Examiner(self.ledger, self.cast.client_of, self.database_alone)

    def _read(self) -> None:
        """The world as it is now."""
        self.ledger = Snapshot(self.cast.roles).take()
        self.names = questions.Names.of(self.ledger)
        self.known: dict[Asker, questions.Names] = {}


_KINDS = (
    *("something_happens",) * 4,
    "somebody_asks", "somebody_reads", "somebody_opens", "everybody_asks",
)  # fmt: skip


def fuzz(*, steps: int, seed: int, shorten: bool = True, database_alone: bool = False) -> Told:
    """As many steps, in stories of fifty; the same ones for the same seed.

    Args:
        shorten: look for the shortest story that leaks, for two minutes.
        database_alone: the application's filter is off; only content is judged, see
            `Ledger.in_reach`.

    Raises:
        Leak: the shortest story that was found.
    """
    told, chance = Told(), Random(seed)
    while told.steps < steps:
        length = min(A_STORY, steps - told.steps)
        story = [Step(chance.choice(_KINDS), chance.getrandbits(32)) for _ in range(length)]
        taken, leak = tell(story, told, database_alone=database_alone)
        if leak is not None:
            raise _shortest(story[:taken], leak, database_alone) if shorten else leak
    return told


def tell(
    story: Sequence[Step], told: Told | None = None, *, database_alone: bool = False
) -> tuple[int, Leak | None]:
    """How many steps were taken, and the leak that ended it; what it wrote is taken back."""
    taken = 0
    with transaction.atomic():
        try:
            world = Story(told or Told(), database_alone=database_alone)
            for step in story:
                taken += 1
                world.take(step)
        except Leak as leak:
            return taken, leak
        finally:
            transaction.set_rollback(True)
    return taken, None


def _shortest(whole: Sequence[Step], leak: Leak, database_alone: bool) -> Leak:
    """The leak at the end of the shortest story found in two minutes, by leaving parts out."""
    story, until = list(whole), time.monotonic() + SHORTENING
    size = len(story) // 2
    while size and time.monotonic() < until:
        at = 0
        while at < len(story) and time.monotonic() < until:
            shorter = story[:at] + story[at + size :]
            taken, found = tell(shorter, database_alone=database_alone)
            if found is None:
                at += size
            else:
                story, leak = shorter[:taken], found
        size //= 2
    return leak
