"""Who may approve, what may be taken back, and how a rejection is worded."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.curation.core.approval import Proposal, missing, refusal
from apps.curation.core.rejections import KINDS, sentence
from apps.curation.core.undo import UNDO_WINDOW, obstacle

NOW = datetime(2026, 3, 1, tzinfo=UTC)
people = st.sets(st.integers(1, 5), max_size=4)


@pytest.mark.parametrize(
    ("contributors", "author", "why"),
    [
        ({1}, 1, "sole_contributor"),
        ({1}, None, "sole_contributor"),
        ({1, 2}, 1, "own_words"),
        ({1, 2}, None, "reworded"),
        ({1, 2}, 2, None),
        ({2}, 2, None),
        ({2, 3}, None, None),
    ],
)
def test_nobody_approves_what_they_said_themselves(contributors, author, why):
    assert refusal(Proposal(contributors, author), reviewer=1) == why


@given(people, st.none() | st.integers(1, 5), st.integers(1, 5))
def test_who_is_not_behind_it_may_approve_and_nobody_alone_behind_it(contributors, author, one):
    why = refusal(Proposal(contributors, author), one)
    assert (one in contributors) or why is None
    assert contributors != {one} or why is not None


@given(people, st.integers(1, 5), st.integers(1, 5))
def test_approvals_are_counted_by_person(given, needed, one):
    left = missing(list(given) * 2, needed, one)
    assert 0 <= left <= needed - 1
    assert missing([*given, one], needed, one) == left
    assert left == 0 or len(given | {one}) + left == needed


@pytest.mark.parametrize(
    ("status", "days", "by_reviewer", "why"),
    [
        ("approved", 0, True, None),
        ("rejected", 29.99, True, None),
        ("merged", 30, True, "too_late"),
        ("approved", 1, False, "by_policy"),
        ("pending", 1, True, "nothing"),
        ("withdrawn", 1, True, "nothing"),
    ],
)
def test_what_may_be_taken_back(status, days, by_reviewer, why):
    decided_at = NOW - timedelta(days=days)
    assert obstacle(status, decided_at=decided_at, by_reviewer=by_reviewer, now=NOW) == why
    assert obstacle(status, decided_at=None, by_reviewer=by_reviewer, now=NOW) == "nothing"
    assert timedelta(days=30) == UNDO_WINDOW


@pytest.mark.parametrize(
    ("kind", "words", "told"),
    [
        ("duplicate", "", "duplicate"),
        ("wrong", " Since May. ", "wrong: Since May."),
        ("", "wrong", "wrong"),
        ("other", "  ", ""),
        ("", " ", ""),
    ],
)
def test_a_kind_and_words_are_one_sentence(kind, words, told):
    assert sentence(kind, words) == told


def test_there_is_no_other_kind():
    with pytest.raises(ValueError, match="kind must be one of: " + ", ".join(KINDS)):
        sentence("boring", "It is.")
