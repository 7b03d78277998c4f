"""What is exported is read back as it was, whatever the names are."""

import io
import json
import re
from datetime import UTC, datetime

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from apps.graph.core.formats import Link, Thing, cypher, graphml, jsonld

NAMES = st.text(min_size=1, max_size=30)
THEN = datetime(2026, 6, 1, tzinfo=UTC)
HOSTILE = "x'}) DETACH DELETE n; // \"</node>&<![CDATA[ \\u0027 `"


def things(names: list[str]) -> list[Thing]:
    return [Thing(f"id-{n}", "thing", name, (name,)) for n, name in enumerate(names)]


def links(count: int) -> list[Link]:
    return [
        Link(f"r-{n}", "part_of", "id-0", f"id-{n}", THEN, None, "active", 0.9, THEN)
        for n in range(1, count)
    ]


@given(st.lists(NAMES | st.just(HOSTILE), min_size=1, max_size=4))
def test_graphml_has_all_of_it(names: list[str]):
    text = "".join(graphml(things(names), links(len(names))))
    read = nx.read_graphml(io.BytesIO(text.encode("utf-8", "replace")))
    assert set(read) == {f"id-{n}" for n in range(len(names))}
    assert read.number_of_edges() == len(names) - 1
    for n, name in enumerate(names):
        if name.isprintable() and name.isascii() and name.strip() == name:
            assert read.nodes[f"id-{n}"]["name"] == name


@given(st.lists(NAMES | st.just(HOSTILE), min_size=1, max_size=4))
def test_jsonld_has_all_of_it(names: list[str]):
    rows = json.loads("".join(jsonld(things(names), links(len(names)))))["@graph"]
    assert [row["name"] for row in rows if "name" in row] == names
    assert [row["valid_from"] for row in rows if "relation" in row] == [THEN.isoformat()] * (
        len(names) - 1
    )


STRING = re.compile(r"'(?:[^'\\\n\r]|\\.)*'")


@given(st.lists(NAMES | st.just(HOSTILE), min_size=1, max_size=4))
def test_no_name_ends_a_statement(names: list[str]):
    lines = "".join(cypher(things(names), links(len(names)))).split("\n")[:-1]
    assert len(lines) == 2 * len(names) - 1
    for line in lines:
        outside = STRING.sub("", line)
        assert "'" not in outside
        assert outside.count(";") == 1
        assert "DELETE" not in outside
