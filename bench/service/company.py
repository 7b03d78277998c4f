"""The organisation that is asked: its teams, its askers with their tokens, and its memories.

Imports the application, so Django is set up before this module is.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from time import perf_counter

import numpy as np
import numpy.typing as npt

from apps.accounts.actors import of_user
from apps.accounts.models import User
from apps.accounts.services import tokens, users
from apps.kernel import clock
from apps.memories.services.drafts import Draft
from apps.spaces.models import Organisation, Space, SwitchKind
from apps.spaces.services import organisations, switches, tree
from bench.service.loading import load, searched_afterwards
from bench.service.texts import Note
from bench.service.vectors import Floats

# Each group's share of the memories; the first is spread over five teams, the last over eight that
# none of the askers reads.
ASKERS = {"50%": 0.5, "5%": 0.05, "0.5%": 0.005, "0.1%": 0.001}
_TEAMS = {"50%": 5, "5%": 1, "0.5%": 1, "0.1%": 1, "others": 8}
_FEWEST = 3
_SESSION = 10  # notes of one team that were said in one session


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody who asks through an agent, and the positions of the memories they see."""

    name: str
    token: str
    agent: User
    rows: npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Company:
    """A seeded organisation.

    Attributes:
        askers: by name, as `ASKERS` has them.
        writer: writes through an agent, and reads none of the memories above.
        keys: row id of each memory, by position.
        seconds: what writing the rows and then making what they are searched by took.
    """

    askers: dict[str, Asker]
    writer: Asker
    keys: list[int]
    seconds: dict[str, float]


def found(notes: Sequence[Note], vectors: Floats) -> Company:
    """Found the organisation and write its memories."""
    organisation = organisations.found(name="Benchmark")
    root = organisations.root_of(organisation)
    teams = {
        group: [
            tree.create_team(organisation=organisation, name=f"{group} {number}", parent=root)
            for number in range(count)
        ]
        for group, count in _TEAMS.items()
    }
    groups = spread(len(notes))
    drafts = _drafts(notes, groups, teams)
    scribe = of_user(
        _person(organisation, "scribe", [one for some in teams.values() for one in some])
    )
    began = perf_counter()
    with searched_afterwards():
        keys = load(scribe, drafts, vectors)
        written = perf_counter()
    times = {"rows": written - began, "indexes": perf_counter() - written}
    # It would begin with all of them minutes after the start; the bench times a hub at rest
    switches.turn_on_everywhere(kind=SwitchKind.CONSOLIDATION, reason="A benchmark runs.")
    askers = {name: _asker(organisation, name, groups, teams[name]) for name in ASKERS}
    seconds = {name: round(value, 1) for name, value in times.items()}
    writer = _asker(organisation, "writer", groups, [])
    return Company(askers, writer, keys, seconds)


def spread(count: int, *, seed: int = 7) -> list[str]:
    """The group of each of `count` memories, in mixed order."""
    sizes = {name: max(_FEWEST, round(share * count)) for name, share in ASKERS.items()}
    groups = [name for name, size in sizes.items() for _ in range(size)]
    groups += ["others"] * max(count - len(groups), 0)
    random.Random(seed).shuffle(groups)
    return groups[:count]


def _asker(
    organisation: Organisation, name: str, groups: Sequence[str], teams: Sequence[Space]
) -> Asker:
    person = _person(organisation, f"asker of {name}", teams)
    agent = users.create_agent(owner=person, name=f"agent of {name}")
    _, token = tokens.issue(user=agent, name="benchmark", scopes=["read", "write"])
    return Asker(name, token, agent, rows_of(name, groups))


def rows_of(name: str, groups: Sequence[str]) -> npt.NDArray[np.intp]:
    """Positions of the memories of one group."""
    return np.array([place for place, group in enumerate(groups) if group == name], dtype=np.intp)


def _person(organisation: Organisation, name: str, teams: Sequence[Space]) -> User:
    address = name.replace(" ", "-").replace("%", "").replace(".", "-")
    person = users.create_person(email=f"{address}@example.org", name=name)
    organisations.join(organisation=organisation, person=person)
    for team in teams:
        tree.settle(team=team, person=person)
    return person


def _drafts(
    notes: Sequence[Note], groups: Sequence[str], teams: dict[str, list[Space]]
) -> list[Draft]:
    said = dict.fromkeys(teams, 0)
    start = clock.now() - timedelta(days=365)
    drafts = []
    for place, (note, group) in enumerate(zip(notes, groups, strict=True)):
        team = teams[group][said[group] % len(teams[group])]
        session = said[group] // (_SESSION * len(teams[group]))
        said[group] += 1
        draft = Draft(
            text=note.text,
            space=team.public_id,
            session_id=f"{team.name} {session}" if place % 2 else "",
            occurred_at=start + timedelta(seconds=20 * place % 30_000_000),
        )
        drafts.append(draft)
    return drafts
