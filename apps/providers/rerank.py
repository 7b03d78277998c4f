"""A model that reads question and text together and says how relevant the text is, if any."""

import math
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from apps.providers import metering
from apps.providers.deadline import within
from apps.providers.errors import RerankerUnavailable
from apps.providers.language import is_address
from apps.providers.litellm_library import litellm
from apps.providers.metering import Call, Outcome

MAX_CHARACTERS = 4_000  # of one text or question: about what such models read
AT_A_TIME = 8  # requests of one process, those given up included
LONGEST_TIMEOUT = 60


class Reranker(Protocol):
    """Scores texts for a question. One per process; safe to share between threads."""

    @property
    def model(self) -> str:
        """Its name. Scores of different models must never be compared."""

    def relevance(self, query: str, texts: Sequence[str]) -> Mapping[int, float]:
        """How relevant each text is, by its position; higher is better.

        Blocks for the network: never call it inside a transaction. Texts that the model left out
        are absent.

        Raises:
            RerankerUnavailable: no answer in time, or none that can be read.
        """


@dataclass(frozen=True)
class RerankSettings:
    """The part of the Django settings that decides the reranker."""

    model: str
    timeout: float
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)

    @classmethod
    def current(cls) -> "RerankSettings":
        """Read them now, so that a test may override one."""
        return cls(
            model=settings.RERANK_MODEL,
            timeout=settings.RERANK_TIMEOUT_SECONDS,
            base_url=settings.RERANK_BASE_URL or None,
            api_key=settings.RERANK_API_KEY or None,
        )

    def problem(self) -> str:
        """Why no reranker can be built from these settings; empty if one can, or none is named."""
        if not self.model:
            return ""
        provider, slash, name = self.model.partition("/")
        if not (provider and slash and name):
            return (
                f"RERANK_MODEL is {self.model!r}: use provider and model as LiteLLM names them, "
                "such as 'cohere/rerank-v3.5' or 'infinity/BAAI/bge-reranker-base'."
            )
        if self.base_url is not None and not is_address(self.base_url):
            return "RERANK_BASE_URL is not an address: use http://host:port or https://host."
        if not 0 < self.timeout <= LONGEST_TIMEOUT:
            return f"RERANK_TIMEOUT_SECONDS must be above 0 and at most {LONGEST_TIMEOUT}."
        return ""


class LiteLLMReranker:
    """A model behind LiteLLM's rerank API: "cohere/...", "infinity/...", "hosted_vllm/...".

    Args:
        config: settings without a problem.
    """

    def __init__(self, config: RerankSettings) -> None:
        self.model = config.model
        self._timeout = config.timeout
        # the key of one service is not for another
        key = config.api_key or ("none" if config.base_url else None)
        self._server = {"api_base": config.base_url, "api_key": key}
        self._slots = threading.Semaphore(AT_A_TIME)

    def relevance(self, query: str, texts: Sequence[str]) -> Mapping[int, float]:
        """Ask once, see `Reranker.relevance`. The first call of a process loads the library, which
        takes seconds: it is likely to be given up.
        """
        began = time.monotonic()
        try:
            answer = within(
                self._timeout,
                lambda: self._request(query, texts),
                name="rerank",
                slots=self._slots,
            )
        except Exception as error:  # noqa: BLE001  whatever LiteLLM's dozens of clients raise
            late = isinstance(error, TimeoutError)
            self._tell(Outcome.TIMEOUT if late else Outcome.FAILED, time.monotonic() - began)
            # not as the cause: the service's own words may quote the key or the texts
            raise RerankerUnavailable(self._sentence(type(error).__name__)) from None
        self._tell(Outcome.ANSWERED, time.monotonic() - began)
        return self._read(answer, len(texts))

    def _tell(self, outcome: Outcome, seconds: float) -> None:
        # priced by searches, not by tokens: what it cost is not known here
        metering.tell(Call(kind="rerank", model=self.model, outcome=outcome, seconds=seconds))

    def _request(self, query: str, texts: Sequence[str]) -> Any:
        return litellm().rerank(
            model=self.model,
            query=_sendable(query),
            documents=[_sendable(text) for text in texts],
            top_n=len(texts),
            return_documents=False,
            drop_params=True,
            timeout=self._timeout,
            max_retries=0,
            **self._server,
        )

    def _read(self, answer: Any, count: int) -> dict[int, float]:
        try:
            pairs = [(row["index"], float(row["relevance_score"])) for row in answer.results]
        except (AttributeError, KeyError, TypeError, ValueError):
            raise RerankerUnavailable(self._sentence("not a list of scores")) from None
        found = dict(pairs)
        known = all(type(place) is int and 0 <= place < count for place in found)
        if not found or len(found) < len(pairs) or not known:
            raise RerankerUnavailable(self._sentence("scores of other texts"))
        if not all(map(math.isfinite, found.values())):
            raise RerankerUnavailable(self._sentence("scores that are not numbers"))
        return found

    def _sentence(self, reason: str) -> str:
        return f"The rerank model {self.model} did not answer ({reason})."


def get_reranker() -> Reranker | None:
    """The reranker the settings ask for, built once per process; None if they name none.

    Raises:
        ImproperlyConfigured: the settings contradict themselves.
    """
    return _build(RerankSettings.current())


@lru_cache(maxsize=8)
def _build(config: RerankSettings) -> Reranker | None:
    if problem := config.problem():
        raise ImproperlyConfigured(problem)
    return LiteLLMReranker(config) if config.model else None


def _sendable(text: str) -> str:
    """`text` as services accept it: not empty, not endless, valid Unicode."""
    return text[:MAX_CHARACTERS].encode("utf-8", "replace").decode() or " "
