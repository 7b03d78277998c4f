"""How a fact relates to what is shared: vetoes first, then the judge, then likeness."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.curation.core.known import ALIKE, Heard, relation
from apps.curation.core.notes import Note
from apps.curation.core.rules import read

FACT = "The bakery in Tarn delivers flour sacks before seven in the morning"
WORDS = st.sampled_from([None, "same", "contains", "different", "contradicts"])


def reading(text: str):
    return read(Note(1, 1, text, "fact", (), {}, datetime(2026, 5, 4, tzinfo=UTC)))


@pytest.mark.parametrize(
    ("other", "heard", "likeness", "told"),
    [
        (FACT.upper(), (None, None), 0.9, ("same", "rule")),
        (FACT.upper(), ("different", None), 0.0, ("same", "rule")),
        ("Flour comes early", ("same", "same"), 0.3, ("same", "judge")),
        ("Flour comes early", ("same", "contains"), 0.3, ("same", "judge")),
        ("Flour comes early", ("same", None), 0.3, ("alike", "judge")),
        ("Flour comes early", ("same", "different"), 0.9, ("alike", "judge")),
        ("Flour comes late", ("contradicts", "contradicts"), 0.3, ("contradicts", "judge")),
        ("Flour comes late", ("contradicts", "different"), 0.9, None),
        ("Flour comes late", ("different", None), 0.9, None),
        ("Flour comes early", (None, None), ALIKE, ("alike", "likeness")),
        ("Flour comes early", (None, None), ALIKE - 0.01, None),
        (FACT.replace("delivers", "never delivers"), (None, None), 0.8, ("contradicts", "rule")),
        (FACT.replace("before", "after"), (None, None), 0.8, ("contradicts", "rule")),
        (FACT.replace("before", "after"), ("same", "same"), 0.8, ("alike", "judge")),
        (FACT.replace("before", "after"), ("different", None), 0.8, None),
        (FACT.replace("before", "after"), (None, None), 0.2, None),
        (FACT.replace("Tarn", "Albi"), (None, None), 0.9, None),
    ],
)
def test_relations(other, heard, likeness, told):
    assert relation(reading(FACT), reading(other), Heard(*heard), likeness=likeness) == told


@pytest.mark.parametrize(("recent", "told"), [(True, "same"), (False, "alike")])
def test_what_no_rule_keeps_apart_is_the_same_while_it_is_near_and_recent(recent, told):
    other = reading(FACT.replace("The bakery", "A bakery"))
    found = relation(reading(FACT), other, Heard(), likeness=0.95, recent=recent)
    assert found is not None
    assert found[0] == told


def test_the_judge_outweighs_nearness():
    other = reading(FACT.replace("The bakery", "A bakery"))
    heard = Heard("different", None)
    assert relation(reading(FACT), other, heard, likeness=0.95, recent=True) is None


@given(WORDS, WORDS, st.floats(0, 1), st.booleans())
def test_no_veto_is_ever_the_same_and_one_voice_contradicts_nothing(there, back, likeness, recent):
    vetoed = reading(FACT.replace("Tarn", "Albi"))
    found = relation(reading(FACT), vetoed, Heard(there, back), likeness=likeness, recent=recent)
    assert found is None or found[0] != "same"
    if (there, back) != ("contradicts", "contradicts"):
        assert found is None or found[0] != "contradicts"
