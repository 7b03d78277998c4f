"""Stories of deeds and questions, each in a transaction of its own; the shortest that leaks."""

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from random import Random

from django.conf import settings
from django.db import connection, transaction

from tests.security.leaks import cast as casting
from tests.security.leaks import questions, routes
from tests.security.leaks.asking import Answer, Examiner, Leak
from tests.security.leaks.deeds import Deeds
from tests.security.leaks.facts import Asker
from tests.security.leaks.routes import Route
from tests.security.leaks.snapshot import Snapshot

A_STORY = 50  # steps
A_WORLD = 8  # stories that begin alike; then the dead rows of all of them are swept
EVERY = slice(None)
SHORTENING = 120.0  # seconds
_LAST = 20  # deeds that are told of a story that broke
_UNCHANGING = {"/api/schema", "/api/docs"}  # asked, but seldom: one answer takes a second
# Addresses for directories and for who is signing in; a person's credential gets nowhere there
_DOORS = ("/scim/", "/sso/", "/desk/account/")
# Who gets an answer where: by the beginning of the address, the first that fits
_FOR = {
    "/api/v1/erasures": "administers",
    "/api/v1/holds": "administers",
    "/api/v1/retention": "administers",
    "/api/v1/people": "administers",
    "/api/v1/audit": "audits",
    "/api/v1/candidates": "reviews",
    "/api/v1/runs": "reviews",
    "/api/v1/policies": "reviews",
    "/api/v1/promotion": "reviews",
    "/api/v1/screenings": "reviews",
    "/api/v1/agents": "manages",
    "/api/v1/tokens": "manages",
    "/api/v1/decay": "reviews",
    "/api/v1/consolidation": "reviews",
    "/api/v1/switches": "administers",
    "/api/v1/exports": "manages",
    "/api/v1/imports": "manages",
    "/api/v1/": "reads",
}


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


class Beginning:
    """The world as stories find it: people with roles, and what each has kept already."""

    def __init__(self) -> None:
        self.cast = casting.assemble()
        self.routes = routes.every()
        for asker in self.cast.askers:  # whoever signs in for the first time is a row that changed
            self.cast.client_of(asker)
        self.snapshot = Snapshot()
        deeds, ledger = Deeds(self.cast), self.snapshot.take(self.cast.roles)
        chance = Random(0)
        for person in self.cast.people:
            deeds.begin(chance, person, ledger)
        self.before = tuple(deeds.story)
        self.ledger = self.snapshot.take(self.cast.roles)
        self.names = questions.Names.of(self.ledger)


class Story:
    """What happens from a beginning on."""

    def __init__(self, beginning: Beginning, told: Told, *, database_alone: bool = False) -> None:
        self.told = told
        self.database_alone = database_alone
        self.cast = beginning.cast.copied()
        self.deeds = Deeds(self.cast)
        self.deeds.story.extend(beginning.before)
        self.routes = beginning.routes
        self.snapshot = beginning.snapshot.copied()
        self.ledger, self.names = beginning.ledger, beginning.names
        self.known = dict[Asker, questions.Names]()

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
        except Exception as error:
            error.add_note("\n".join(["It came to this:", *self.deeds.story[-_LAST:]]))
            raise

    def something_happens(self, chance: Random) -> None:
        """A deed, and its answer judged by the worlds before and after it."""
        before = self.ledger
        self.deeds.do(chance, before)
        self._read()
        if last := self.deeds.last:
            self.told.answers += 1
            replace(self._examiner(), before=before).inspect(*last)

    def somebody_asks(self, chance: Random) -> None:
        """Any routes, about anything."""
        asker = chance.choice(self.cast.askers)
        for route in chance.sample(self.routes, 3):
            if not self._is_dull(route) or chance.random() < 0.1:
                self._ask(asker, route, chance)

    def somebody_reads(self, chance: Random) -> None:
        """Lists, and pages that need no id."""
        asker = self._reader(chance)
        lists = [one for one in self.routes if one.method == "GET" and "{" not in one.path]
        for route in chance.sample([one for one in lists if not self._is_dull(one)], 4):
            self._ask(asker, route, chance)

    def somebody_opens(self, chance: Random) -> None:
        """Pages of single things, mostly such as the asker may know."""
        asker = self._reader(chance)
        pages = [one for one in self.routes
                 if one.method == "GET" and "{" in one.path and not self._is_dull(one)]  # fmt: skip
        for route in chance.sample(pages, 4):
            self._ask(asker, route, chance)

    def everybody_asks(self, chance: Random) -> None:
        """One route, by several."""
        dull = chance.random() < 0.1
        named = [one for one in self.routes if "{" in one.path and self._is_dull(one) == dull]
        route = chance.choice(named)
        for asker in chance.sample(self.cast.askers, 4):
            self._ask(asker, route, chance, fitting=False)

    @staticmethod
    def _is_dull(route: Route) -> bool:
        """The same for everybody, or for nobody who asks here."""
        return route.path in _UNCHANGING or route.path.startswith(_DOORS)

    def _reader(self, chance: Random) -> Asker:
        """Anybody; as often somebody who reviews, as the desk is for them."""
        reviewers = [one for one in self.cast.askers if self.ledger.allowed(one, "review")]
        return chance.choice(chance.choice((self.cast.askers, reviewers or self.cast.askers)))

    def _fitting(self, asker: Asker, route: Route, chance: Random) -> Asker:
        """Mostly somebody for whom the route is: refusals look alike, answers do not."""
        if chance.random() < 0.2:
            return asker
        wanted = next((what for start, what in _FOR.items() if route.path.startswith(start)), "")
        if route.is_desk:
            found = [one for one in self.cast.askers if not one.token and self._is("reviews", one)]
        elif not wanted or self._is(wanted, asker):
            return asker
        else:
            found = [one for one in self.cast.askers if self._is(wanted, one)]
        return chance.choice(found) if found else asker

    def _is(self, what: str, asker: Asker) -> bool:
        """Whether the asker is somebody who "reviews", "administers" and so on."""
        person = self.ledger.people.get(asker.person)
        if person is None or not person.active or person.organisation is None:
            return False
        in_person = "manage" in asker.scopes and not asker.is_agent and asker.spaces is None
        if what == "administers":
            return in_person and person.role == "admin"
        if what == "audits":
            return self.ledger.audits(asker, person.organisation)
        if what == "manages":
            return in_person
        return bool(self.ledger.allowed(asker, {"reviews": "review", "reads": "read"}[what]))

    def _ask(self, asker: Asker, route: Route, chance: Random, *, fitting: bool = True) -> Answer:
        asker = self._fitting(asker, route, chance) if fitting else asker
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
        self.ledger = self.snapshot.take(self.cast.roles)
        self.names = questions.Names.of(self.ledger)
        self.known = {}


