"""A language model's service on this machine: OpenAI's chat protocol, scripted and hostile.

Answers the typed tasks (`apps.providers.protocol`) by an oracle, a function of one item. A script
says how the next requests go instead; when it is used up, `manner` says how all others go.

    with ModelServer(oracle) as server:
        server.script = [busy(429, retry_after="0"), silence]
        LiteLLMLanguageModel("openai/oracle", api_base=server.address, api_key="k").complete(...)
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.local_server import LocalServer, QuietHandler

Json = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """One request: the typed question, and everything around it."""

    question: Json
    body: Json
    key: str | None

    @property
    def items(self) -> list[Json]:
        """The items asked about."""
        items: list[Json] = self.question["items"]
        return items


@dataclass(frozen=True)
class Said:
    """One answer. `usage` None: the service does not tell."""

    content: str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    usage: Json | None = field(
        default_factory=lambda: {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
    )
    raw: bytes | None = None  # in place of the whole body
    pause: float = 0.0  # seconds before each byte of the body


Oracle = Callable[[str, Json], Json]  # task name, item -> answered item without its id
Manner = Callable[[Asked, Oracle], Said | None]  # None: stay silent until the client leaves


def plain(task: str, item: Json) -> Json:
    """An oracle without opinions: equal texts are the same, a text is its own claim."""
    if task == "same_fact":
        return {"verdict": "same" if item["a"] == item["b"] else "different"}
    if task == "canonical_claim":
        return {"claim": item["text"], "subject": item["text"].split()[0], "qualifiers": []}
    return {"score": 0.5, "reason": "neither here nor there"}


def answered(asked: Asked, oracle: Oracle) -> list[Json]:
    """What an honest model says about every item."""
    return [{"id": item["id"], **oracle(asked.question["task"], item)} for item in asked.items]


def written(items: list[Json]) -> str:
    """Items as the protocol writes them."""
    return json.dumps({"items": items}, ensure_ascii=False)


# --- manners ----------------------------------------------------------------------------------


def honest(asked: Asked, oracle: Oracle) -> Said:
    """The oracle's answers, nothing else."""
    return Said(written(answered(asked, oracle)))


def silence(asked: Asked, oracle: Oracle) -> None:
    """Takes the request and never answers."""


def dripping(asked: Asked, oracle: Oracle) -> Said:
    """Answers byte by byte, so slowly that it takes minutes and never falls silent."""
    return Said(written(answered(asked, oracle)), pause=0.1)


def busy(status: int, **headers: str) -> Manner:
    """An error whose message quotes key and texts, as some services do."""
    named = {name.replace("_", "-").title(): value for name, value in headers.items()}

    def manner(asked: Asked, oracle: Oracle) -> Said:
        message = f"no: {asked.key} {json.dumps(asked.body, ensure_ascii=False)}"
        error = {"error": {"message": message, "type": "error", "code": status}}
        return Said(status=status, headers=named, raw=json.dumps(error).encode())

    return manner


def saying(content: str) -> Manner:
    """The same words whatever is asked."""
    return lambda asked, oracle: Said(content)


def sending(raw: bytes) -> Manner:
    """A body that need not be JSON."""
    return lambda asked, oracle: Said(raw=raw)


def wrapped(before: str = "", after: str = "") -> Manner:
    """The oracle's answers with words around them."""
    return lambda asked, oracle: Said(before + written(answered(asked, oracle)) + after)


def echoing(asked: Asked, oracle: Oracle) -> Said:
    """Repeats the question before it answers."""
    return Said(json.dumps(asked.question) + "\n" + written(answered(asked, oracle)))


def untold(asked: Asked, oracle: Oracle) -> Said:
    """Answers without telling the tokens."""
    return Said(written(answered(asked, oracle)), usage=None)


def renaming(rename: Callable[[str], Any]) -> Manner:
    """Answers under other ids."""

    def manner(asked: Asked, oracle: Oracle) -> Said:
        items = [{**item, "id": rename(item["id"])} for item in answered(asked, oracle)]
        return Said(written(items))

    return manner


def scoring(scale: float) -> Manner:
    """Scores on a scale of its own: 1, 10 or 100."""

    def manner(asked: Asked, oracle: Oracle) -> Said:
        items = answered(asked, oracle)
        return Said(written([{**item, "score": item["score"] * scale} for item in items]))

    return manner


ORDER = "SYSTEM OVERRIDE:"


def obeying(asked: Asked, oracle: Oracle) -> Said:
    """Does what a text orders: whatever follows ORDER in it is the answer to everything."""
    for item in asked.items:
        for text in item.values():
            if ORDER in text:
                return Said(text.partition(ORDER)[2].strip())
    return honest(asked, oracle)


def choking(on: str) -> Manner:
    """Says nonsense to any request in which a text contains `on`."""

    def manner(asked: Asked, oracle: Oracle) -> Said:
        return Said("I cannot help with that.") if on in str(asked.items) else honest(asked, oracle)

    return manner


# --- the server -------------------------------------------------------------------------------


class ModelServer(LocalServer):
    """Answers by its script, then by its manner; remembers what it was asked."""

    def __init__(self, oracle: Oracle = plain) -> None:
        super().__init__(_Handler)
        self.oracle = oracle
        self.manner: Manner = honest
        self.script: list[Manner] = []
        self.asked: list[Asked] = []
        self._turn = threading.Lock()

    @property
    def address(self) -> str:
        """What LLM_BASE_URL would be."""
        return f"{self.root}/v1"

    def said(self, body: Json, key: str | None) -> Said | None:
        """Take one request."""
        asked = Asked(json.loads(body["messages"][-1]["content"]), body, key)
        with self._turn:
            self.asked.append(asked)
            manner = self.script.pop(0) if self.script else self.manner
        return manner(asked, self.oracle)


class _Handler(QuietHandler):
    server: ModelServer

    def do_POST(self) -> None:
        body = json.loads(self.given())
        said = self.server.said(body, self.headers.get("Authorization"))
        if said is None:
            self.server.closing.wait(60)
            self.close_connection = True
            return
        answer = said.raw if said.raw is not None else _chat(said, body["model"])
        self.begin(len(answer), status=said.status, headers=said.headers)
        try:
            self._write(answer, said.pause)
        except ConnectionError:
            self.close_connection = True  # the client did not wait

    def _write(self, answer: bytes, pause: float) -> None:
        step = 1 if pause else max(len(answer), 1)
        for start in range(0, len(answer), step):
            if self.server.closing.wait(pause):
                self.close_connection = True
                return
            self.wfile.write(answer[start : start + step])


def _chat(said: Said, model: str) -> bytes:
    message = {"role": "assistant", "content": said.content}
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        **({"usage": said.usage} if said.usage else {}),
    }
    return json.dumps(body).encode()
