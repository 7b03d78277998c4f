"""Which language model the settings choose, and what they are told when they cannot."""

import pytest
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from apps.providers.checks import check_language_settings
from apps.providers.language import LanguageSettings, NullLanguageModel, get_language_model
from apps.providers.litellm_language import LiteLLMLanguageModel
from apps.providers.prompts import SAME_FACT
from apps.providers.protocol import PairItem, Spent, Why


@pytest.fixture
def remote(settings):
    settings.LLM_MODEL = "openai/a-model"
    settings.LLM_BASE_URL = "http://localhost:1/v1"
    settings.LLM_API_KEY = "sk-private"
    settings.LLM_TIMEOUT_SECONDS = 5.0
    return settings


def test_no_model_is_asked_for_by_default():
    assert get_language_model() is None
    assert check_language_settings() == []


def test_the_settings_choose_a_model_once(remote):
    model = get_language_model()
    assert isinstance(model, LiteLLMLanguageModel)
    assert model.model == "openai/a-model"
    assert get_language_model() is model
    remote.LLM_API_KEY = "another"
    assert get_language_model() is not model


def test_the_null_model_answers_nothing_at_no_cost(settings):
    settings.LLM_MODEL = "null"
    model = get_language_model()
    assert isinstance(model, NullLanguageModel)
    done = model.complete(SAME_FACT, [PairItem("1", "a", "b"), PairItem("2", "a", "b")])
    assert (done.answers, done.because(Why.NOT_ASKED), done.spent) == ((), ("1", "2"), Spent())
    assert check_language_settings() == []


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("LLM_MODEL", "a-model", "LLM_MODEL is 'a-model'"),
        ("LLM_MODEL", "openai/", "LLM_MODEL is 'openai/'"),
        ("LLM_BASE_URL", "localhost:8080", "LLM_BASE_URL is not an address"),
        ("LLM_BASE_URL", "http://", "LLM_BASE_URL is not an address"),
        ("LLM_BASE_URL", "http://host:port/v1", "LLM_BASE_URL is not an address"),
        ("LLM_TIMEOUT_SECONDS", 0.0, "LLM_TIMEOUT_SECONDS must be"),
        ("LLM_TIMEOUT_SECONDS", float("nan"), "LLM_TIMEOUT_SECONDS must be"),
    ],
)
def test_a_senseless_setting_is_refused_and_reported(remote, name, value, complaint):
    assert check_language_settings() == []
    setattr(remote, name, value)
    with pytest.raises(ImproperlyConfigured, match=complaint):
        get_language_model()
    [report] = check_language_settings()
    assert (report.id, report.is_serious()) == ("providers.E002", True)
    assert complaint in report.msg


def test_an_address_is_not_quoted_for_it_may_hold_a_password(remote):
    remote.LLM_BASE_URL = "ftp://ann:hunter2@host/v1"
    [report] = check_language_settings()
    assert "hunter2" not in report.msg


@pytest.mark.parametrize(
    ("model", "address", "key", "variable", "warned"),
    [
        ("openai/a", "", "", "", True),
        ("anthropic/a", "", "", "OPENAI_API_KEY", True),
        ("openai/a", "", "", "OPENAI_API_KEY", False),
        ("openai/a", "", "sk-1", "", False),
        ("openai/a", "http://localhost:1/v1", "", "", False),
        ("ollama_chat/a", "", "", "", False),
    ],
)
def test_a_model_without_key_or_address_is_warned_about(
    settings, monkeypatch, model, address, key, variable, warned
):
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    if variable:
        monkeypatch.setenv(variable, "sk-2")
    settings.LLM_MODEL, settings.LLM_BASE_URL, settings.LLM_API_KEY = model, address, key
    assert [report.id for report in check_language_settings()] == ["providers.W001"] * warned


def test_starting_django_runs_the_check(remote):
    remote.LLM_MODEL = "nonsense"
    assert "providers.E002" in [report.id for report in checks.run_checks()]


def test_the_key_is_not_part_of_what_a_log_would_show(remote):
    assert LanguageSettings.current().api_key == "sk-private"
    assert "sk-private" not in repr(LanguageSettings.current())
