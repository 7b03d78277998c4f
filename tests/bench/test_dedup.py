"""The benchmark of same facts and near misses, on a handful of pairs."""

from xml.etree import ElementTree as ET

import pytest

from apps.kernel.charts import Line, chart
from bench import dedup

PAIRS = [
    ("The gate closes at six in winter.", "the gate closes at six in winter", 1),
    ("Hoses are changed every 3 months.", "Hoses are changed every 9 months.", 0),
    ("Empty the tray before the night shift.", "Trays have to be empty when nights begin.", 1),
    ("The east lift carries 900 kg at most.", "Coffee is free for visitors on Fridays.", 0),
]


@pytest.fixture
def measured():
    return dedup.measure(
        [
            {"id": str(n), "a": a, "b": b, "label": label, "source": "own", "strict": n < 3}
            for n, (a, b, label) in enumerate(PAIRS)
        ]
    )


def test_certain_rules_merge_the_same_words_and_nothing_else(measured):
    assert measured["pairs"] == 4
    assert measured["false_merge"] == measured["silent_wrong_share"] == 0.0
    assert measured["false_split"] == 0.5


def test_a_veto_only_ever_lowers_false_merges(measured):
    for limit in dedup.THRESHOLDS:
        vetoed = measured["overall"][f"cosine_{limit:.2f}_vetoed"]
        bare = measured["overall"][f"cosine_{limit:.2f}"]
        assert vetoed["false_merge"] <= bare["false_merge"]
        assert vetoed["false_split"] >= bare["false_split"]


def test_every_pair_is_in_one_band_one_source_and_strict_or_loose(measured):
    for part in ("bands", "sources", "strict"):
        counts = [found["same"] + found["near_miss"] for found in measured[part].values()]
        assert sum(counts) == 4
    assert measured["strict"]["loose"]["near_miss"] == 1


def test_figures_are_shares_of_the_pairs_they_speak_of():
    pairs = [made(same) for same in (True, True, False, False, False)]
    figures = dedup.figures(pairs, [True, False, True, True, False])
    assert figures == {"false_merge": 0.6667, "false_split": 0.5, "wrong_share": 0.6667}
    assert dedup.figures(pairs[:1], [False])["wrong_share"] is None


def test_the_best_silent_rule_splits_least_of_those_that_are_hardly_ever_wrong():
    def found(split, wrong):
        return {"false_merge": 0.0, "false_split": split, "wrong_share": wrong}

    overall = {
        "rules": found(0.9, 0.0),
        "cosine_0.90": found(0.2, 0.2),
        "cosine_0.90_vetoed": found(0.3, 0.04),
        "linked": found(0.1, 0.01),
    }
    assert dedup.best_silent(overall) == "cosine_0.90_vetoed"


@pytest.mark.parametrize(
    ("cosine", "band"),
    [(-0.2, "< 0.50"), (0.5, "0.50-0.60"), (0.92, "0.92-0.95"), (1.0, "0.98-1.00")],
)
def test_a_band_holds_its_lower_edge(cosine, band):
    assert made(same=True, cosine=cosine).band == band


def test_the_plot_is_well_formed_and_places_shares_between_the_axes(measured):
    drawn = ET.fromstring(dedup.plot(measured))
    curves = drawn.findall("{http://www.w3.org/2000/svg}polyline")
    assert len(curves) == 4
    heights = [float(p.split(",")[1]) for c in curves for p in c.get("points", "").split()]
    assert len(heights) == 4 * len(dedup.THRESHOLDS)
    assert all(40 <= height <= 300 for height in heights)


def test_a_label_in_the_plot_is_escaped():
    drawn = chart(title="a < b", across="x", lines=[Line("p & q", ((0.1, 0.5),), "#000")])
    assert ET.fromstring(drawn) is not None
    assert "a &lt; b" in drawn


def made(same, cosine=0.9):
    note = dedup._note(0, "text")
    return dedup.Pair(note, note, same, True, "own", cosine, "open")
