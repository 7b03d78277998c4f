"""Every marked word has a certain translation in every language, and what runs is what is written.

A failure is mended by `make messages`, which adds what is missing to every
`django.po`, and by translating there; then run it again, which compiles `django.mo`.
"""

import pytest
from babel.messages.catalog import Catalog
from django.conf import settings
from django.utils import translation
from django.utils.translation import to_locale

from tests import catalogues

HOW = "run `make messages`, translate in memoryhub/locale, run it again"
LANGUAGES = list(catalogues.LANGUAGES)


@pytest.fixture(scope="module")
def wanted() -> Catalog:
    return catalogues.marked()


def test_what_is_marked_is_found(wanted):
    assert len(wanted) > 200
    assert "Kill switches" in wanted
    assert "Verify now" in wanted


def test_the_languages_offered_are_those_with_a_catalogue():
    offered = {to_locale(code) for code, _name in settings.LANGUAGES} - {"en"}
    assert offered == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_missing_fuzzy_or_left_over(language, wanted):
    assert catalogues.lacking(language, wanted) == [], HOW
    assert catalogues.unused(language, wanted) == [], HOW


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_is_written(language):
    kept = catalogues.file_of(language).with_suffix(".mo").read_bytes()
    assert kept == catalogues.compiled(language), HOW


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("ja", "緊急停止スイッチ"), ("zh-hans", "紧急开关"), ("ko", "비상 스위치"),
        ("es", "Interruptores de emergencia"), ("fr", "Arrêts d’urgence"), ("de", "Notschalter"),
        ("pt-br", "Chaves de emergência"),
    ],
)  # fmt: skip
def test_the_hub_speaks_it(code, said):
    with translation.override(code):
        assert translation.gettext("Kill switches") == said
