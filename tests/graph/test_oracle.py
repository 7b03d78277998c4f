"""Walks against networkx: who sees which edges, when, whatever was taken back meanwhile."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import networkx as nx
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.accounts.actors import of_user
from apps.graph.models import Entity, Evidence, Relation
from apps.graph.services import walks
from apps.kernel import isolation
from apps.memories.models import Memory
from apps.memories.services import memories
from tests.graph.conftest import read_all

START = datetime(2026, 1, 1, tzinfo=UTC)
THINGS = ("A-1", "B-2", "C-3", "D-4", "E-5")
TYPES = ("feeds", "drives")
SPACES = ("root", "team", "other_team")
READS = {"alice": {"root", "team"}, "bob": {"root", "team"}, "dora": {"root", "other_team"}}


@dataclass(frozen=True)
class Said:
    """One memory that declares one relation for some days; perhaps taken back later."""

    space: str
    subject: str
    type: str
    object: str
    first: int
    days: int | None
    retracted: bool

    def holds(self, day: int) -> bool:
        return self.first <= day and (self.days is None or day < self.first + self.days)


SAID = st.builds(
    Said,
    space=st.sampled_from(SPACES),
    subject=st.sampled_from(THINGS),
    type=st.sampled_from(TYPES),
    object=st.sampled_from(THINGS),
    first=st.integers(0, 3),
    days=st.none() | st.integers(1, 3),
    retracted=st.booleans(),
)


def at(day: int) -> datetime:
    return START + timedelta(days=day)


def tell(world, write, number: int, said: Said) -> Memory:
    relation = {
        "subject": said.subject, "type": said.type, "object": said.object,
        "valid_from": at(said.first).isoformat(),
        "valid_to": None if said.days is None else at(said.first + said.days).isoformat(),
    }  # fmt: skip
    author = world.dora if said.space == "other_team" else world.alice
    space = getattr(world, said.space)
    memory: Memory = write(
        author, f"Note {number}.", space=space, metadata={"relations": [relation]}
    )
    return memory


def graph_of(story: list[Said], person: str, day: int, types: tuple[str, ...]) -> nx.MultiDiGraph:
    """What that person may know that day, as plain edges."""
    graph = nx.MultiDiGraph()
    for said in story:
        fine = not said.retracted and said.space in READS[person] and said.subject != said.object
        if fine and said.holds(day) and (not types or said.type in types):
            graph.add_edge(said.subject.lower(), said.object.lower(), type=said.type)
    return graph


def seen_around(actor, start: Entity, depth: int, filters: walks.Filters) -> dict[str, int]:
    found = walks.around(actor=actor, entity=start, depth=depth, filters=filters)
    assert not found.truncated
    return {node.entity.normalised: node.distance for node in found.nodes}


@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    story=st.lists(SAID, min_size=3, max_size=9),
    day=st.integers(0, 6),
    depth=st.integers(1, 3),
    types=st.sampled_from([(), ("feeds",), TYPES]),
)
def test_what_each_person_reaches_is_what_the_oracle_says(world, write, story, day, depth, types):
    with transaction.atomic():
        told = [tell(world, write, number, said) for number, said in enumerate(story)]
        read_all()
        for memory, said in zip(told, story, strict=True):
            if said.retracted:
                memories.retract(actor=of_user(memory.author), memory=memory)
        for person in READS:
            _compare(world, story, person, day, depth, types)
        _nothing_without_evidence()
        transaction.set_rollback(True)


def _compare(world, story: list[Said], person: str, day: int, depth: int, types) -> None:
    user = getattr(world, person)
    filters = walks.Filters(as_of=at(day), types=types)
    wanted = graph_of(story, person, day, types)
    # As a request: the database sees to permissions, too
    with isolation.within(isolation.Context(user=user.pk)):
        actor = of_user(user)
        seen = {one.normalised: one for one in Entity.objects.visible_to(actor)}
        named = {
            end.lower()
            for said in story
            for end in (said.subject, said.object)
            if said.space in READS[person] and not said.retracted and said.subject != said.object
        }
        assert seen.keys() == named
        for name, entity in seen.items():
            graph = nx.Graph(wanted)
            graph.add_node(name)
            reach = nx.single_source_shortest_path_length(graph, name, cutoff=depth)
            assert seen_around(actor, entity, depth, filters) == reach
        _compare_ways(actor, seen, wanted, filters)


def _compare_ways(actor, seen: dict[str, Entity], wanted, filters: walks.Filters) -> None:
    names = sorted(seen)[:3]
    outward = walks.Filters(as_of=filters.as_of, types=filters.types, direction="out")
    for first in names:
        for last in names:
            found = walks.way(
                actor=actor, first=seen[first], last=seen[last], longest=4, filters=outward
            )
            plain = nx.DiGraph(wanted)
            plain.add_nodes_from(names)
            there = nx.has_path(plain, first, last)
            assert (found is not None) == there
            if found is not None:
                assert len(found.edges) == nx.shortest_path_length(plain, first, last)


def _nothing_without_evidence() -> None:
    """The tables themselves, whoever asks."""
    assert not Relation.objects.filter(evidence__isnull=True).exists()
    assert not Entity.objects.filter(evidence__isnull=True).exists()
    assert not Evidence.objects.exclude(memory__status="active").exists()
