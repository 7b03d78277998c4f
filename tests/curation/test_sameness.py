import pytest

from apps.curation.core.sameness import said_again, spoken
from tests.curation.test_known import FACT, reading

EN = frozenset({"en"})


@pytest.mark.parametrize(
    ("language", "text", "languages", "read"),
    [
        ("en", "A note", EN, True),
        ("ko", "메모", EN, False),
        ("", "OK 42", EN, True),
        ("", "확인 42", EN, False),
        ("ko", "메모", frozenset({"*"}), True),
        ("ko", "메모", frozenset(), True),
    ],
)
def test_a_model_reads_what_it_declares(language, text, languages, read):
    assert spoken(language, text, languages) is read


@pytest.mark.parametrize(
    ("other", "near", "same"),
    [
        (FACT.upper(), False, True),
        (FACT.replace("delivers", "brings"), True, True),
        (FACT.replace("delivers", "brings"), False, False),
        (FACT.replace("before", "after"), True, False),
        (FACT.replace("Tarn", "Albi"), True, False),
    ],
)
def test_near_is_said_again_unless_a_rule_keeps_them_apart(other, near, same):
    assert said_again(reading(FACT), reading(other), near=near) is same
