"""Every other embedding model, over the network, through LiteLLM."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from apps.providers import metering
from apps.providers.batching import estimated_tokens
from apps.providers.errors import EmbedderUnavailable
from apps.providers.litellm_library import litellm
from apps.providers.metering import Call, Outcome
from apps.providers.vectors import Vectors, unit_rows

MAX_BATCH = 96  # the smallest limit among the hosted providers
# Within the 8,192 tokens hosted models take, even at one token a character
MAX_CHARACTERS = 8_000
TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})


class LiteLLMEmbedder:
    """A model behind an API: "openai/...", "ollama/...", "bedrock/..." and so on.

    Args:
        model: as LiteLLM names it.
        dimensions: length of a vector. Asked for where the provider can shorten its vectors;
            an answer of another length is refused.
        api_base: address of the server, for one that is not the provider's own.
        api_key: None leaves it to the provider's usual environment variable.
        languages: those the model is meant for; empty means all.
        timeout: seconds one request may take.
        attempts: tries per request while the provider is busy or unreachable; at least 1.
        pause: seconds before the second try; doubles with each further one.
    """

    in_process = False

    def __init__(  # noqa: PLR0913  all but the first two have defaults
        self,
        model: str,
        *,
        dimensions: int,
        api_base: str | None = None,
        api_key: str | None = None,
        languages: frozenset[str] = frozenset(),
        timeout: float = 20.0,
        attempts: int = 3,
        pause: float = 0.5,
    ) -> None:
        # The same model cut to two lengths gives vectors that cannot be compared
        self.model = f"{model}/{dimensions}"
        self.dimensions = dimensions
        self.languages = languages
        self._name = model
        self._server = {"api_base": api_base, "api_key": api_key}
        self._timeout = timeout
        self._attempts = attempts
        self._pause = pause

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed `texts` in order, each read up to its 8,000th character.

        Blocks for the network: never call it inside a transaction.

        Returns:
            float32, shape (len(texts), dimensions), unit rows.

        Raises:
            EmbedderUnavailable: the provider refused, failed, took too long or answered nonsense.
        """
        rows = np.empty((len(texts), self.dimensions), dtype=np.float32)
        for start in range(0, len(texts), MAX_BATCH):
            batch = [_sendable(text) for text in texts[start : start + MAX_BATCH]]
            rows[start : start + len(batch)] = self._vectors(self._ask(batch), count=len(batch))
        return rows

    def _ask(self, batch: list[str]) -> Any:
        for attempt in range(1, self._attempts + 1):
            began = time.monotonic()
            try:
                response = self._request(batch)
            except Exception as error:  # LiteLLM lets through whatever its dozens of clients raise
                status = getattr(error, "status_code", None)
                self._tell(_outcome(status), 0, time.monotonic() - began)
                if status not in TRANSIENT or attempt == self._attempts:
                    raise EmbedderUnavailable(self._sentence(error, status)) from error
            else:
                told = _tokens(response)
                tokens = told or sum(map(estimated_tokens, batch))
                self._tell(Outcome.ANSWERED, tokens, time.monotonic() - began, guessed=not told)
                return response
            time.sleep(self._pause * 2 ** (attempt - 1))
        raise EmbedderUnavailable

    def _tell(
        self, outcome: Outcome, tokens: int, seconds: float, *, guessed: bool = False
    ) -> None:
        lost = outcome is Outcome.TIMEOUT
        metering.tell(
            Call(
                kind="embedding",
                model=self._name,
                outcome=outcome,
                seconds=seconds,
                prompt_tokens=tokens,
                estimated=guessed,
                cost=None if lost else metering.price(self._name, tokens, 0),
            )
        )

    def _request(self, batch: list[str]) -> Any:
        return litellm().embedding(
            model=self._name,
            input=batch,
            dimensions=self.dimensions,
            encoding_format="float",
            drop_params=True,  # not every provider knows the two above
            timeout=self._timeout,
            max_retries=0,  # `_ask` tries again; two layers of retries multiply
            **self._server,
        )

    def _sentence(self, error: Exception, status: int | None) -> str:
        # Never the provider's own words: they may quote the key or the text
        reason = type(error).__name__ + (f", status {status}" if status else "")
        return f"The embedding model {self._name} did not answer ({reason})."

    def _vectors(self, response: Any, *, count: int) -> Vectors:
        """The answer's vectors in the order of the question, checked and scaled."""
        positions, numbers = self._read(response)
        if numbers.shape != (count, self.dimensions):
            raise self._nonsense(
                f"{_shape(numbers)}; expected {count} of {self.dimensions} (EMBEDDING_DIMENSIONS)"
            )
        if positions != list(range(count)):
            raise self._nonsense("vectors whose order cannot be told")
        try:
            return unit_rows(numbers)
        except ValueError as error:
            raise self._nonsense("a vector that points nowhere") from error

    def _read(self, response: Any) -> tuple[list[int], npt.NDArray[np.float64]]:
        try:
            items = sorted(response.data, key=lambda item: item["index"])
            numbers = np.asarray([item["embedding"] for item in items], dtype=np.float64)
            return [item["index"] for item in items], numbers
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise self._nonsense("an answer that is not a list of vectors") from error

    def _nonsense(self, what: str) -> EmbedderUnavailable:
        return EmbedderUnavailable(f"The embedding model {self._name} sent {what}.")


def _outcome(status: int | None) -> Outcome:
    if status == 408:  # as LiteLLM names its own patience, too
        return Outcome.TIMEOUT
    return Outcome.BUSY if status in TRANSIENT else Outcome.FAILED


def _tokens(response: Any) -> int:
    """As the service tells; 0 where it does not."""
    count = getattr(getattr(response, "usage", None), "prompt_tokens", None)
    return count if isinstance(count, int) and count > 0 else 0


def _shape(numbers: npt.NDArray[np.float64]) -> str:
    length = numbers.shape[1] if numbers.ndim == 2 else 0
    return f"{len(numbers)} vectors of {length} numbers"


def _sendable(text: str) -> str:
    """`text` as providers accept it: not empty, not endless, valid Unicode."""
    return text[:MAX_CHARACTERS].encode("utf-8", "replace").decode() or " "
