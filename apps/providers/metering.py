"""Who is told of every request to a model, and may say that it is not to be made.

Rooms above keep the books: this one only knows that somebody does. What is told holds no word of a
question or an answer.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal, Protocol

from apps.providers.litellm_library import litellm

Kind = Literal["language", "embedding", "rerank"]


class Outcome(StrEnum):
    """How a request ended."""

    ANSWERED = "answered"
    REFUSED = "refused"  # for what it contains
    BUSY = "busy"  # the service asked to be left alone, or failed on its side
    TIMEOUT = "timeout"  # nobody waited longer
    FAILED = "failed"  # anything else: no such model, no key, no connection


@dataclass(frozen=True, slots=True)
class Call:
    """One request to a model.

    Attributes:
        task: name of the task; empty for embeddings and scores.
        version: of the task's prompt; 0 without one.
        model: as LiteLLM names it.
        prompt_tokens, completion_tokens: as the service said; 0 where nothing was answered.
        estimated: the service did not say.
        cost: US dollars by LiteLLM's table; None where it does not know the model, and for what
            nobody waited for.
        seconds: wall time.
    """

    kind: Kind
    model: str
    outcome: Outcome
    seconds: float
    task: str = ""
    version: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    estimated: bool = False
    cost: Decimal | None = None


class Meter(Protocol):
    """Keeps the books of a step."""

    def refusal(self) -> str:
        """Why no request is to be made now, for a person; empty if one may be."""

    def told(self, call: Call) -> None:
        """Take note of a request. Must not raise."""


_meter: ContextVar[Meter | None] = ContextVar("meter", default=None)
_always: list[Meter] = []


def install(meter: Meter) -> None:
    """Tell `meter` of what is asked outside of any step that has its own."""
    _always[:] = [meter]


@contextmanager
def metered(meter: Meter) -> Iterator[None]:
    """Requests inside the block are told to `meter`; threads take it along in a copied context."""
    token = _meter.set(meter)
    try:
        yield
    finally:
        _meter.reset(token)


def refusal() -> str:
    """Why no request is to be made now; empty if one may be."""
    meter = _meter.get()
    return meter.refusal() if meter is not None else ""


def tell(call: Call) -> None:
    """Have a request noted."""
    meter = _meter.get() or next(iter(_always), None)
    if meter is not None:
        meter.told(call)


def price(model: str, prompt_tokens: int, completion_tokens: int) -> Decimal | None:
    """US dollars for so many tokens by LiteLLM's table, which ships with it; by the model's name.

    Returns:
        None where the table does not know the model, as for most of one's own servers.
    """
    library: Any = litellm()
    try:
        parts = library.cost_per_token(
            model=model, prompt_tokens=prompt_tokens, completion_tokens=completion_tokens
        )
        return Decimal(str(round(sum(map(float, parts)), 10)))
    except Exception:  # noqa: BLE001  it says in a dozen ways that it does not know a model
        return None
