"""The rerank model: LiteLLM's own client against a server on this machine that speaks the API."""

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from apps.accounts.actors import of_user
from apps.memories.services import memories
from apps.providers.checks import check_rerank_settings
from apps.providers.errors import RerankerUnavailable
from apps.providers.litellm_library import litellm
from apps.providers.rerank import (
    AT_A_TIME,
    MAX_CHARACTERS,
    LiteLLMReranker,
    RerankSettings,
    get_reranker,
)
from apps.recall.core.questions import Question
from apps.recall.services import recall
from tests.local_server import LocalServer, QuietHandler

# Whichever test comes first imports LiteLLM: 3-8 s; every call is written down in the books
pytestmark = [pytest.mark.slow, pytest.mark.django_db]

KEY = "sk-rerank-0001"
Json = dict[str, Any]


def by_length(asked: Json) -> Any:
    """The longer the more relevant."""
    scores = [
        {"index": place, "relevance_score": len(text) / 10_000}
        for place, text in enumerate(asked["documents"])
    ]
    return {"id": "r", "results": sorted(scores, key=lambda row: -row["relevance_score"])}


class Server(LocalServer):
    """Answers what the test says; remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__(Handler)
        self.asked: list[Json] = []
        self.keys: list[str | None] = []
        self.answer: Callable[[Json], Any] = by_length
        self.status = 200
        self.before: Callable[[], None] = lambda: None
        self.pause = 0.0  # seconds before each byte of the answer


class Handler(QuietHandler):
    server: Server

    def do_POST(self) -> None:
        asked = json.loads(self.given())
        self.server.asked.append(asked)
        self.server.keys.append(self.headers.get("Authorization"))
        self.server.before()
        answer = self.server.answer(asked)
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.begin(len(body), status=self.server.status)
        step = 1 if self.server.pause else len(body)
        for start in range(0, len(body), step):
            if self.server.closing.wait(self.server.pause):
                return
            try:
                self.wfile.write(body[start : start + step])
            except ConnectionError:
                return


@pytest.fixture(scope="module", autouse=True)
def _library() -> None:
    litellm()  # so that no test waits for the import within its time-out


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def configured(settings: Any, server: Server) -> None:
    """A hub with a rerank model."""
    settings.RERANK_MODEL = "infinity/a-model"
    settings.RERANK_BASE_URL = server.root
    settings.RERANK_API_KEY = KEY
    settings.RERANK_TIMEOUT_SECONDS = 20.0


def make(server: Server, model: str = "infinity/a-model", timeout: float = 20.0) -> LiteLLMReranker:
    return LiteLLMReranker(RerankSettings(model, timeout, server.root, KEY))


# --- the model --------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["infinity/a-model", "hosted_vllm/a-model", "cohere/a-model"])
def test_texts_get_their_own_scores(server, model):
    scores = make(server, model).relevance("q", ["bb", "a", "cccc"])
    assert scores == {0: 0.0002, 1: 0.0001, 2: 0.0004}
    [asked] = server.asked
    assert (asked["model"], asked["query"], asked["documents"]) == (
        "a-model", "q", ["bb", "a", "cccc"],
    )  # fmt: skip
    assert server.keys == [f"Bearer {KEY}"]


def test_texts_are_sent_as_services_accept_them(server):
    make(server).relevance("half a pair \ud83d", ["", "y" * (MAX_CHARACTERS + 1)])
    assert server.asked[0]["query"] == "half a pair ?"
    assert server.asked[0]["documents"] == [" ", "y" * MAX_CHARACTERS]


@pytest.mark.parametrize(
    "answer",
    [
        b"no JSON",
        [],
        {"id": "r", "results": []},
        {"id": "r"},
        {"id": "r", "results": [{"index": 2, "relevance_score": 0.5}]},
        {"id": "r", "results": [{"index": -1, "relevance_score": 0.5}]},
        {"id": "r", "results": [{"index": 0, "relevance_score": 0.5}] * 2},
        {"id": "r", "results": [{"index": 0, "relevance_score": "high"}]},
        {"id": "r", "results": [{"index": 0, "relevance_score": float("nan")}]},
    ],
)
def test_an_answer_that_cannot_be_read_is_none(server, answer):
    server.answer = lambda asked: answer
    with pytest.raises(RerankerUnavailable, match="did not answer"):
        make(server).relevance("q", ["a", "b"])


def test_a_refusal_quotes_neither_key_nor_text(server):
    server.status = 503
    server.answer = lambda asked: {"error": f"no: {KEY} {asked['documents']}"}
    with pytest.raises(RerankerUnavailable) as caught:
        make(server).relevance("q", ["the secret text"])
    told = f"{caught.value} {caught.value.__cause__}"
    assert KEY not in told
    assert "secret" not in told
    assert len(server.asked) == 1  # nobody waits for a second try


def test_a_service_that_drips_is_given_up_and_cannot_fill_the_process(server):
    server.pause = 0.2
    reranker = make(server, timeout=0.3)
    for _ in range(AT_A_TIME + 3):
        with pytest.raises(RerankerUnavailable, match="TimeoutError"):
            reranker.relevance("q", ["a"])
    waiting = [thread for thread in threading.enumerate() if thread.name == "rerank"]
    assert len(waiting) <= AT_A_TIME
    assert len(server.asked) <= AT_A_TIME


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"RERANK_MODEL": "a-model"}, "provider and model"),
        ({"RERANK_BASE_URL": "localhost"}, "not an address"),
        ({"RERANK_TIMEOUT_SECONDS": 0.0}, "above 0"),
        ({"RERANK_TIMEOUT_SECONDS": 61.0}, "at most 60"),
    ],
)
@pytest.mark.usefixtures("configured")
def test_settings_that_cannot_work_are_told_at_start(settings, changed, problem):
    assert check_rerank_settings() == []
    for name, value in changed.items():
        setattr(settings, name, value)
    [found] = check_rerank_settings()
    assert (found.id, problem in found.msg) == ("providers.E003", True)
    with pytest.raises(ImproperlyConfigured):
        get_reranker()


def test_without_a_model_there_is_no_reranker():
    assert get_reranker() is None
    assert check_rerank_settings() == []


# --- in an answer -----------------------------------------------------------------------------

SHORT, LONG = "The boiler leaks.", "The boiler was mentioned at great length in the minutes."


@pytest.mark.usefixtures("configured")
def test_the_model_ranks_the_best_hits(world, write, ask, server):
    write(world.alice, SHORT)
    write(world.alice, LONG)
    answer = ask(world.alice, "Does the boiler leak?")
    assert [each["text"] for each in answer["results"]] == [LONG, SHORT]
    for each in answer["results"]:
        assert each["score"] == each["signals"]["rerank"] == len(each["text"]) / 10_000
    assert answer["degraded"] == []
    assert answer["timing"]["rerank"] > 0
    assert server.asked[0]["query"] == "Does the boiler leak?"


@pytest.mark.usefixtures("configured")
def test_the_model_sees_more_than_is_wanted(world, write, texts, server):
    for number in range(12):
        write(world.alice, f"Boiler {number}.")
    write(world.alice, "In the garden shed somebody found a gasket that once fitted our boiler.")
    [found] = texts(world.alice, "boiler", limit=1)
    assert found.startswith("In the garden")
    assert len(server.asked[0]["documents"]) == 13


@pytest.mark.usefixtures("configured")
def test_one_may_do_without_it(world, write, ask, server):
    write(world.alice, SHORT)
    answer = ask(world.alice, "boiler", rerank=False)
    assert "rerank" not in answer["results"][0]["signals"]
    assert server.asked == []
    assert answer["timing"]["rerank"] == 0


def test_asking_for_it_where_there_is_none_is_told(world, write, ask):
    write(world.alice, SHORT)
    assert ask(world.alice, "boiler", rerank=True)["degraded"] == ["rerank"]
    assert ask(world.alice, "boiler")["degraded"] == []


@pytest.mark.usefixtures("configured")
def test_what_the_model_left_out_comes_last(world, write, ask, server):
    write(world.alice, SHORT)
    write(world.alice, LONG)
    server.answer = lambda asked: {"id": "r", "results": by_length(asked)["results"][1:]}
    answer = ask(world.alice, "boiler")
    assert [each["text"] for each in answer["results"]] == [SHORT, LONG]
    assert "rerank" not in answer["results"][1]["signals"]


@pytest.mark.usefixtures("configured")
def test_a_failure_leaves_the_answer_as_it_was(world, write, ask, server):
    write(world.alice, SHORT)
    write(world.alice, LONG)
    server.status = 500
    answer = ask(world.alice, "Does the boiler leak?")
    assert answer["degraded"] == ["rerank"]
    plain = ask(world.alice, "Does the boiler leak?", rerank=False)
    assert answer["results"] == plain["results"]


@pytest.mark.usefixtures("configured")
def test_an_empty_answer_asks_nobody(world, ask, server):
    assert ask(world.alice, "boiler")["results"] == []
    assert server.asked == []


@pytest.mark.usefixtures("configured")
def test_only_what_the_asker_may_see_is_sent(world, write, ask, server):
    write(world.alice, SHORT)
    write(world.bob, LONG, space=world.team)
    ask(world.bob, "boiler")
    assert server.asked[0]["documents"] == [LONG]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("configured")
def test_no_transaction_is_open_while_the_model_thinks(world, write, server):
    write(world.alice, SHORT)
    gone = write(world.alice, LONG)
    actor = of_user(world.alice)
    seen: list[str] = []

    def look() -> None:
        """In the server's thread, by a connection of its own; and one hit is taken back."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT state FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND backend_type = 'client backend'"
            )
            seen.extend(state for (state,) in cursor.fetchall())
        memories.retract(actor=of_user(world.alice), memory=gone)
        connection.close()

    server.before = look
    answer = recall.ask(actor=actor, question=Question(query="boiler"))
    assert "idle" in seen
    assert not any("transaction" in state for state in seen)
    assert [each.text for each in answer.results] == [SHORT]  # what was taken back is not shown
    assert answer.degraded == []
