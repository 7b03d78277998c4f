"""Language detection by script and function words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.memories.core.language import FUNCTION_WORDS, detect, fold


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The pump was moved to the other hall", "en"),
        ("Die Rechnung wurde noch nicht bezahlt", "de"),
        ("La factura no está pagada todavía", "es"),
        ("La facture n'est pas encore payée", "fr"),
        ("La fattura non è ancora stata pagata", "it"),
        ("A fatura ainda não foi paga pelo cliente", "pt"),
        ("De factuur is nog niet betaald", "nl"),
        ("Счёт ещё не оплачен", "ru"),
        ("Рахунок ще не сплачено, її надішлють", "uk"),
        ("請求書はまだ支払われていません", "ja"),
        ("发票还没有付款", "zh"),
        ("송장이 아직 지불되지 않았습니다", "ko"),
        ("Το τιμολόγιο δεν πληρώθηκε", "el"),
        ("الفاتورة لم تدفع بعد", "ar"),
        ("این صورتحساب پرداخت نشده است", "fa"),
        ("החשבונית לא שולמה", "he"),
        ("चालान का भुगतान नहीं हुआ", "hi"),
        ("ยังไม่ได้ชำระใบแจ้งหนี้", "th"),
    ],
)
def test_a_sentence_shows_its_language(text, language):
    assert detect(text) == language


@pytest.mark.parametrize(
    "text", ["", "   ", "E-204", "42", "🙂🙂", "Rechnung", "38 l", "Kubernetes"]
)
def test_too_little_evidence_is_no_language(text):
    assert detect(text) == ""


def test_words_two_languages_share_decide_nothing():
    assert "die" in FUNCTION_WORDS["de"]
    assert "die" in FUNCTION_WORDS["nl"]
    assert detect("die Hard") == ""


def test_a_quoted_word_of_kana_does_not_make_chinese_japanese():
    assert (
        detect("日本人把这种点心叫做もち，在新年的时候一家人都会一起吃很多，味道也非常好") == "zh"
    )


def test_product_names_in_latin_do_not_hide_chinese():
    assert detect("Kubernetes 集群升级到新版本以后才能部署") == "zh"


def test_a_letter_of_its_own_supports_a_language():
    assert detect("Straße") == "de"


@pytest.mark.parametrize(
    ("word", "plain"),
    [("naïve", "naive"), ("Über", "Uber"), ("smørrebrød", "smorrebrod"), ("й", "й"), ("が", "が")],
)
def test_folding_takes_accents_only_off_latin_and_greek(word, plain):
    assert fold(word) == plain


def test_function_words_are_already_folded():
    words = [word for words in FUNCTION_WORDS.values() for word in words if word.isascii()]
    assert all(fold(word) == word == word.casefold() for word in words)
    latin = {code: words for code, words in FUNCTION_WORDS.items() if code != "ru"}
    assert all(word.isascii() for words in latin.values() for word in words)


@given(st.text())
def test_any_text_has_a_short_code_and_always_the_same(text):
    assert detect(text) == detect(text)
    assert detect(text) == "" or (len(detect(text)) == 2 and detect(text).isalpha())
