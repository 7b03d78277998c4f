"""Reading a model's answer: whatever comes, checked values or nothing."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.providers.answers import MAX_ANSWER, MAX_QUALIFIERS, MAX_STARTS, parse
from apps.providers.batching import (
    MAX_CHARACTERS,
    MAX_ITEM_CHARACTERS,
    estimated_tokens,
    messages,
    split,
)
from apps.providers.prompts import CANONICAL_CLAIM, SAME_FACT, SELF_EVAL
from apps.providers.protocol import PairItem, TextItem, Unanswered, Why, score_scale
from apps.providers.waiting import retry_after

TASKS = (SAME_FACT, CANONICAL_CLAIM, SELF_EVAL)
CLAIM = {"id": "1", "claim": "Tea is hot.", "subject": "tea", "qualifiers": []}
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from("12"),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["id", "items", "verdict", "score", "reason", "claim", "subject", "qualifiers"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


def read(task: Any, *items: Any, ids: tuple[str, ...] = ("1", "2")) -> Any:
    return parse(task, ids, json.dumps({"items": items}))


def only(task: Any, item: Any) -> Any:
    """The answer to item 1, or why there is none."""
    parsed = read(task, item, ids=("1",))
    return parsed.answers.get("1") or parsed.unanswered[0].why


@pytest.mark.parametrize("verdict", ["same", "contains", "different", "contradicts"])
def test_the_four_verdicts_are_read(verdict):
    assert only(SAME_FACT, {"id": "1", "verdict": verdict, "because": "more keys"}).verdict == (
        verdict
    )


@pytest.mark.parametrize("verdict", ["Same", "SAME", "equal", "", None, 1, True, ["same"], {}])
def test_any_other_verdict_is_invalid(verdict):
    assert only(SAME_FACT, {"id": "1", "verdict": verdict}) is Why.INVALID


@pytest.mark.parametrize("score", [0, 1, 0.5, 7, 10, 55.5, 100])
def test_scores_are_read_as_given(score):
    assert only(SELF_EVAL, {"id": "1", "score": score, "reason": "r"}).score == score


@pytest.mark.parametrize("score", [-0.1, 100.1, 10**400, "0.9", "9/10", None, True, [0.9]])
def test_any_other_score_is_invalid(score):
    assert only(SELF_EVAL, {"id": "1", "score": score, "reason": "r"}) is Why.INVALID


@pytest.mark.parametrize("score", ["NaN", "Infinity", "1e999", "-Infinity"])
def test_numbers_that_are_none_make_the_answer_unreadable(score):
    assert parse(SELF_EVAL, ["1"], f'{{"items": [{{"id": "1", "score": {score}}}]}}') is None


@pytest.mark.parametrize("reason", [None, 3, ["r"], {"r": 1}, "nul \x00", "half \ud83d"])
def test_a_reason_that_cannot_be_kept_is_invalid(reason):
    assert only(SELF_EVAL, {"id": "1", "score": 1, "reason": reason}) is Why.INVALID


def test_a_long_reason_is_cut_and_the_score_counts():
    assert len(only(SELF_EVAL, {"id": "1", "score": 1, "reason": "r" * 9_000}).reason) == 500


def test_a_claim_is_read_with_its_white_space_tidied():
    answer = only(CANONICAL_CLAIM, {**CLAIM, "claim": " Tea\n is  hot. ", "qualifiers": ["at 5"]})
    assert (answer.claim, answer.subject, answer.qualifiers) == ("Tea is hot.", "tea", ("at 5",))


@pytest.mark.parametrize(
    "change",
    [
        {"claim": ""},
        {"claim": " \n"},
        {"claim": None},
        {"claim": "x" * 1_001},
        {"claim": "nul \x00"},
        {"subject": 1},
        {"subject": "x" * 201},
        {"qualifiers": None},
        {"qualifiers": "at five"},
        {"qualifiers": [1]},
        {"qualifiers": [""]},
        {"qualifiers": ["q"] * (MAX_QUALIFIERS + 1)},
    ],
)
def test_a_claim_of_another_shape_is_invalid(change):
    assert only(CANONICAL_CLAIM, {**CLAIM, **change}) is Why.INVALID


@pytest.mark.parametrize("key", ["claim", "subject", "qualifiers"])
def test_a_claim_without_a_part_is_invalid(key):
    assert only(CANONICAL_CLAIM, {k: v for k, v in CLAIM.items() if k != key}) is Why.INVALID


def test_missing_and_unknown_items_are_told_apart():
    parsed = read(SAME_FACT, {"id": "9", "verdict": "same"}, "x", None, {"id": 1}, {"id": ["1"]})
    assert parsed.unknown == 5
    assert parsed.unanswered == (Unanswered("1", Why.MISSING), Unanswered("2", Why.MISSING))


def test_an_answer_given_twice_counts_once_and_two_answers_count_as_none():
    same, other = {"id": "1", "verdict": "same"}, {"id": "1", "verdict": "different"}
    assert read(SAME_FACT, same, same).answers["1"].verdict == "same"
    for items in ((same, other), (other, same), (same, {"id": "1", "verdict": "x"})):
        parsed = read(SAME_FACT, *items)
        assert parsed.answers == {}
        assert parsed.unanswered[0] == Unanswered("1", Why.INVALID)


GOOD = '{"items": [{"id": "1", "verdict": "same"}]}'
QUESTION = '{"task": "same_fact", "version": 1, "items": [{"id": "1", "a": "x", "b": "x"}]}'


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"  {GOOD}\n",
        f"```json\n{GOOD}\n```",
        f"Here {{you}} are: {GOOD} Bye {{}}.",
        f"<think>Is it {GOOD} or not?</think>{GOOD}",
        f"{QUESTION}\n{GOOD}",
        f'{{"note": "no items"}} {GOOD}',
    ],
)
def test_the_answer_is_found_among_words(text):
    parsed = parse(SAME_FACT, ["1"], text)
    assert parsed is not None
    assert parsed.answers["1"].verdict == "same"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        '[{"id": "1", "verdict": "same"}]',
        '{"items": {"id": "1"}}',
        '{"answer": {"items": []}}',
        f"{GOOD} {GOOD}",
        GOOD[:-1],
        QUESTION,
        '{"items": [{"id": "1", "verdict": "different", "verdict": "same"}]}',
        "{" * (MAX_STARTS + 5) + GOOD,
        GOOD + " " * MAX_ANSWER + ".",
        f"<think>no end {GOOD}",
        '{"items":' * 50_000,
        "9" * 5_000,
    ],
)
def test_what_leaves_a_doubt_is_no_answer(text):
    assert parse(SAME_FACT, ["1"], text) is None


@given(st.binary(max_size=300), st.sampled_from(TASKS))
def test_no_bytes_raise(raw, task):
    text = raw.decode("utf-8", "surrogateescape")
    parsed = parse(task, ["1", "2"], text)
    assert parsed is None or not parsed.answers


@given(st.lists(JSON, max_size=4), st.text(max_size=20), st.sampled_from(TASKS))
def test_no_json_raises_and_every_id_is_accounted_for_once(items, around, task):
    ids = ["1", "2"]
    parsed = parse(task, ids, around + json.dumps({"items": items}))
    if parsed is not None:
        left = [item.id for item in parsed.unanswered]
        assert sorted([*parsed.answers, *left]) == ids
        assert all(answer.id == name for name, answer in parsed.answers.items())


@given(
    st.permutations(["1", "2", "3"]),
    st.lists(st.sampled_from(["same", "contains", "different", "contradicts"]), min_size=3),
)
def test_the_order_of_an_answer_changes_nothing(order, verdicts):
    said = dict(zip("123", verdicts, strict=False))
    parsed = read(SAME_FACT, *({"id": i, "verdict": said[i]} for i in order), ids=("1", "2", "3"))
    assert [(name, answer.verdict) for name, answer in parsed.answers.items()] == [*said.items()]


@given(st.lists(st.text(max_size=60) | st.just("x" * 7_000), max_size=30))
def test_batches_keep_order_and_bounds(texts):
    items = [PairItem(str(number), text, text) for number, text in enumerate(texts)]
    batches = split(SAME_FACT, items).batches
    assert [item for batch in batches for item in batch] == items
    assert all(0 < len(batch) <= SAME_FACT.batch for batch in batches)
    for batch in batches:
        size = sum(len(item.a) + len(item.b) for item in batch)
        assert len(batch) == 1 or size <= MAX_CHARACTERS


def test_a_long_item_goes_alone_and_an_endless_one_not_at_all():
    long, endless = "x" * (MAX_CHARACTERS + 1), "x" * MAX_ITEM_CHARACTERS
    items = [TextItem("1", "a"), TextItem("2", long), TextItem("3", endless), TextItem("4", "b")]
    parts = split(SELF_EVAL, items)
    assert [[item.id for item in batch] for batch in parts.batches] == [["1"], ["2"], ["4"]]
    assert [item.id for item in parts.too_long] == ["3"]


@given(st.text())
def test_any_text_reaches_the_question_as_a_value(text):
    sent = messages(SELF_EVAL, [TextItem("1", text)])[1]["content"]
    assert json.loads(sent)["items"] == [{"id": "1", "text": text}]


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("a", 1), ("abcd", 1), ("abcde", 2), ("회의 x", 3)]
)
def test_tokens_are_estimated_by_the_kind_of_letter(text, tokens):
    assert estimated_tokens(text) == tokens


@pytest.mark.parametrize(
    ("scores", "scale"),
    [([], None), ([0.0], 1), ([0.2, 1.0], 1), ([1.1], 10), ([0.5, 10], 10), ([10.5, 3], 100)],
)
def test_the_scale_is_the_smallest_that_holds_all_scores(scores, scale):
    assert score_scale(scores) == scale


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("0", 0.0),
        ("2.5", 2.5),
        (" 7 ", 7.0),
        ("-3", 0.0),
        ("Fri, 02 Jan 2026 03:04:15 GMT", 10.0),
        ("Fri, 02 Jan 2026 03:04:15 -0000", 10.0),
        ("Fri, 02 Jan 2026 03:00:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("Fri, 99 Jan 2026 03:00:00 GMT", None),
    ],
)
def test_the_wait_a_service_asks_for(said, seconds):
    assert retry_after({"retry-after": said}, now=NOW) == seconds


@given(st.text(max_size=40))
def test_no_header_raises(said):
    seconds = retry_after({"retry-after": said}, now=NOW)
    assert seconds is None or seconds >= 0
