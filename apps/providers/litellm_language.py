"""Language models over the network, through LiteLLM."""

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from apps.kernel import clock
from apps.providers import metering
from apps.providers.answers import parse
from apps.providers.batching import estimated_tokens, messages, split
from apps.providers.errors import ModelBudgetSpent, ModelUnavailable
from apps.providers.ledger import Ledger
from apps.providers.litellm_library import litellm
from apps.providers.metering import Call, Outcome
from apps.providers.protocol import AnswerT, Completion, ItemT, Spent, Task, Why
from apps.providers.waiting import retry_after

TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})
ABOUT_CONTENT = frozenset({400, 413, 422})  # this request is refused; another one may not be
SPLITS = 2  # a batch without a readable answer is asked again in halves, and those once more
TIMEOUT = "Timeout"
GIVE_UP_AFTER = 5  # batches in a row without a readable answer: it does not speak the protocol


@dataclass(frozen=True)
class _Reply:
    text: str


@dataclass(frozen=True)
class _Failure:
    reason: str  # without a word from the service: it may quote the key or the texts
    status: int | None
    wait: float | None = None  # seconds the service asked for

    @property
    def transient(self) -> bool:
        return self.status in TRANSIENT

    @property
    def outcome(self) -> Outcome:
        """For the books."""
        if self.reason == TIMEOUT:
            return Outcome.TIMEOUT
        if self.status in ABOUT_CONTENT:
            return Outcome.REFUSED
        return Outcome.BUSY if self.transient else Outcome.FAILED


class LiteLLMLanguageModel:
    """A model behind an API: "openai/...", "anthropic/...", "ollama_chat/..." and so on.

    Args:
        model: as LiteLLM names it.
        api_base: address of the server, for one that is not the provider's own.
        api_key: None leaves it to the provider's usual environment variable, unless `api_base` is
            given: the key of one service is not for another.
        timeout: seconds one request may take, however busily the service sends.
        time_box: seconds one `complete` may take, pauses included; no request starts later.
        attempts: tries per request while the service is busy or unreachable; at least 1.
        pause: seconds before the second try, unless the service says; doubles with each further.
    """

    def __init__(
        self,
        model: str,
        *,
        api_base: str | None = None,
        api_key: str | None = None,
        timeout: float = 30.0,
        time_box: float = 300.0,
        attempts: int = 3,
        pause: float = 0.5,
    ) -> None:
        self.model = model
        self._server = {"api_base": api_base, "api_key": api_key or ("none" if api_base else None)}
        self._timeout = timeout
        self._time_box = time_box
        self._attempts = attempts
        self._pause = pause

    def complete(self, task: Task[ItemT, AnswerT], items: Sequence[ItemT]) -> Completion[AnswerT]:
        """Ask `task` about `items`, see `LanguageModel.complete`."""
        ledger = Ledger(task, self.model, [item.id for item in items])
        batches = split(task, items)
        ledger.leave([item.id for item in batches.too_long], Why.TOO_LONG)
        waiting = deque((batch, SPLITS) for batch in batches.batches)
        if waiting:
            litellm()  # the first import takes seconds that are not the service's
        deadline = time.monotonic() + self._time_box
        refused = ""
        while waiting and not ledger.trouble:
            if refused := metering.refusal():
                ledger.trouble = refused
                break
            batch, splits = waiting.popleft()
            if why := self._settle(task, batch, ledger, deadline):
                if splits and (len(batch) > 1 or why is Why.UNREADABLE):
                    waiting.extendleft((half, splits - 1) for half in reversed(_halves(batch)))
                else:
                    ledger.leave([item.id for item in batch], why)
        if refused and not ledger.answers:
            raise ModelBudgetSpent(refused, spent=ledger.spent)
        if ledger.trouble and not ledger.answers:
            unusable = ledger.failed_in_a_row >= GIVE_UP_AFTER
            raise ModelUnavailable(ledger.trouble, spent=ledger.spent, answered=unusable)
        return ledger.completion()

    def _settle(
        self,
        task: Task[ItemT, AnswerT],
        batch: Sequence[ItemT],
        ledger: Ledger[AnswerT],
        deadline: float,
    ) -> Why | None:
        """Ask one batch and book the answers; otherwise say why it should go in smaller parts."""
        reply = self._ask(task, batch, ledger, deadline)
        if isinstance(reply, _Failure) and reply.status not in ABOUT_CONTENT:
            ledger.trouble = f"The language model {self.model} did not answer ({reply.reason})."
            return None
        if isinstance(reply, _Reply):
            parsed = parse(task, [item.id for item in batch], reply.text)
            if parsed is not None:
                ledger.book(parsed)
                return None
        ledger.failed_in_a_row += 1
        if ledger.failed_in_a_row >= GIVE_UP_AFTER:
            said = reply.reason if isinstance(reply, _Failure) else "not the JSON it was asked for"
            ledger.trouble = f"The language model {self.model} gives no usable answers ({said})."
        return Why.REFUSED if isinstance(reply, _Failure) else Why.UNREADABLE

    def _ask(
        self,
        task: Task[ItemT, AnswerT],
        batch: Sequence[ItemT],
        ledger: Ledger[AnswerT],
        deadline: float,
    ) -> _Reply | _Failure:
        conversation = messages(task, batch)
        failure = _Failure("out of time", None)
        for attempt in range(self._attempts):
            left = deadline - time.monotonic()
            if left <= 0:
                break
            timeout = min(left, self._timeout)
            request = partial(self._request, conversation, task.temperature, timeout)
            began = time.monotonic()
            outcome = _within(timeout, request)
            if not isinstance(outcome, _Failure):
                spent = _spent(conversation, outcome)
                ledger.spend(spent)
                self._tell(task, Outcome.ANSWERED, spent, time.monotonic() - began)
                return _Reply(_text(outcome))
            ledger.spend(Spent(calls=1))
            self._tell(task, outcome.outcome, Spent(), time.monotonic() - began)
            failure = outcome
            wait = failure.wait if failure.wait is not None else self._pause * 2**attempt
            last = attempt == self._attempts - 1
            if last or not failure.transient or wait >= deadline - time.monotonic():
                break
            time.sleep(wait)
        return failure

    def _tell(self, task: Task[Any, Any], outcome: Outcome, spent: Spent, seconds: float) -> None:
        tokens = (spent.prompt_tokens, spent.completion_tokens)
        lost = outcome is Outcome.TIMEOUT  # it may have been answered, to nobody
        metering.tell(
            Call(
                kind="language",
                model=self.model,
                outcome=outcome,
                seconds=seconds,
                task=task.name,
                version=task.version,
                prompt_tokens=tokens[0],
                completion_tokens=tokens[1],
                estimated=spent.estimated,
                cost=None if lost else metering.price(self.model, *tokens),
            )
        )

    def _request(
        self, conversation: list[dict[str, str]], temperature: float, timeout: float
    ) -> Any:
        """The library's answer, or the `_Failure` that its exception amounts to."""
        try:
            return litellm().completion(
                model=self.model,
                messages=conversation,
                temperature=temperature,
                drop_params=True,  # some models know only their own temperature
                timeout=timeout,
                max_retries=0,  # `_ask` tries again; two layers of retries multiply
                **self._server,
            )
        except Exception as error:  # noqa: BLE001  whatever its dozens of clients raise
            # Kept as a value: as the cause of our error it would be logged with what it quotes
            return _failure(error)


