"""The benchmark of growth: its notes, its arithmetic, its chart. CI runs no size of it."""

from collections import Counter, defaultdict
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from bench import plot
from bench.growth import notes, report


@pytest.fixture(scope="module")
def written():
    return notes.Writer(40).notes(3_000)


def test_the_same_seed_writes_the_same_notes_and_goes_on_where_it_ended(written):
    again = notes.Writer(40)
    assert again.notes(2_000) + again.notes(1_000) == written


def test_shares_of_notes_say_again_what_was_said(written):
    repeated = 1 - len({note.fact.number for note in written}) / len(written)
    assert repeated == pytest.approx(sum(notes.SHARES.values()), abs=0.03)
    texts = Counter(note.text for note in written)
    assert 0 < sum(count - 1 for count in texts.values()) < notes.SHARES["relayed"] * len(written)


def test_stand_ins_are_as_alike_as_real_vectors_of_one_fact_and_of_one_topic(written):
    by_fact, by_topic = defaultdict(list), defaultdict(list)
    vectors = notes.vectors(written)
    for place, note in enumerate(written):
        by_fact[note.fact.number].append(place)
        by_topic[note.fact.topic].append(place)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    same = [vectors[a] @ vectors[b] for a, b in (two[:2] for two in by_fact.values() if two[1:])]
    topic = [
        vectors[a] @ vectors[b]
        for a, b in (two[:2] for two in by_topic.values() if two[1:])
        if written[a].fact != written[b].fact
    ]
    assert np.mean(same) == pytest.approx(0.63, abs=0.03)
    assert np.mean(topic) == pytest.approx(0.5, abs=0.04)


def test_growth_is_told_per_ten_times_as_many():
    assert report.growth({"1000": 2.0, "10000": 22.0, "20000": 44.0}) == {
        "10000": 11.0,
        "20000": 10.0,
    }


def figures():
    one = {
        "seconds": 2.5, "cpu_seconds": 2.0, "peak_mb": 90.0, "memories": 1000, "clusters": 800,
        "decisions": 800, "steps": {"screening": 2.0, "writing": 0.5},
    }  # fmt: skip
    ten = {**one, "seconds": 25.0, "memories": 10_000, "steps": {"screening": 20.0, "writing": 5.0}}
    return {"sizes": {"1000": {"first": one, "night": one}, "10000": {"first": ten, "night": ten}}}


def test_the_table_has_a_row_a_run_and_size_and_a_row_a_step():
    lines = report.markdown(figures()).splitlines()
    assert "| 10,000 | first | 25.0 | 10.0 | 2.0 | 2.50 | 90 | 800 | 800 |" in lines
    assert "| screening | 2.0 | 20.0 |" in lines


def test_a_line_of_ten_times_per_ten_times_has_slope_one():
    root = ET.fromstring(
        plot.loglog(title="T<&", across="n", unit="s", lines={"a": [(10, 1), (100, 10), (0, 5)]})
    )
    (line,) = root.iter("{http://www.w3.org/2000/svg}polyline")
    (x1, y1), (x2, y2) = (map(float, pair.split(",")) for pair in line.attrib["points"].split())
    guides = [g.attrib["y1"] for g in root.iter("{http://www.w3.org/2000/svg}line")]
    assert x2 > x1
    assert y2 < y1
    assert f"{y1:.1f}" in guides
    assert f"{y2:.1f}" in guides
