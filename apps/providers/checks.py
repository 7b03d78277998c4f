"""System checks: a hub whose models could not work says so at start, not at their first use."""

import os
from typing import Any

from django.core.checks import CheckMessage, Error, Warning  # noqa: A004  Django's name for it

from apps.providers.embedders import EmbeddingSettings
from apps.providers.language import LanguageSettings
from apps.providers.rerank import RerankSettings


def check_embedding_settings(**_kwargs: Any) -> list[CheckMessage]:
    """Report embedding settings that contradict each other. Loads no model, opens no connection."""
    problem = EmbeddingSettings.current().problem()
    return [Error(problem, id="providers.E001")] if problem else []


def check_language_settings(**_kwargs: Any) -> list[CheckMessage]:
    """Report a language model that lacks what it needs. Loads no model, opens no connection."""
    config = LanguageSettings.current()
    if problem := config.problem():
        return [Error(problem, id="providers.E002")]
    missing = config.missing_key(os.environ)
    # Only a warning: some providers take their key from elsewhere
    return [Warning(missing, id="providers.W001")] if missing else []


def check_rerank_settings(**_kwargs: Any) -> list[CheckMessage]:
    """Report a rerank model that lacks what it needs. Opens no connection."""
    problem = RerankSettings.current().problem()
    return [Error(problem, id="providers.E003")] if problem else []
