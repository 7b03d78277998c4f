"""Every code that a reviewer can meet has words."""

import inspect
import re
from dataclasses import fields

import pytest

from apps.curation.core import decide, groups, seed
from apps.curation.core.policy import DEFAULT, PromotionPolicy
from apps.curation.models import CandidateStatus
from apps.desk.evidence import signals_of
from apps.desk.policy_words import POLICY
from apps.desk.words import ALIKE, REASONS, STATUSES, sentence

SIGNALS = {"likely_people": 2, "outcome": {"total": 10, "successes": 9, "reporters": 4}}


def test_every_reason_of_a_decision_has_a_sentence():
    codes = set(
        re.findall(r'"((?:[a-z_]+\.)[a-z_]+)"', inspect.getsource(decide) + inspect.getsource(seed))
    )
    assert len(codes) > 10
    assert codes <= set(REASONS)
    assert sentence("a.code_of_tomorrow") == "a.code_of_tomorrow"


def test_every_way_of_being_alike_has_words():
    listed = re.findall(r"`([a-z_]+)`", str(groups.Group.__doc__).partition("reasons:")[2])
    assert set(listed) == set(ALIKE)


def test_every_status_has_a_tab():
    assert set(STATUSES) == set(CandidateStatus.values)


def test_every_policy_value_has_a_label():
    assert set(POLICY) == {field.name for field in fields(PromotionPolicy)}


RATING = {"value": 0.93, "raw": 0.85, "score": 8.5, "scale": 10, "calibrated": True, "samples": 3,
          "window": 412, "model": "openai/rater", "version": 1, "calls": 3}  # fmt: skip


def rated(**told):
    inputs = {"signals": SIGNALS | {"self_eval": 0.93}, "policy": DEFAULT.values(),
              "self_eval": RATING | told}  # fmt: skip
    return signals_of(inputs)[-1]


def rows(**signals):
    inputs = {"signals": SIGNALS | signals, "policy": DEFAULT.values(), "people": 3,
              "grouping": {"confidence": 0.5, "reasons": ["words", "meaning"]}}  # fmt: skip
    return {row.label: row for row in signals_of(inputs)}


def test_signals_are_told_in_figures():
    told = rows()
    assert told["Independent people"].value == "2 of 3 people"
    outcomes = told["Outcomes of this text"]
    assert outcomes.value == "9 of 10 tasks went well"
    assert outcomes.share == pytest.approx(0.596, abs=0.001)  # Wilson 95 % lower bound of 9/10
    assert (outcomes.threshold, outcomes.strong) == (0.7, False)
    assert told["Likeness of the notes"].note == "Many words in common, close in meaning."


@pytest.mark.parametrize(
    "label", ["Rating by a language model", "How unusual this agreement is",
              "Outcomes of every note in the group"],
)  # fmt: skip
def test_absent_is_not_zero(label):
    row = rows()[label]
    assert (row.value, row.share, row.absent) == ("absent", None, True)


def test_zero_is_not_absent():
    row = rows(self_eval=0.0)["Rating by a language model"]
    assert (row.value, row.share, row.absent) == ("0.00", 0.0, False)


def test_a_rating_says_whose_it_is_and_what_it_means():
    row = rated()
    assert (row.value, row.threshold, row.strong) == ("0.93", 0.8, True)
    assert row.note == (
        "openai/rater gave it 8.5 of 10, the middle of 3 answers. "
        "Its rank among the 412 texts that model rated lately counts."
    )


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"calibrated": False, "window": 12}, "It has rated 12 texts lately, too few to rank it"),
        ({"samples": 2}, "the middle of 2 answers (1 missing, counted as lower)."),
        ({"samples": 1, "calls": 1}, "8.5 of 10, in one answer."),
        ({"raw": 0.3}, "counts; but the model itself rates it too low to share."),
    ],
)
def test_a_rating_says_what_it_lacks(told, said):
    assert said in rated(**told).note


def test_too_few_outcomes_say_what_is_missing():
    row = rows(outcome={"total": 1, "successes": 1, "reporters": 1})["Outcomes of this text"]
    assert row.value == "1 of 1 task went well"
    assert "Counts as evidence from 5 outcomes from 3 people on." in row.note


def test_inputs_of_an_older_engine_are_told_as_far_as_they_go():
    told = signals_of({})
    assert told[0].value == "0 of 0 people"
    assert all(row.absent for row in told[1:])
