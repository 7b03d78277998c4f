"""Against a real server on this machine that speaks OpenAI's embeddings protocol."""

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from apps.providers.errors import EmbedderUnavailable
from apps.providers.litellm_client import MAX_BATCH, MAX_CHARACTERS, LiteLLMEmbedder
from tests.local_server import LocalServer, QuietHandler

# Whichever test comes first imports LiteLLM: 3-8 s; every call is written down in the books
pytestmark = [pytest.mark.slow, pytest.mark.django_db]

KEY = "sk-test-0001"
Body = dict[str, Any]


class Server(LocalServer):
    """Answers what the test says; remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__(Handler)
        self.asked: list[Body] = []
        self.keys: list[str | None] = []
        self.statuses: list[int] = []  # of the next answers; 200 when used up
        self.answer: Callable[[Body], str] = embeddings
        self.silent = threading.Event()

    @property
    def address(self) -> str:
        return f"{self.root}/v1"


class Handler(QuietHandler):
    server: Server

    def do_POST(self) -> None:
        server = self.server
        body = json.loads(self.given())
        server.asked.append(body)
        server.keys.append(self.headers.get("Authorization"))
        if server.silent.is_set():
            server.closing.wait(60)
            self.close_connection = True
            return
        status = server.statuses.pop(0) if server.statuses else 200
        if status == 200:
            answer = server.answer(body)
        else:
            answer = json.dumps({"error": {"message": f"no: {KEY} {body['input'][0]}"}})
        self.answer(answer.encode(), status=status)


def vectors_answer(vectors: list[Any], order: list[int] | None = None) -> str:
    data = [{"object": "embedding", "index": i, "embedding": v} for i, v in enumerate(vectors)]
    if order is not None:
        data = [data[i] for i in order]
    usage = {"prompt_tokens": 1, "total_tokens": 1}
    return json.dumps({"object": "list", "model": "m", "data": data, "usage": usage})


def embeddings(body: Body) -> str:
    """A vector that tells the text's length, so that order and cutting can be seen."""
    return vectors_answer([[float(len(text)), 1.0, 0.0] for text in body["input"]])


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def embedder(server: Server) -> LiteLLMEmbedder:
    return make(server)


def make(server: Server, model: str = "openai/a-model", **options: Any) -> LiteLLMEmbedder:
    options = {"dimensions": 3, "timeout": 10.0, "attempts": 2, "pause": 0.01, **options}
    return LiteLLMEmbedder(model, api_base=server.address, api_key=KEY, **options)


def test_vectors_come_back_as_unit_rows_in_order(server, embedder):
    rows = embedder.embed(["a", "bbbb", "cc"])
    assert (rows.dtype, rows.shape) == (np.float32, (3, 3))
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-6)
    assert rows[:, 0] / rows[:, 1] == pytest.approx([1, 4, 2], rel=1e-5)
    assert server.asked[0]["model"] == "a-model"
    assert server.keys == [f"Bearer {KEY}"]


def test_a_shuffled_answer_is_put_in_order(server, embedder):
    server.answer = lambda body: vectors_answer([[1, 0, 0], [0, 1, 0], [0, 0, 1]], [2, 0, 1])
    assert np.array_equal(embedder.embed(["a", "b", "c"]), np.eye(3))


def test_many_texts_go_in_several_requests(server, embedder):
    texts = ["x" * (1 + i % 7) for i in range(2 * MAX_BATCH + 5)]
    rows = embedder.embed(texts)
    assert [len(body["input"]) for body in server.asked] == [MAX_BATCH, MAX_BATCH, 5]
    assert rows[:, 0] / rows[:, 1] == pytest.approx([len(text) for text in texts], rel=1e-5)


def test_no_texts_ask_nobody(server, embedder):
    assert embedder.embed([]).shape == (0, 3)
    assert server.asked == []


def test_texts_are_sent_as_providers_accept_them(server, embedder):
    embedder.embed(["", "half a pair \ud83d", "y" * (MAX_CHARACTERS + 1)])
    assert server.asked[0]["input"] == [" ", "half a pair ?", "y" * MAX_CHARACTERS]


