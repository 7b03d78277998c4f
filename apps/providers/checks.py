"""System check: a hub that could not embed says so at start, not at the first write."""

from typing import Any

from django.core.checks import CheckMessage, Error

from apps.providers.embedders import EmbeddingSettings


def check_embedding_settings(**_kwargs: Any) -> list[CheckMessage]:
    """Report embedding settings that contradict each other. Loads no model, opens no connection."""
    problem = EmbeddingSettings.current().problem()
    return [Error(problem, id="providers.E001")] if problem else []
