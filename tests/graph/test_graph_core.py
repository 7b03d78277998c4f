"""Walks, ranks and claims against networkx and against their laws."""

from datetime import UTC, datetime, timedelta

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from networkx.algorithms.link_analysis.pagerank_alg import _pagerank_python  # without scipy

from apps.graph.core import paths
from apps.graph.core.claims import Holding, contradict, standing
from apps.graph.core.pagerank import personalised

NODES = st.integers(0, 9)
EDGES = st.lists(st.tuples(NODES, NODES), max_size=25)


def hop_of(edges: list[tuple[int, int]], *, out: bool = True, into: bool = True) -> paths.Hop:
    def hop(nodes: frozenset[int]) -> list[tuple[int, int, int]]:
        found = []
        for number, (one, other) in enumerate(edges):
            if out and one in nodes and one != other:
                found.append((number, one, other))
            if into and other in nodes and one != other:
                found.append((number, other, one))
        return found

    return hop


@given(EDGES, NODES, NODES, st.integers(1, 6))
def test_the_shortest_way_is_as_short_as_networkx_says(edges, first, last, longest):
    graph = nx.DiGraph(edges)
    graph.add_nodes_from([first, last])
    found = paths.shortest(
        first, last, longest=longest,
        out=hop_of(edges, into=False), into=hop_of(edges, out=False),
    )  # fmt: skip
    try:
        wanted = nx.shortest_path_length(graph, first, last)
    except nx.NetworkXNoPath:
        wanted = longest + 1
    if wanted > longest:
        assert found is None
        return
    assert found is not None
    assert len(found.edges) == wanted
    steps = list(zip(found.nodes, found.nodes[1:], strict=False))
    assert [edges[edge] for edge in found.edges] == steps
    assert (found.nodes[0], found.nodes[-1]) == (first, last)


@given(EDGES, NODES, st.integers(0, 4))
def test_distances_are_those_of_networkx(edges, first, depth):
    graph = nx.Graph(edges)
    graph.add_node(first)
    found, cut = paths.within([first], hop=hop_of(edges), depth=depth, most=100)
    assert not cut
    assert found == nx.single_source_shortest_path_length(graph, first, cutoff=depth)


@given(EDGES, NODES, st.integers(1, 9))
def test_what_is_cut_off_is_the_far_end(edges, first, most):
    whole, _ = paths.within([first], hop=hop_of(edges), depth=9, most=100)
    found, cut = paths.within([first], hop=hop_of(edges), depth=9, most=most)
    assert len(found) == min(most, len(whole))
    assert cut == (len(whole) > most)
    assert all(whole[node] == distance for node, distance in found.items())


@given(EDGES, st.dictionaries(NODES, st.floats(0.1, 5), min_size=1, max_size=3))
def test_ranks_are_those_of_networkx(edges, seeds):
    graph = nx.MultiGraph(edge for edge in edges if edge[0] != edge[1])
    graph.add_nodes_from(seeds)
    total = sum(seeds.values())
    start = {node: weight / total for node, weight in seeds.items()}
    wanted = _pagerank_python(
        _weighted(graph), personalization=start, dangling=start, max_iter=500, tol=1e-12
    )
    found = personalised(edges, seeds)
    assert sum(found.values()) == pytest.approx(1)
    for node, score in wanted.items():
        assert found.get(node, 0.0) == pytest.approx(score, abs=1e-5)


def _weighted(graph: nx.MultiGraph) -> nx.Graph:
    simple = nx.Graph()
    simple.add_nodes_from(graph)
    for one, other in graph.edges():
        weight = simple.get_edge_data(one, other, {"weight": 0})["weight"]
        simple.add_edge(one, other, weight=weight + 1)
    return simple


@pytest.mark.parametrize("seeds", [{}, {1: 0.0}, {1: -1.0}])
def test_a_walk_needs_a_place_to_start(seeds):
    with pytest.raises(ValueError, match="seeds"):
        personalised([(1, 2)], seeds)


DAY = datetime(2026, 1, 1, tzinfo=UTC)
MOMENTS = st.none() | st.integers(0, 5).map(lambda days: DAY + timedelta(days=days))


@st.composite
def holdings(draw: st.DrawFn) -> list[Holding]:
    rows = []
    for number in range(draw(st.integers(0, 8))):
        start, end = draw(MOMENTS), draw(MOMENTS)
        if start is not None and end is not None and start >= end:
            end = None
        recorded = DAY + timedelta(days=draw(st.integers(0, 3)))
        rows.append(
            Holding(number, draw(st.integers(0, 3)), start, end, recorded, draw(st.booleans()))
        )
    return rows


@given(holdings(), st.randoms(use_true_random=False))
def test_what_stands_agrees_and_what_does_not_contradicts_it(rows, random):
    stand = standing(rows)
    kept = [row for row in rows if row.id in stand]
    assert not any(contradict(one, other) for one in kept for other in kept)
    for row in rows:
        if row.id not in stand:
            assert any(contradict(row, other) for other in kept)
    mixed = list(rows)
    random.shuffle(mixed)
    assert standing(mixed) == stand


def test_the_first_recorded_stands_unless_a_reviewer_accepted_another():
    first = Holding(1, 10, None, None, DAY)
    second = Holding(2, 11, None, None, DAY + timedelta(days=1))
    accepted = Holding(2, 11, None, None, DAY + timedelta(days=1), accepted=True)
    assert standing([first, second]) == {1}
    assert standing([first, accepted]) == {2}
    after = Holding(3, 11, DAY, None, DAY)
    before = Holding(4, 10, None, DAY, DAY)
    assert standing([after, before]) == {3, 4}