def test_dimensions_are_asked_for_where_they_can_be_chosen(server):
    make(server, "openai/text-embedding-3-small").embed(["a"])
    make(server).embed(["a"])
    assert server.asked[0]["dimensions"] == 3
    assert "dimensions" not in server.asked[1]


def test_the_model_id_tells_lengths_apart(server):
    assert make(server).model == "openai/a-model/3"
    assert make(server, dimensions=8).model != make(server, dimensions=3).model
    assert make(server).in_process is False


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_provider_is_asked_again(server, embedder, status):
    server.statuses = [status]
    assert embedder.embed(["a"]).shape == (1, 3)
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("status", "requests"), [(429, 2), (500, 2), (503, 2), (400, 1), (401, 1), (403, 1), (404, 1)]
)
def test_a_refusal_is_unavailable_and_only_passing_ones_are_retried(
    server, embedder, status, requests
):
    server.statuses = [status] * 10
    with pytest.raises(EmbedderUnavailable, match=f"openai/a-model did not answer.*{status}"):
        embedder.embed(["a"])
    assert len(server.asked) == requests


def test_the_error_quotes_neither_key_nor_text(server, embedder):
    server.statuses = [401]
    with pytest.raises(EmbedderUnavailable) as caught:
        embedder.embed(["the salary of Ann"])
    assert KEY not in caught.value.detail
    assert "salary" not in caught.value.detail


def test_a_provider_that_stays_silent_is_unavailable(server):
    server.silent.set()
    with pytest.raises(EmbedderUnavailable, match=r"did not answer \(Timeout"):
        make(server, timeout=0.5).embed(["a"])
    assert len(server.asked) == 2


def test_nobody_listening_is_unavailable():
    with Server() as gone:
        address = gone.address
    embedder = LiteLLMEmbedder(
        "openai/a-model", dimensions=3, api_base=address, api_key=KEY, attempts=1
    )
    with pytest.raises(EmbedderUnavailable, match="did not answer"):
        embedder.embed(["a"])


def test_a_model_of_no_known_provider_is_unavailable(server):
    with pytest.raises(EmbedderUnavailable, match="model unheard-of did not answer"):
        make(server, "unheard-of").embed(["a"])
    assert server.asked == []


@pytest.mark.parametrize(
    ("vectors", "complaint"),
    [
        ([[1.0, 2.0]], "sent 1 vectors of 2 numbers; expected 1 of 3"),
        ([[1.0, 2.0, 3.0]] * 2, "sent 2 vectors of 3 numbers; expected 1 of 3"),
        ([], "sent 0 vectors"),
        ([["a", "b", "c"]], "openai/a-model"),  # LiteLLM's own parser may refuse it first
        ([None], "openai/a-model"),
        ([[0.0, 0.0, 0.0]], "points nowhere"),
        ([[float("nan"), 1.0, 1.0]], "points nowhere"),
    ],
)
def test_vectors_that_make_no_sense_are_unavailable(server, embedder, vectors, complaint):
    server.answer = lambda body: vectors_answer(vectors)
    with pytest.raises(EmbedderUnavailable, match=complaint):
        embedder.embed(["a"])


def test_vectors_of_uneven_length_are_unavailable(server, embedder):
    server.answer = lambda body: vectors_answer([[1.0, 2.0, 3.0], [1.0, 2.0]])
    with pytest.raises(EmbedderUnavailable, match="not a list of vectors"):
        embedder.embed(["a", "b"])


def test_an_index_given_twice_is_unavailable(server, embedder):
    server.answer = lambda body: vectors_answer([[1, 0, 0], [0, 1, 0]], [0, 0])
    with pytest.raises(EmbedderUnavailable, match="order"):
        embedder.embed(["a", "b"])


@pytest.mark.parametrize(
    "answer",
    ["", "<html>", '{"object": "list", "da', "[]", "{}", '{"data": null}', '{"data": [7]}'],
)
def test_an_answer_that_is_not_the_protocol_is_unavailable(server, embedder, answer):
    server.answer = lambda body: answer
    with pytest.raises(EmbedderUnavailable, match="openai/a-model"):
        embedder.embed(["a"])
