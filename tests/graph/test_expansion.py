"""The walk of a recall, in one statement, against networkx; and what it may not see."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import networkx as nx
import numpy as np
import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from networkx.algorithms.link_analysis.pagerank_alg import _pagerank_python  # without scipy

from apps.accounts.actors import of_user
from apps.graph import sql_expansion as sql
from apps.graph.models import Entity
from apps.graph.querysets import readable
from apps.kernel import isolation
from tests.graph.conftest import DECEMBER, JANUARY, JUNE, read_all

THINGS = tuple(f"N-{number}" for number in range(8))


@dataclass(frozen=True)
class Edge:
    """One declared relation: by whom, and whether it ended in June."""

    subject: str
    object: str
    space: str
    ended: bool

    @property
    def declared(self) -> dict[str, Any]:
        return {
            "subject": self.subject, "type": "feeds", "object": self.object,
            "valid_from": JANUARY.isoformat(),
            "valid_to": JUNE.isoformat() if self.ended else None,
        }  # fmt: skip


EDGES = st.lists(
    st.builds(
        Edge,
        subject=st.sampled_from(THINGS),
        object=st.sampled_from(THINGS),
        space=st.sampled_from(["team", "root", "other_team"]),
        ended=st.booleans(),
    ),
    min_size=4,
    max_size=16,
    unique=True,
)


def told(world, write, edges) -> None:
    """One memory for each space declares all of its relations."""
    for space in ("team", "root", "other_team"):
        author = world.dora if space == "other_team" else world.alice
        declared = [edge.declared for edge in edges if edge.space == space]
        if declared:
            write(author, "Wiring.", space=getattr(world, space), metadata={"relations": declared})
    read_all()


def walked(user, seeds, held_at: datetime) -> dict[str, float]:
    """Masses by name, as that person's request would get them."""
    with isolation.within(isolation.Context(user=user.pk)), connection.cursor() as cursor:
        params = {"seeds": seeds, "space_ids": readable(of_user(user)), "held_at": held_at}
        cursor.execute(f"WITH {sql.WALK} SELECT node, mass FROM rank", params)
        masses = dict(cursor.fetchall())
    names = dict(Entity.objects.values_list("pk", "normalised"))
    return {names[node].upper(): mass for node, mass in masses.items()}


def cut_out(edges, seeds: set[str]) -> nx.Graph:
    """What lies within two relations of the seeds; parallel ones weigh more."""
    ways = Counter(
        frozenset((edge.subject, edge.object))
        for edge in {(e.subject, e.object, e.ended): e for e in edges}.values()
        if edge.subject != edge.object
    )
    near = seeds | {end for pair in ways if pair & seeds for end in pair}
    graph = nx.Graph()
    for pair, count in ways.items():
        if pair & near:
            graph.add_edge(*pair, weight=count)
    return graph


@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    edges=EDGES, named=st.sets(st.sampled_from(THINGS), min_size=1, max_size=3), june=st.booleans()
)
def test_masses_are_those_of_networkx_after_as_many_rounds(world, write, edges, named, june):
    with transaction.atomic():
        told(world, write, edges)
        ids = {one.normalised.upper(): one.pk for one in Entity.objects.all()}
        seeds = [ids[name] for name in sorted(named) if name in ids]
        moment = DECEMBER if june else JANUARY
        found = walked(world.alice, seeds, moment)
        seen = [e for e in edges if e.space != "other_team" and not (june and e.ended)]
        graph = cut_out(seen, named)
        start = {name: 1.0 for name in named if name in graph}
        if not start:
            assert found == {}
        else:
            _compare(graph, start, found)
        transaction.set_rollback(True)


def _compare(graph: nx.Graph, start: dict[str, float], found: dict[str, float]) -> None:
    nodes = sorted(graph)
    matrix = np.asarray(
        nx.google_matrix(graph, alpha=sql.DAMPING, personalization=start, nodelist=nodes)
    )
    shares = np.array([start.get(node, 0.0) for node in nodes]) / len(start)
    for _ in range(sql.ROUNDS):
        shares = shares @ matrix
    wanted = {node: share for node, share in zip(nodes, shares, strict=True) if share > 1e-12}
    assert found == pytest.approx(wanted, abs=2e-9)
    assert sum(found.values()) == pytest.approx(1, abs=1e-7)
    settled = _pagerank_python(
        graph, alpha=sql.DAMPING, personalization=start, max_iter=500, tol=1e-12
    )
    apart = sum(abs(settled[node] - found.get(node, 0.0)) for node in nodes)
    assert apart <= 2 * sql.DAMPING**sql.ROUNDS + 1e-7


def test_of_a_hub_the_newest_relations_count_and_what_is_hidden_takes_no_place(world, write):
    def feeds(user, space, names, text):
        declared = [{"subject": "HUB-1", "type": "feeds", "object": name} for name in names]
        write(user, text, space=space, metadata={"relations": declared})
        read_all()

    feeds(world.alice, world.team, [f"OLD-{n}" for n in range(20)], "Old wiring.")
    feeds(world.alice, world.team, [f"NEW-{n}" for n in range(sql.NEAR_EDGES)], "New wiring.")
    hub = Entity.objects.called("HUB-1").get()
    before = walked(world.bob, [hub.pk], DECEMBER)
    assert {name for name in before if name != "HUB-1"} == {
        f"NEW-{n}" for n in range(sql.NEAR_EDGES)
    }
    feeds(world.dora, world.other_team, [f"HID-{n}" for n in range(40)], "Hidden wiring.")
    assert walked(world.bob, [hub.pk], DECEMBER) == before
    assert set(walked(world.dora, [hub.pk], DECEMBER)) >= {"HID-39", "HUB-1"}


def test_what_contradicts_something_that_stands_is_not_walked(world, write):
    for number, hall in enumerate(("Hall 1", "Hall 2")):
        relation = {
            "subject": "E-204", "type": "located_in", "object": hall,
            "valid_from": JANUARY.isoformat(),
        }  # fmt: skip
        write(world.alice, f"Seen {number}.", space=world.team, metadata={"relations": [relation]})
        read_all()
    seed = Entity.objects.called("E-204").get().pk
    assert set(walked(world.alice, [seed], DECEMBER)) == {"E-204", "HALL 1"}
