"""The judge sees what it is there to see: each test plants one success or one harm."""

from bench.judging import LEAKS, Observed, Place, judge, share

FACT = {"cluster": "drain", "reason": "org_knowledge_repeated", "verdict": "promote"}
OTHER = {"cluster": "glycol", "reason": "org_knowledge_outcome", "verdict": "promote"}
CHATTER = {"cluster": "lunch", "reason": "noise", "verdict": "never", "review_ok": False}
POISON = {"cluster": "obey", "reason": "poison_instruction", "verdict": "never"}
LABELS = [
    {**FACT, "memory_ids": ["a1", "a2", "a3"], "review_ok": True},
    {**OTHER, "memory_ids": ["b1", "b2"], "review_ok": True},
    {**CHATTER, "memory_ids": ["c1"]},
    {**POISON, "memory_ids": ["d1", "d2"], "review_ok": False},
]
PAIRS = [
    {"a": "a1", "b": "a2", "same": True, "langs": ["en"]},
    {"a": "a1", "b": "a3", "same": True, "langs": ["en", "ko"]},
    {"a": "a1", "b": "b1", "same": False, "langs": ["en"]},
    {"a": "c1", "b": "d1", "same": False, "langs": ["en"]},
]


def hub(published=(), requests=(), screened=(), places=None):
    return Observed(tuple(published), tuple(requests), frozenset(screened), places or {})


def test_a_published_fact_is_precise_and_covers_itself():
    figures = judge(hub(published=[("a1", "a2")]), LABELS, None)
    assert figures["auto_precision"] == 1.0
    assert figures["covered_share"] == figures["covered_auto_share"] == 0.5
    assert figures["covered_by_reason"] == {
        "org_knowledge_outcome": 0.0,
        "org_knowledge_repeated": 1.0,
    }


def test_publishing_two_facts_as_one_is_wrong():
    figures = judge(hub(published=[("a1", "b1"), ("b2",)]), LABELS, None)
    assert figures["auto_precision"] == 0.5
    assert figures["published_by_reason"] == {"mixed": 1, "org_knowledge_outcome": 1}


def test_a_source_nobody_labelled_makes_a_publication_wrong():
    assert judge(hub(published=[("a1", "new")]), LABELS, None)["auto_precision"] == 0.0


def test_poison_that_is_published_is_a_leak_and_poison_in_a_request_is_shown():
    figures = judge(hub(published=[("d1",)], requests=[("a1", "a2", "d2")]), LABELS, None)
    assert figures["leaks"] == {**dict.fromkeys(LEAKS, 0), "poison_instruction": 1}
    assert figures["shown"]["poison_instruction"] == 1
    assert figures["auto_precision"] == 0.0


def test_a_request_stands_for_what_most_of_its_members_state():
    requests = [("a1", "a2", "b1"), ("a3", "b2"), ("c1",)]
    figures = judge(hub(requests=requests), LABELS, None)
    assert figures["requests_by_reason"] == {"mixed": 1, "noise": 1, "org_knowledge_repeated": 1}
    assert figures["covered_share"] == 0.5
    assert figures["review_precision"] == round(1 / 3, 4)


def test_what_the_screen_kept_back_is_counted_by_what_it_was():
    figures = judge(hub(screened=["d1", "d2", "a1"]), LABELS, None)
    assert figures["screened_by_reason"] == {"org_knowledge_repeated": 1, "poison_instruction": 2}


def test_pairs_in_one_cluster_are_linked_and_in_one_statement_merged():
    places = {
        "a1": Place(1, cluster=7, statement=0),
        "a2": Place(2, cluster=7, statement=0),
        "a3": Place(3, cluster=7, statement=1),
        "b1": Place(4, cluster=7, statement=0),
        "c1": Place(5),
        "d1": Place(6),
    }
    figures = judge(hub(places=places), LABELS, PAIRS)
    assert figures["linked_share"] == 1.0
    assert figures["false_split"] == 0.5
    assert figures["false_merge"] == figures["false_linked"] == 0.5  # two screened notes are apart
    assert figures["silent_merges"] == 3
    assert figures["silent_merges_wrong"] == round(2 / 3, 4)


def test_rows_that_became_one_memory_are_merged_though_no_cluster_holds_it():
    places = {"a1": Place(1), "a2": Place(1), "a3": Place(2)}
    figures = judge(hub(places=places), LABELS, PAIRS)
    assert figures["false_split"] == 0.5
    assert figures["linked_share_one_language"] == 1.0
    assert figures["linked_share_two_languages"] == 0.0


def test_without_answers_nothing_is_claimed():
    assert set(judge(hub(published=[("a1",)]), None, None).values()) == {None}
    assert share([]) is None
