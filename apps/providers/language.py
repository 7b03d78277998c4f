"""Which language model judges for us, if any: one choice, made by the settings."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Protocol
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from apps.providers.ledger import Ledger
from apps.providers.protocol import AnswerT, Completion, ItemT, Task

NULL_MODEL = "null"
# In the longest time one `complete` may take; then it returns what it has
REQUESTS_IN_A_TIME_BOX = 10
# No address: LiteLLM asks some services' models where their name says, if it looks like one
_NAME = re.compile(r"[\w@][\w.:@+-]*(?:/[\w@][\w.:@+-]*)+", re.ASCII)
# These know who they are talking to without a key of ours: on this machine, or by the cloud's login
KEYLESS = frozenset({"bedrock", "ollama", "ollama_chat", "sagemaker", "vertex_ai"})


class LanguageModel(Protocol):
    """Answers typed tasks. One per process; safe to share between threads."""

    @property
    def model(self) -> str:
        """Id to store beside every answer. Scores of different ids must never be compared."""

    def complete(self, task: Task[ItemT, AnswerT], items: Sequence[ItemT]) -> Completion[AnswerT]:
        """Ask `task` about `items`, in as many requests as their size needs.

        Blocks for the network: never call it inside a transaction. Part of the items may stay
        without answer, each with a reason; what the texts or the model say never raises.

        Args:
            task: one of `apps.providers.prompts`.
            items: texts of any content. Ids must differ and should not be guessable by whoever
                writes the texts; at most a few hundred items, or the time box may end before them.

        Raises:
            ModelUnavailable: the model was given up before it answered a single item.
            ValueError: two items have the same id.
        """


class NullLanguageModel:
    """Answers nothing, at no cost: every item comes back as not asked."""

    model = "null"

    def complete(self, task: Task[ItemT, AnswerT], items: Sequence[ItemT]) -> Completion[AnswerT]:
        """No answers, no requests.

        Raises:
            ValueError: two items have the same id.
        """
        return Ledger(task, self.model, [item.id for item in items]).completion()


@dataclass(frozen=True)
class LanguageSettings:
    """The part of the Django settings that decides the language model."""

    model: str
    timeout: float
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)

    @classmethod
    def current(cls) -> "LanguageSettings":
        """Read them now, so that a test may override one."""
        return cls(
            model=settings.LLM_MODEL,
            timeout=settings.LLM_TIMEOUT_SECONDS,
            base_url=settings.LLM_BASE_URL or None,
            api_key=settings.LLM_API_KEY or None,
        )

    def problem(self) -> str:
        """Why no language model can be built from these settings; empty if one can."""
        if self.model in ("", NULL_MODEL):
            return ""
        provider, slash, name = self.model.partition("/")
        if not (provider and slash and name):
            return (
                f"LLM_MODEL is {self.model!r}: use provider and model as LiteLLM names them, "
                "such as 'openai/gpt-4o-mini' (any OpenAI-compatible server with LLM_BASE_URL)."
            )
        if self.base_url is not None and not is_address(self.base_url):
            # Not quoted: an address may carry a password
            return "LLM_BASE_URL is not an address: use http://host:port/v1 or https://host/v1."
        if not 0 < self.timeout <= 3600:
            return "LLM_TIMEOUT_SECONDS must be above 0 and at most 3600."
        return ""

    def missing_key(self, environment: Mapping[str, str]) -> str:
        """What the provider will probably miss: a key or an address; empty if nothing."""
        provider = self.model.partition("/")[0]
        usual = f"{provider.upper()}_API_KEY"
        if (
            self.model in ("", NULL_MODEL)
            or self.base_url
            or self.api_key
            or provider in KEYLESS
            or environment.get(usual)
        ):
            return ""
        return (
            f"LLM_MODEL is {self.model!r}, but there is neither LLM_API_KEY nor {usual}, "
            "nor an LLM_BASE_URL of a server that needs none."
        )


def get_language_model(model: str = "") -> LanguageModel | None:
    """The language model the settings ask for, built once per process; None if they name none.

    Opens no connection and imports nothing heavy: the first `complete` does.

    Args:
        model: another model of the same service, as LiteLLM names it; nothing is asked of a hub
            whose settings name none.

    Raises:
        ImproperlyConfigured: the settings contradict themselves.
    """
    config = LanguageSettings.current()
    return _build(replace(config, model=model) if model and config.model else config)


def get_chosen_model(model: str) -> LanguageModel | None:
    """A model that somebody else than the operator chose, as a policy does; None unless the hub's
    own service has it.

    Raises:
        ImproperlyConfigured: the settings contradict themselves.
    """
    return get_language_model(model) if is_of_the_service(model) else None


def is_of_the_service(model: str) -> bool:
    """Whether a model is asked at the service of `LLM_MODEL`, and nowhere else.

    LiteLLM reads from a name whom to ask, and would tell the hub's key and texts to any service
    there is.
    """
    provider = LanguageSettings.current().model.partition("/")[0]
    return model.partition("/")[0] == provider and bool(_NAME.fullmatch(model))


@lru_cache(maxsize=8)
def _build(config: LanguageSettings) -> LanguageModel | None:
    if problem := config.problem():
        raise ImproperlyConfigured(problem)
    if not config.model:
        return None
    if config.model == NULL_MODEL:
        return NullLanguageModel()
    from apps.providers.litellm_language import LiteLLMLanguageModel  # noqa: PLC0415  if asked for

    return LiteLLMLanguageModel(
        config.model,
        api_base=config.base_url,
        api_key=config.api_key,
        timeout=config.timeout,
        time_box=config.timeout * REQUESTS_IN_A_TIME_BOX,
    )


def is_address(text: str) -> bool:
    """Whether `text` is an http or https address with a host."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
