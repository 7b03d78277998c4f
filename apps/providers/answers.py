"""From the text a model sent to checked answers. Any text at all may come in; nothing is raised.

Strict about shape, because a lenient reader is a door: whoever can write a memory can try to make
the model say something. Tolerated is only what honest models do: text or a code fence around the
JSON, thoughts before it, more keys than asked for.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic

from apps.providers.protocol import (
    AnswerT,
    CanonicalClaim,
    CitedClaims,
    Claim,
    Distilled,
    ItemT,
    PairVerdict,
    Relations,
    RelationSaid,
    Sameness,
    SelfEvaluation,
    Statement,
    Task,
    ThingSaid,
    Unanswered,
    What,
    Why,
)

MAX_ANSWER = 400_000  # characters; the largest honest batch stays under a tenth of it
MAX_STARTS = 200  # places in one answer where JSON may begin
MAX_CLAIM = 1_000
MAX_SUBJECT = 200
MAX_QUALIFIERS = 20
MAX_CLAIMS = 40
MAX_CITES = 100
MAX_REASON = 500
MAX_THINGS = 40  # names, and relations, of one text
MAX_TYPE = 40
MAX_STATEMENTS = 60
WHATS: dict[str, What] = {
    "decision": "decision",
    "fix": "fix",
    "command": "command",
    "preference": "preference",
}
VERDICTS: dict[str, Sameness] = {
    "same": "same",
    "contains": "contains",
    "different": "different",
    "contradicts": "contradicts",
}
# PostgreSQL stores no NUL, UTF-8 no half of a surrogate pair
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_THOUGHTS_END = "</think>"


@dataclass(frozen=True)
class Parsed(Generic[AnswerT]):
    """A batch's answers by id, the items left without one, and answers nobody asked for."""

    answers: Mapping[str, AnswerT]
    unanswered: tuple[Unanswered, ...]
    unknown: int


def parse(task: Task[ItemT, AnswerT], ids: Sequence[str], text: str) -> Parsed[AnswerT] | None:
    """Read a model's answer to the items `ids`.

    Returns:
        None if the text holds no answer, or more than one so that none can be trusted.
    """
    items = _items(text)
    if items is None:
        return None
    wanted = set(ids)
    answers: dict[str, AnswerT] = {}
    invalid: set[str] = set()
    unknown = 0
    for item in items:
        name = item.get("id") if isinstance(item, dict) else None
        if not isinstance(name, str) or name not in wanted:
            unknown += 1
            continue
        answer = _read(task, item)
        if answer is None or answers.setdefault(name, answer) != answer:
            invalid.add(name)
    return Parsed(
        {name: answers[name] for name in ids if name in answers and name not in invalid},
        tuple(
            Unanswered(name, Why.INVALID if name in invalid else Why.MISSING)
            for name in ids
            if name in invalid or name not in answers
        ),
        unknown,
    )


def read_verdict(item: Mapping[str, Any]) -> PairVerdict:
    """An answered `same_fact` item.

    Raises:
        KeyError, TypeError, ValueError: it is not one.
    """
    return PairVerdict(item["id"], VERDICTS[item["verdict"]])


def read_claim(item: Mapping[str, Any]) -> CanonicalClaim:
    """An answered `canonical_claim` item.

    Raises:
        KeyError, TypeError, ValueError: it is not one.
    """
    qualifiers = item["qualifiers"]
    if not isinstance(qualifiers, list) or len(qualifiers) > MAX_QUALIFIERS:
        raise ValueError("qualifiers")
    return CanonicalClaim(
        item["id"],
        _words(item["claim"], MAX_CLAIM),
        _words(item["subject"], MAX_SUBJECT),
        tuple(_words(qualifier, MAX_SUBJECT) for qualifier in qualifiers),
    )


def read_evaluation(item: Mapping[str, Any]) -> SelfEvaluation:
    """An answered `self_eval` item; a long reason is cut, the score counts all the same.

    Raises:
        KeyError, TypeError, ValueError: it is not one.
    """
    score, reason = item["score"], item["reason"]
    if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 100:
        raise ValueError("score")
    return SelfEvaluation(
        item["id"], float(score), _words(reason[:MAX_REASON], MAX_REASON, blank=True)
    )


