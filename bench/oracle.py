"""Language models for benchmarks: a service on this machine that answers from the labels.

Spoken to over HTTP through LiteLLM like any other. `oracle` knows the facts of a folder and is
wrong in a settable share of its answers; `hostile` knows them as well, and then times out, is busy,
answers with broken JSON, obeys what a text orders, and scores on three scales.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

from tests.providers import model_server
from tests.providers.model_server import Asked, Json, ModelServer, Oracle, Said

_OTHER_VERDICTS = {
    "same": ("different", "contains", "contradicts"),
    "different": ("same", "contains", "contradicts"),
    "contradicts": ("different", "same", "contains"),
}
_SCORES = {"promote": 0.9, "review": 0.6, "never": 0.15}
_SCALES = (1.0, 10.0, 100.0)


@contextmanager
def serving(
    mode: str, labels: Sequence[Mapping[str, Any]], texts: Mapping[str, str], error_rate: float
) -> Iterator[ModelServer]:
    """A server that answers about the `texts` (by row id) of the labelled facts.

    Args:
        mode: `oracle` or `hostile`.
        labels: rows of `labels.jsonl`.
        texts: text by row id.
        error_rate: share of wrong answers, in [0, 1].
    """
    with ModelServer(_oracle(labels, texts, error_rate)) as server:
        server.manner = _hostile() if mode == "hostile" else model_server.untold
        yield server


def _oracle(
    labels: Sequence[Mapping[str, Any]], texts: Mapping[str, str], error_rate: float
) -> Oracle:
    of = {texts[row]: label for label in labels for row in label["memory_ids"] if row in texts}
    claims = [label["canonical_text"] for label in labels]

    def answer(task: str, item: Json) -> Json:
        chance = _chance(task, item)
        wrong = chance < error_rate
        if task == "same_fact":
            verdict = _relation(of.get(item["a"]), of.get(item["b"]))
            return {"verdict": _other(verdict, chance / error_rate) if wrong else verdict}
        label = of.get(item["text"], {})
        if task == "canonical_claim":
            claim = label.get("canonical_text", item["text"])
            claim = claims[int(chance * 1e6) % len(claims)] if wrong else claim
            return {"claim": claim[:1000], "subject": claim.split()[0], "qualifiers": []}
        score = _SCORES[label.get("verdict", "never")]
        score = 1 - score if wrong else score + (chance - 0.5) / 10
        return {"score": round(min(1.0, max(0.0, score)), 3), "reason": "by its label"}

    return answer


def _relation(a: Mapping[str, Any] | None, b: Mapping[str, Any] | None) -> str:
    if a is None or b is None:
        return "different"
    if a["cluster"] == b["cluster"]:
        return "same"
    rivals = {one.get(key) for one in (a, b) for key in ("contradicts", "superseded_by")}
    return "contradicts" if rivals & {a["cluster"], b["cluster"]} else "different"


def _other(verdict: str, chance: float) -> str:
    others = _OTHER_VERDICTS[verdict]
    return others[min(int(chance * len(others)), len(others) - 1)]


def _chance(task: str, item: Json) -> float:
    """A number in [0, 1) that goes with the question: the same every time it is asked."""
    said = "\x00".join([task, *(str(value) for key, value in item.items() if key != "id")])
    return int.from_bytes(hashlib.sha256(said.encode()).digest()[:6]) / 2**48


def _hostile() -> model_server.Manner:
    """Every kind of trouble in turn, an honest answer on another scale between any two."""
    turn = count()
    troubles: tuple[model_server.Manner, ...] = (
        model_server.busy(429, retry_after="0"),
        model_server.saying('{"items": [{"id": '),
        model_server.saying("I would rather talk about something else."),
        model_server.renaming(lambda name: name[::-1]),
        model_server.sending(b"<html>bad gateway</html>"),
        model_server.silence,
    )

    def manner(asked: Asked, oracle: Oracle) -> Said | None:
        number = next(turn)
        if number % 12 == 11:
            return troubles[number // 12 % len(troubles)](asked, oracle)
        obeyed = model_server.obeying(asked, oracle)
        if asked.question["task"] == "self_eval" and obeyed.content:
            return model_server.scoring(_SCALES[number % 3])(asked, oracle)
        return obeyed

    return manner
