"""Search terms, BM25 vectors and the texts Postgres reads them from."""

import math
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from apps.memories.core import analysis
from apps.memories.core.analysis import (
    DIMENSIONS,
    MAX_TERM_CHARACTERS,
    MAX_TERMS,
    analyse,
    document_vector,
    query_vector,
    question_terms,
    stem,
    term_dimension,
    tsquery_text,
    tsvector_text,
)

HOSTILE = (
    "it's",
    "back\\slash",
    "quote' | 'b",
    "') ; DROP TABLE memories; --",
    "a & !b <-> c:*",
    "'",
    "\\",
    "\\'",
    "tab\tnew\nline",
    "nul\x00byte",
    "字" * 3_000,
)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Running runs", ("run", "run")),
        ("The pump is running", ("pump", "run")),
        ("Die Häuser gehören der Straßenbaufirma", ("haus", "gehor", "strassenbaufirma")),
        ("Счета не оплачены", ("счет", "оплач")),
        ("naïve CAFÉ", ("naiv", "cafe")),
        ("ﬁne Ｗｉｄｅ", ("fine", "wide")),
        ("to be or not to be", ("to", "be", "or", "not", "to", "be")),
        ("東京タワー", ("東京", "京タ", "タワ", "ワー")),
        ("猫", ("猫",)),
        ("2011年の夏", ("2011", "年の", "の夏")),
        ("호스트 분", ("호스", "스트", "분")),
        ("soft\u00adhyphen zero\u200bwidth", ("softhyphen", "zerowidth")),
        ("", ()),
        ("🙂 … !?", ()),
    ],
)
def test_text_becomes_terms(text, terms):
    assert analyse(text) == terms


@pytest.mark.parametrize(
    ("code", "spellings"),
    [
        ("E-204", ("E-204", "e204", "E204", "E_204")),
        ("ORD-1182", ("ord-1182", "ORD1182", "1182")),
        ("PN#4471-B", ("pn4471b", "PN-4471-B", "4471")),
        ("v2.3.1", ("2.3.1", "V2.3.1", "2.3")),
        ("1,000", ("1000",)),
        ("3,5", ("3.5",)),
        ("C++", ("c++",)),
        ("C#", ("c#",)),
        ("U.S.", ("US", "U.S")),
        ("e-mail", ("email",)),
        ("getUserName", ("getusername", "user name")),
        ("bob@mail.example.com", ("mail.example.com", "example.com", "bob")),
        ("https://docs.example.com/guide?x=1", ("docs.example.com", "example.com", "guide")),
        ("O'Brien", ("brien",)),
        ("L'entreprise", ("entreprise",)),
    ],
)
def test_a_code_is_found_under_its_usual_spellings(code, spellings):
    indexed = set(analyse(code))
    for spelling in spellings:
        assert set(analyse(spelling)) & indexed, spelling


def test_different_codes_share_no_whole():
    assert not set(analyse("E-204")) & set(analyse("E-205"))
    assert not set(analyse("v2.31")) & set(analyse("v2.3.1"))


def test_the_given_language_wins_over_the_detected_one():
    assert analyse("Rechnungen", "de") == ("rechnung",)
    assert analyse("Rechnungen", "de-AT") == ("rechnung",)
    assert analyse("Rechnungen") == ("rechnungen",)


def test_a_short_question_asks_in_every_language_of_the_space():
    assert question_terms("Rechnungen", ("de",)) == ("rechnungen", "rechnung")
    assert question_terms("Where are the invoices?", ("de",)) == ("invoic",)


def test_each_script_of_a_mixed_text_has_its_own_stemmer():
    assert stem("оплачены", "en") == stem("оплачены", "ru") == "оплач"
    assert stem("running", "ja") == stem("running", "en") == "run"
    assert stem("wort", "xx") == "wort"


def test_threads_do_not_disturb_each_others_words():
    words = [f"organisation{suffix}al" for suffix in "abcdefghijklmnopqrstuvwxyz"] * 20
    alone = [stem.__wrapped__(word, "en") for word in words]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda word: stem.__wrapped__(word, "en"), words))
    assert together == alone