def read_claims(item: Mapping[str, Any]) -> CitedClaims:
    """An answered item of a task that asks for cited claims; none at all is an answer.

    Raises:
        KeyError, TypeError, ValueError: it is not one.
    """
    claims = item["claims"]
    if not isinstance(claims, list) or len(claims) > MAX_CLAIMS:
        raise ValueError("claims")
    return CitedClaims(
        item["id"],
        tuple(Claim(_words(one["text"], MAX_CLAIM), _cites(one["cites"])) for one in claims),
    )


def read_statements(item: Mapping[str, Any]) -> Distilled:
    """An answered `distil` item; no statement at all is an answer.

    Raises:
        KeyError, TypeError, ValueError: it is not one.
    """
    found = item["statements"]
    if not isinstance(found, list) or len(found) > MAX_STATEMENTS:
        raise ValueError("statements")
    return Distilled(
        item["id"],
        tuple(
            Statement(WHATS[one["what"]], _words(one["text"], MAX_CLAIM), _cites(one["cites"]))
            for one in found
        ),
    )


def read_relations(item: Mapping[str, Any]) -> Relations:
    """An answered `relations` item; empty lists are an answer.

    Raises:
        KeyError, TypeError, ValueError: it is not one.
    """
    entities, relations = item["entities"], item["relations"]
    if not isinstance(entities, list) or not isinstance(relations, list):
        raise TypeError("lists")
    if max(len(entities), len(relations)) > MAX_THINGS:
        raise ValueError("lists")
    return Relations(
        item["id"],
        tuple(
            ThingSaid(_words(one["type"], MAX_TYPE), _words(one["name"], MAX_SUBJECT))
            for one in entities
        ),
        tuple(_relation(one) for one in relations),
    )


def _relation(one: Mapping[str, Any]) -> RelationSaid:
    return RelationSaid(
        _words(one["subject"], MAX_SUBJECT),
        _words(one["type"], MAX_TYPE),
        _words(one["object"], MAX_SUBJECT),
        _words(one["quote"], MAX_CLAIM),
        *(_words(one.get(key) or "", MAX_TYPE, blank=True) for key in ("valid_from", "valid_to")),
    )


def _cites(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not 0 < len(value) <= MAX_CITES:
        raise ValueError("cites")
    return tuple(_words(one, MAX_SUBJECT) for one in value)


def _read(task: Task[ItemT, AnswerT], item: Mapping[str, Any]) -> AnswerT | None:
    try:
        return task.read(item)
    except (KeyError, TypeError, ValueError):
        return None


def _words(value: Any, limit: int, *, blank: bool = False) -> str:
    if not isinstance(value, str) or len(value) > limit or _UNSTORABLE.search(value):
        raise ValueError("words")
    words = " ".join(value.split())
    if not words and not blank:
        raise ValueError("blank")
    return words


def _items(text: str) -> list[Any] | None:
    """The items of the only answer in `text`."""
    if len(text) > MAX_ANSWER:
        return None
    found = _objects(text.strip())
    # The question itself, repeated before the answer, has items too; only it names a task
    answers = [value["items"] for value in found if "task" not in value]
    return answers[0] if len(answers) == 1 else None


def _objects(text: str) -> list[dict[str, Any]]:
    """Every JSON object with a list of items that stands in `text`, outermost only."""
    if text.startswith("<think>"):
        text = text.partition(_THOUGHTS_END)[2]
    found: list[dict[str, Any]] = []
    start = text.find("{")
    for _ in range(MAX_STARTS):
        if start < 0:
            return found
        value, end = _decode(text, start)
        if isinstance(value, dict) and isinstance(value.get("items"), list):
            found.append(value)
        start = text.find("{", end)
    return []  # too many braces to tell what is an answer


def _decode(text: str, start: int) -> tuple[Any, int]:
    """The JSON value beginning at `start`, or None, and where to look on."""
    try:
        return _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None, start + 1


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Said twice, a key leaves open which one counts
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a key twice")
    return members


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("not a finite number")
    return value


def _no_constant(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity are not JSON


_DECODER = json.JSONDecoder(
    object_pairs_hook=_once, parse_float=_number, parse_constant=_no_constant
)
