"""An organisation of eight people whose notes mean something to a real embedding model."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from apps.accounts.actors import Actor, of_user
from apps.accounts.models import User
from apps.accounts.services import users
from apps.audit.services.events import SYSTEM
from apps.curation.models import Candidate, CurationRun
from apps.curation.services import runs
from apps.memories.models import Memory
from apps.memories.services import evidence, memories
from apps.memories.services.drafts import Draft
from apps.spaces.models import Organisation, Space
from apps.spaces.services import grants, organisations, tree

SEAL = (
    "Pumps that go to the Nordics in winter need their test water drained and glycol filled in.",
    "Drain the test water and fill glycol before pumps ship to the Nordics in winter.",
    "In winter: fill glycol and drain all test water from pumps shipping to the Nordics.",
)
OTHERS = (
    "The canteen has soup on Thursdays.",
    "Quarterly numbers are due on the fifth working day.",
    "The badge reader at gate two needs a firm push.",
    "Ask Priya for the projector key.",
    "Invoices above ten thousand need two signatures.",
)


@dataclass(frozen=True)
class Company:
    """Teams North (p0 to p3) and South (p4 to p7); p0 curates everything."""

    organisation: Organisation
    root: Space
    north: Space
    south: Space
    people: tuple[User, ...]

    def say(self, person: int, text: str, **fields: Any) -> Memory:
        actor = of_user(self.people[person])
        return memories.remember(actor=actor, draft=Draft(text=text, **fields)).memory

    def use(self, memory: Memory, person: int, *, success: bool = True, times: int = 1) -> None:
        for number in range(times):
            evidence.report_outcome(
                actor=of_user(self.people[person]),
                task=f"task {number}",
                success=success,
                memory_ids=[memory.public_id],
            )

    def run(self, *, dry: bool = False) -> CurationRun:
        run = runs.queue(organisation=self.organisation, dry=dry)
        return runs.execute(run_id=run.pk)


def found(name: str) -> Company:
    """A company of that name with its eight people."""
    organisation = organisations.found(name=name)
    root = organisations.root_of(organisation)
    north = tree.create_team(organisation=organisation, name="North", parent=root)
    south = tree.create_team(organisation=organisation, name="South", parent=root)
    people = []
    for number in range(8):
        email = f"p{number}@{name.lower()}.example"
        person = users.create_person(email=email, name=f"P{number}")
        organisations.join(organisation=organisation, person=person)
        tree.settle(team=north if number < 4 else south, person=person)
        people.append(person)
    for space in (root, north, south):
        grants.grant(space=space, person=people[0], role="curator", by=SYSTEM)
    return Company(organisation, root, north, south, tuple(people))


@pytest.fixture
def company(db: None, settings: Any) -> Company:
    settings.EMBEDDING_MODEL = "local:all-MiniLM-L6-v2"
    return found("Fennimore")


@pytest.fixture
def chatter(company: Company) -> Callable[[], None]:
    """Everyday notes around the facts, so that words can be rare."""

    def say() -> None:
        for person, text in enumerate(OTHERS):
            company.say(person, text)

    return say


def propose(company: Company, chatter: Callable[[], None]) -> Candidate:
    """Three people of two teams say the same in their own words; returns the request."""
    chatter()
    for person, text in zip((1, 2, 5), SEAL, strict=True):
        company.say(person, text)
    company.run()
    return Candidate.objects.get()


@pytest.fixture
def request_row(company: Company, chatter: Callable[[], None]) -> Candidate:
    """A pending request of three people's notes."""
    return propose(company, chatter)


@pytest.fixture
def reviewer(company: Company) -> Actor:
    return of_user(company.people[0])
