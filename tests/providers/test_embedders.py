import sys
from pathlib import Path

import numpy as np
import pytest
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from apps.providers.checks import check_embedding_settings
from apps.providers.embedders import (
    EmbeddingSettings,
    clear_embedders,
    expect,
    get_embedder,
)
from apps.providers.litellm_library import load_soon
from apps.providers.null import NullEmbedder
from apps.providers.vectors import unit_rows


@pytest.fixture
def null(settings):
    settings.EMBEDDING_MODEL = "null"


@pytest.fixture
def local(settings, tmp_path: Path):
    settings.EMBEDDING_MODEL = "local:all-MiniLM-L6-v2"
    settings.EMBEDDING_COMPUTE = "int8"
    settings.EMBEDDING_LANGUAGES = []
    settings.VAR_DIR = tmp_path


@pytest.fixture
def remote(settings):
    settings.EMBEDDING_MODEL = "openai/text-embedding-3-small"
    settings.EMBEDDING_DIMENSIONS = 512
    settings.EMBEDDING_LANGUAGES = ["en", "de"]


def test_the_same_settings_give_the_same_embedder(null):
    assert get_embedder() is get_embedder()


def test_clearing_builds_anew(null):
    before = get_embedder()
    clear_embedders()
    assert get_embedder() is not before


def test_changed_settings_give_another_embedder(local, settings):
    before = get_embedder()
    settings.EMBEDDING_COMPUTE = "float32"
    after = get_embedder()
    assert (before.model, after.model) == ("all-MiniLM-L6-v2/int8", "all-MiniLM-L6-v2/float32")


def test_building_the_local_embedder_touches_no_files(local, tmp_path: Path):
    embedder = get_embedder()
    assert list(tmp_path.iterdir()) == []
    assert (embedder.dimensions, embedder.in_process) == (384, True)
    assert embedder.languages == {"en"}


def test_the_local_model_lives_under_the_var_directory(local, tmp_path: Path):
    assert get_embedder().embed(["one note"]).shape == (1, 384)
    assert (tmp_path / "models" / "all-MiniLM-L6-v2-int8" / "model.bin").exists()


def test_languages_may_be_declared(local, settings):
    settings.EMBEDDING_LANGUAGES = ["en", "nl"]
    assert get_embedder().languages == {"en", "nl"}


def test_any_other_name_is_a_remote_model(remote):
    embedder = get_embedder()
    assert embedder.model == "openai/text-embedding-3-small/512"
    assert (embedder.dimensions, embedder.in_process) == (512, False)
    assert embedder.languages == {"en", "de"}


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("EMBEDDING_COMPUTE", "int4", "EMBEDDING_COMPUTE is 'int4'"),
        ("EMBEDDING_MODEL", "", "EMBEDDING_MODEL is ''"),
        ("EMBEDDING_MODEL", "local:unheard-of", "EMBEDDING_MODEL is 'local:unheard-of'"),
    ],
)
def test_a_senseless_setting_is_refused_and_reported(local, settings, name, value, complaint):
    assert check_embedding_settings() == []
    setattr(settings, name, value)
    with pytest.raises(ImproperlyConfigured, match=complaint):
        get_embedder()
    [report] = check_embedding_settings()
    assert report.id == "providers.E001"
    assert complaint in report.msg


def test_starting_django_runs_the_check(local, settings):
    settings.EMBEDDING_COMPUTE = "int4"
    assert "providers.E001" in [report.id for report in checks.run_checks()]


@pytest.mark.parametrize("dimensions", [None, 0, -1])
def test_a_remote_model_must_declare_its_dimensions(remote, settings, dimensions):
    assert check_embedding_settings() == []
    settings.EMBEDDING_DIMENSIONS = dimensions
    with pytest.raises(ImproperlyConfigured, match="EMBEDDING_DIMENSIONS must say"):
        get_embedder()


def test_the_key_is_not_part_of_what_a_log_would_show(remote, settings):
    settings.EMBEDDING_API_KEY = "sk-very-private"
    assert EmbeddingSettings.current().api_key == "sk-very-private"
    assert "private" not in repr(EmbeddingSettings.current())


def test_null_vectors_are_the_same_on_every_machine():
    [vector] = NullEmbedder().embed(["the lift is broken"])
    assert vector[:3].tolist() == pytest.approx([-0.0482263, -0.0144565, -0.0032759], abs=1e-6)


def test_null_vectors_of_texts_sharing_words_are_near():
    a, b, c = NullEmbedder().embed(
        ["the lift is broken again", "The lift is broken", "lunch on friday"]
    )
    assert a @ b > 0.7
    assert abs(a @ c) < 0.3


def test_null_vectors_tell_word_order_apart():
    a, b = NullEmbedder().embed(["Ann trusts Bo", "Bo trusts Ann"])
    assert 0.9 < a @ b < 1 - 1e-4


def test_null_embeds_nothing_as_no_rows():
    assert NullEmbedder().embed([]).shape == (0, 384)


@given(st.lists(st.text(max_size=40), min_size=1, max_size=5))
def test_null_rows_are_unit_float32_whatever_the_text(texts):
    rows = NullEmbedder().embed(texts)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-6)
    assert np.array_equal(rows, NullEmbedder().embed(texts))


def test_unit_rows_keep_the_direction_of_very_large_vectors():
    assert unit_rows(np.array([[3e38, 4e38]], dtype=np.float64)).tolist() == [
        pytest.approx([0.6, 0.8])
    ]
    assert unit_rows(np.array([[3e30, 4e30]], dtype=np.float32)).tolist() == [
        pytest.approx([0.6, 0.8])
    ]


@pytest.mark.parametrize("row", [[0.0, 0.0], [float("nan"), 1.0], [float("inf"), 1.0]])
def test_a_vector_without_direction_is_an_error(row):
    with pytest.raises(ValueError, match="no direction"):
        unit_rows(np.array([[1.0, 0.0], row]))


def test_what_runs_here_needs_no_getting_ready(settings):
    settings.EMBEDDING_MODEL = "null"
    expect(get_embedder())
    assert load_soon.cache_info().currsize == 0


@pytest.mark.slow  # imports the client of remote models
def test_a_remote_models_library_loads_beside_the_work(settings):
    settings.EMBEDDING_MODEL = "openai/text-embedding-3-small"
    settings.EMBEDDING_DIMENSIONS = 8
    expect(get_embedder())
    thread = load_soon()
    thread.join(120)
    assert not thread.is_alive()
    assert "litellm" in sys.modules
    load_soon.cache_clear()
