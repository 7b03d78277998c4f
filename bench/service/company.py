"""The organisation that is asked: its teams, its askers with their tokens, and its memories.

Imports the application, so Django is set up before this module is.
"""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from time import perf_counter

import numpy as np
import numpy.typing as npt
from django.db import connection
from pgvector import HalfVector
from pgvector.psycopg import register_vector

from apps.accounts.actors import Actor, of_user
from apps.accounts.models import User
from apps.accounts.services import tokens, users
from apps.kernel import clock
from apps.memories.services import bulk
from apps.memories.services.drafts import Draft
from apps.providers.embedders import get_embedder
from apps.spaces.models import Organisation, Space
from apps.spaces.services import organisations, tree
from bench.service.progress import say
from bench.service.texts import Note
from bench.service.vectors import Floats

# Each group's share of the memories; the first is spread over five teams, the last over eight that
# none of the askers reads.
ASKERS = {"50%": 0.5, "5%": 0.05, "0.5%": 0.005, "0.1%": 0.001}
_TEAMS = {"50%": 5, "5%": 1, "0.5%": 1, "0.1%": 1, "others": 8}
_FEWEST = 3
_BULK = 1_000
_PART = 25_000  # written before their vectors are: fewer than the hub lets wait
_SESSION = 10  # notes of one team that were said in one session
_INDEX = "memories_memoryindex"


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
        seconds: what writing the texts and building the vector index took.
    """

    askers: dict[str, Asker]
    writer: Asker
    keys: list[int]
    seconds: dict[str, float]


def found(notes: Sequence[Note], vectors: Floats) -> Company:
    """Found the organisation and write its memories through the services, vectors by COPY."""
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
    keys: list[int] = []
    writing = storing = 0.0
    with graph_afterwards():
        for first in range(0, len(drafts), _PART):
            began = perf_counter()
            part = _write(scribe, drafts[first : first + _PART])
            written = perf_counter()
            store(part, vectors[first : first + _PART])
            keys += part
            writing, storing = writing + written - began, storing + perf_counter() - written
            say(f"written: {len(keys):,} memories with their vectors")
        began = perf_counter()
    graph = perf_counter() - began
    askers = {name: _asker(organisation, name, groups, teams[name]) for name in ASKERS}
    times = {"texts": writing, "vectors": storing, "graph": graph}
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
    rows = np.array([place for place, group in enumerate(groups) if group == name], dtype=np.intp)
    return Asker(name, token, agent, rows)


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


def _write(scribe: Actor, drafts: Sequence[Draft]) -> list[int]:
    """Row ids, in order."""
    keys: list[int] = []
    for first in range(0, len(drafts), _BULK):
        part = drafts[first : first + _BULK]
        results = bulk.remember_many(actor=scribe, drafts=part, atomic=True)
        keys += [result.memory.pk for result in results if result.memory is not None]
    return keys


@contextmanager
def graph_afterwards() -> Iterator[None]:
    """Without the graph index of the vectors; it is built once, afterwards, statistics too."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s"
            " AND indexdef LIKE '%%USING hnsw%%'",
            [_INDEX],
        )
        graphs = cursor.fetchall()
        for name, _ in graphs:
            cursor.execute(f'DROP INDEX "{name}"')
        yield
        say("building the graph index")
        cursor.execute("SET maintenance_work_mem = '1GB'")
        for _, definition in graphs:
            cursor.execute(definition)
        cursor.execute("RESET maintenance_work_mem")
        cursor.execute("VACUUM ANALYZE")


def store(keys: Sequence[int], vectors: Floats) -> None:
    """Fill in the pending vectors in one statement."""
    with connection.cursor() as cursor:
        _copy(keys, vectors)
        cursor.execute(
            f"UPDATE {_INDEX} i SET embedding = b.embedding FROM bench_vectors b"  # noqa: S608
            " WHERE i.memory_id = b.memory_id AND i.model = %s",
            [get_embedder().model],
        )
        cursor.execute("DROP TABLE bench_vectors")


def _copy(keys: Sequence[int], vectors: Floats) -> None:
    connection.ensure_connection()
    raw = connection.connection
    register_vector(raw)
    with raw.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE bench_vectors (memory_id bigint, embedding halfvec)")
        with cursor.copy("COPY bench_vectors FROM STDIN WITH (FORMAT binary)") as copy:
            copy.set_types(["int8", "halfvec"])
            for key, vector in zip(keys, vectors, strict=True):
                copy.write_row((key, HalfVector(vector)))
        cursor.execute("ANALYZE bench_vectors")