def _within(seconds: float, request: Callable[[], Any]) -> Any:
    """What `request` returns; a `_Failure` if it takes longer.

    The clients' own time-outs begin anew with every byte: a service that drips never meets them.
    The thread left behind ends with its connection and keeps no process alive.
    """
    answers: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def work() -> None:
        answers.put(request())

    threading.Thread(target=work, name="language-model", daemon=True).start()
    try:
        return answers.get(timeout=seconds)
    except queue.Empty:
        return _Failure(TIMEOUT, 408)


def _failure(error: Exception) -> _Failure:
    found = getattr(error, "status_code", None)
    status = found if isinstance(found, int) else None
    reason = type(error).__name__ + (f", status {status}" if status else "")
    return _Failure(reason, status, retry_after(_headers(error), now=clock.now()))


def _headers(error: Exception) -> Mapping[str, str]:
    """The service's headers; LiteLLM puts its own invention into `response` now and then."""
    for headers in (
        getattr(error, "litellm_response_headers", None),
        getattr(getattr(error, "response", None), "headers", None),
    ):
        if headers:
            return {str(name).lower(): str(value) for name, value in headers.items()}
    return {}


def _text(response: Any) -> str:
    try:
        content = response.choices[0].message.content
    except (AttributeError, IndexError, TypeError):
        return ""
    return content if isinstance(content, str) else ""


def _spent(conversation: list[dict[str, str]], response: Any) -> Spent:
    usage = getattr(response, "usage", None)
    told = [getattr(usage, name, None) for name in ("prompt_tokens", "completion_tokens")]
    # LiteLLM says 0 where the service said nothing
    if all(isinstance(count, int) and count > 0 for count in told):
        return Spent(1, told[0] or 0, told[1] or 0)
    question = sum(estimated_tokens(message["content"]) for message in conversation)
    return Spent(1, question, estimated_tokens(_text(response)), estimated=True)


def _halves(batch: Sequence[ItemT]) -> list[tuple[ItemT, ...]]:
    """Two halves; a single item stays whole and is simply asked again."""
    middle = len(batch) // 2
    return [tuple(half) for half in (batch[:middle], batch[middle:]) if half]