@given(st.text())
def test_terms_of_any_text_are_short_and_stable(text):
    terms = analyse(text)
    assert terms == analyse(text)
    assert all(1 <= len(term) <= MAX_TERM_CHARACTERS for term in terms)
    assert not any(character.isspace() for term in terms for character in term)


@pytest.mark.parametrize(
    "text",
    ["1." * 20_000, "a-" * 20_000, "x" * 40_000, "aB" * 20_000, "a@" * 20_000, "7,000" * 9_000],
)
def test_a_made_up_giant_stays_small(text):
    assert sum(map(len, analyse(text))) <= 2 * len(text)


def test_dimensions_are_stable_and_inside_a_sparsevec():
    assert term_dimension("pump") == 863_155_773
    assert all(1 <= term_dimension(f"term{n}") <= DIMENSIONS for n in range(1_000))


def test_a_document_weighs_terms_by_bm25():
    vector = document_vector(("pump", "pump", "seal"))
    length = analysis.K1 * (1 - analysis.B + analysis.B * 3 / analysis.REFERENCE_LENGTH)
    assert vector == {
        term_dimension("pump"): pytest.approx(2 * (analysis.K1 + 1) / (2 + length)),
        term_dimension("seal"): pytest.approx((analysis.K1 + 1) / (1 + length)),
    }
    assert document_vector(()) == {}


def test_a_document_never_holds_more_terms_than_a_sparsevec():
    assert len(document_vector([f"term{n}" for n in range(MAX_TERMS + 500)])) <= MAX_TERMS


def test_a_question_weighs_rare_terms_more():
    vector = query_vector(("pump", "seal", "unknown", "pump"), {"pump": 90, "seal": 2}, 100)
    assert vector.keys() == {term_dimension("pump"), term_dimension("seal")}
    assert vector[term_dimension("seal")] == pytest.approx(math.log(1 + 98.5 / 2.5))
    assert vector[term_dimension("seal")] > vector[term_dimension("pump")] > 0


def test_late_statistics_never_make_a_weight_negative():
    assert all(weight > 0 for weight in query_vector(("pump",), {"pump": 12}, 5).values())


@given(st.lists(st.text(min_size=1, max_size=3), max_size=20), st.text(min_size=1, max_size=3))
def test_saying_a_term_once_more_never_lowers_its_weight(terms, term):
    before = document_vector([*terms, term])[term_dimension(term)]
    after = document_vector([*terms, term, term])[term_dimension(term)]
    assert after > before


@given(st.integers(1, 1_000), st.integers(1, 1_000))
def test_a_rarer_term_weighs_more(few, more):
    weights = [
        query_vector(("a",), {"a": held}, 1_000)[term_dimension("a")]
        for held in sorted((few, few + more))
    ]
    assert weights[0] >= weights[1]


def test_terms_are_quoted_for_postgres():
    assert tsvector_text(("it's", "a\\b", "it's")) == r"'it''s' 'a\\b'"
    assert tsquery_text(("it's", "pump")) == "'it''s' | 'pump'"
    assert tsvector_text(()) == tsquery_text(()) == tsvector_text(("", "\x00", "\ud800")) == ""


@pytest.mark.django_db
@pytest.mark.parametrize("term", HOSTILE)
def test_postgres_reads_a_hostile_term_as_one_lexeme(term):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT length(%s::tsvector), numnode(%s::tsquery), %s::tsvector @@ %s::tsquery",
            [tsvector_text((term,)), tsquery_text((term,)), tsvector_text((term,)),
             tsquery_text((term, "other"))],
        )  # fmt: skip
        assert cursor.fetchone() == (1, 1, True)


@pytest.mark.django_db
def test_the_score_in_postgres_is_the_inner_product():
    document = document_vector(analyse("The pump E-204 leaks at the seal"))
    question = query_vector(analyse("leaking seal"), {"leak": 3, "seal": 7}, 100)
    with connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS vector")
        cursor.execute(
            "SELECT -(%s::sparsevec <#> %s::sparsevec)",
            [analysis.sparse_text(document), analysis.sparse_text(question)],
        )
        expected = sum(weight * document[dimension] for dimension, weight in question.items())
        assert cursor.fetchone()[0] == pytest.approx(expected, rel=1e-5)
        assert expected > 0