_KINDS = (
    *("something_happens",) * 4,
    "somebody_asks", "somebody_reads", "somebody_opens", "everybody_asks",
)  # fmt: skip


def fuzz(
    *,
    steps: int,
    seed: int,
    shorten: bool = True,
    database_alone: bool = False,
    opened: Sequence[str] = (),
    only: slice = EVERY,
    follow: Callable[[Told], None] = lambda _told: None,
) -> Told:
    """As many steps, in stories of fifty; the same ones for the same seed.

    Call it outside of a transaction: what a long one leaves behind slows down every step. Nothing
    is committed.

    Args:
        shorten: look for the shortest story that leaks, for two minutes.
        database_alone: the application's filter is off; only content is judged, see
            `Ledger.in_reach`.
        opened: tables without row-level security, to see that the fuzz would tell.
        only: which of the stories to tell, by their numbers.
        follow: called after each story.

    Raises:
        Leak: the shortest story that was found. This and whatever else a story ends with names the
            seed and the story's number, which tell it again.
    """
    told = Told()
    numbered = list(enumerate(_stories(steps, Random(seed))))[only]
    for at in range(0, len(numbered), A_WORLD):
        with a_world(opened) as beginning:
            tell = Telling(beginning, database_alone)
            for number, story in numbered[at : at + A_WORLD]:
                try:
                    _tell(tell, story, told, shorten=shorten)
                except Exception as error:
                    again = f"LEAK_STEPS={steps} LEAK_SEED={seed} LEAK_STORY={number}"
                    error.add_note(f"To tell it again: {again}")
                    raise
                follow(told)
    return told


def _stories(steps: int, chance: Random) -> list[list[Step]]:
    """What happens, for all of the steps."""
    return [
        [
            Step(chance.choice(_KINDS), chance.getrandbits(32))
            for _ in range(min(A_STORY, steps - begun))
        ]
        for begun in range(0, steps, A_STORY)
    ]


def _tell(tell: "Telling", story: Sequence[Step], told: Told, *, shorten: bool) -> None:
    """One story, to its end or to a leak."""
    taken, leak = tell(story, told)
    if leak is not None:
        raise _shortest(story[:taken], leak, tell) if shorten else leak


@contextmanager
def a_world(opened: Sequence[str] = ()) -> Iterator[Beginning]:
    """A beginning, gone in the end; its dead rows with it."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            for table in opened:
                cursor.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
        try:
            yield Beginning()
        finally:
            transaction.set_rollback(True)
    if not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")


@dataclass(frozen=True)
class Telling:
    """Tells stories from one beginning."""

    beginning: Beginning
    database_alone: bool = False

    def __call__(self, story: Sequence[Step], told: Told | None = None) -> tuple[int, Leak | None]:
        """How many steps were taken, and the leak that ended it; what it wrote is taken back."""
        taken = 0
        with transaction.atomic():
            try:
                world = Story(self.beginning, told or Told(), database_alone=self.database_alone)
                for step in story:
                    taken += 1
                    world.take(step)
            except Leak as leak:
                return taken, leak
            finally:
                transaction.set_rollback(True)
                shutil.rmtree(settings.CANON_MIRROR_DIR, ignore_errors=True)
        return taken, None


def _shortest(whole: Sequence[Step], leak: Leak, tell: Telling) -> Leak:
    """The leak at the end of the shortest story found in two minutes, by leaving parts out."""
    story, until = list(whole), time.monotonic() + SHORTENING
    size = len(story) // 2
    while size and time.monotonic() < until:
        at = 0
        while at < len(story) and time.monotonic() < until:
            shorter = story[:at] + story[at + size :]
            taken, found = tell(shorter)
            if found is None:
                at += size
            else:
                story, leak = shorter[:taken], found
        size //= 2
    return leak
