"""Asking the hub, and comparing what it answers with what the oracle allows.

Two laws hold for every answer. It shows no marker that the asker may not see, apart from those in
the question. And a question that names something the asker may not know of is answered, to the
byte, as one that names something that nobody ever made.
"""

import json
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client

from tests.security.leaks.facts import Asker
from tests.security.leaks.oracle import Ledger
from tests.security.leaks.routes import Route
from tests.security.leaks.snapshot import CANARY, ID, canary, unknown

_ETAG = re.compile(r'"([0-9a-f]{12})-\d+"')
# What differs between any two answers and tells nothing
_PASSING = (
    (ID, "<id>"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ][0-9:.]+(?:Z|\+00:00)?"), "<time>"),
    (re.compile(r'"timing":\{[^}]*\}'), "<timing>"),
    (re.compile(r"mh_[0-9a-f]+\.[\w-]+"), "<token>"),
    (re.compile(r'"key":"[0-9a-f]+"'), "<key>"),
    (re.compile(r'name="csrfmiddlewaretoken" value="\w+"'), "<csrf>"),
    (re.compile(r'"[0-9a-f]{12}-\d+"'), "<etag>"),
)
_UNTOLD = {"X-Request-ID", "Date", "Expires", "Last-Modified", "Retry-After"}  # headers


@dataclass(frozen=True)
class Question:
    """A request, whole: what it carries stands in `url` and `body`."""

    method: str
    url: str
    body: str = ""
    is_form: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.url} {self.body}".strip()

    def renamed(self, names: Mapping[str, str]) -> "Question":
        """The same question about something else."""
        url, body = self.url, self.body
        for old, new in names.items():
            url, body = url.replace(old, new), body.replace(old, new)
        return replace(self, url=url, body=body)

    @property
    def markers(self) -> set[str]:
        """Ids and canary words in it."""
        return markers_in(self.url + self.body)


@dataclass(frozen=True)
class Answer:
    """Status, headers and body as text."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str

    @property
    def text(self) -> str:
        """All that the asker sees."""
        return "\n".join([*(f"{name}: {value}" for name, value in self.headers), self.body])

    def as_if(self, names: Iterable[str]) -> tuple[int, str]:
        """Without what differs between any two answers and without the names asked for.

        Of a recall the figures: what is near to a word in meaning is another for every word.
        """
        if isinstance(body := self.json(), dict) and "recall_id" in body:
            told = body["explain"] or {}
            counts = sorted(told.get("terms", {}).values()), told.get("documents")
            return self.status, f"{body['hidden']} {body['degraded']} {counts}"
        text = "\n".join(
            [*(f"{name}: {value}" for name, value in self.headers if name != "Set-Cookie"),
             self.body]
        )  # fmt: skip
        for name in names:
            text = text.replace(name, "<asked>")
        for pattern, stands_for in _PASSING:
            text = pattern.sub(stands_for, text)
        return self.status, re.sub(r"Content-Length: \d+", "", text)

    def json(self) -> Any:
        """The body, if it is JSON; else None."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


def markers_in(text: str) -> set[str]:
    """Ids and canary words in a text."""
    return {*ID.findall(text), *CANARY.findall(text)}


def put(client: Client, question: Question, *, undone: bool = True) -> Answer:
    """The answer to a question; whatever it wrote is taken back if `undone`."""
    extra: dict[str, Any] = {}
    if question.body:
        kind = "application/x-www-form-urlencoded" if question.is_form else "application/json"
        extra = {"data": question.body, "content_type": kind}
    try:
        with transaction.atomic():
            got: HttpResponseBase = client.generic(question.method, question.url, **extra)
            body = b"".join(iter(got)).decode(errors="replace")
            if undone:
                transaction.set_rollback(True)
    except Exception as error:
        error.add_note(f"asked: {question}")
        raise
    cookies = tuple(("Set-Cookie", morsel.OutputString()) for morsel in got.cookies.values())
    headers = tuple((name, value) for name, value in got.items() if name not in _UNTOLD)
    return Answer(got.status_code, headers + cookies, body)


class Leak(AssertionError):
    """Somebody was told what the oracle forbids."""


@dataclass(frozen=True)
class Examiner:
    """Judges answers by what is true now; `client_of` gives a fresh client of an asker.

    `before` is what was true until a deed, which may answer with what it took away: a reviewer who
    retracts a secret memory is shown what could be read up to then.
    """

    ledger: Ledger
    client_of: Callable[[Asker], Client]
    database_alone: bool = False  # the application filters nothing: only content is judged
    before: Ledger | None = None

    def ask(self, asker: Asker, question: Question, route: Route) -> Answer:
        """The answer, if neither law is broken.

        Raises:
            Leak: who asked what, what the answer shows, and why the oracle forbids it.
        """
        answer = put(self.client_of(asker), question)
        self.inspect(asker, question, answer)
        if self.database_alone:
            return answer
        hidden = {m for m in question.markers if self._is_hidden(asker, m, question, route)}
        if hidden:
            self._compare(asker, question, answer, hidden)
        return answer

    def inspect(self, asker: Asker, question: Question, answer: Answer) -> None:
        """The first law, and the figures that are known to be told."""
        told = markers_in(answer.text) - question.markers
        told |= self._by_etag(answer.text, question)
        for marker in sorted(told):
            if marker in self.ledger.facts and not self._allowed(asker, marker):
                raise Leak(
                    f"{asker.label} asked {question}\n  -> {answer.status} shows {marker}:"
                    f" {self.ledger.why_not(marker)}\n{_around(answer.text, marker)}"
                )
        if self.database_alone:
            return
        strange = {m for m in told - self.ledger.facts.keys() if ID.fullmatch(m)}
        for model, marker in unknown(strange):
            raise Leak(
                f"{asker.label} asked {question}\n  -> shows {marker}, a {model}: teach"
                " tests/security/leaks (snapshot.py and RULES in rules.py) who may know it."
            )
        for name, most, shown in self._figures(asker, answer.json()):
            if shown > most:
                raise Leak(
                    f"{asker.label} asked {question}\n  -> counts {shown} as {name}, and may know"
                    f" of {most}"
                )

    def _allowed(self, asker: Asker, marker: str) -> bool:
        known = (self.ledger,) if self.before is None else (self.ledger, self.before)
        if self.database_alone:
            return any(ledger.in_reach(asker, marker) for ledger in known)
        return any(ledger.may_see(asker, marker) for ledger in known)

    def _by_etag(self, text: str, question: Question) -> set[str]:
        """Ids whose beginning stands in an ETag."""
        begun = (self.ledger.begun_by(digits) for digits in set(_ETAG.findall(text)))
        return set().union(*begun) - question.markers

    def _is_hidden(self, asker: Asker, marker: str, question: Question, route: Route) -> bool:
        """Whether naming it must change nothing: a memory one may not read is not there."""
        if marker not in self.ledger.facts:
            return False
        addressed = route.model == "memory" and f"/{marker}" in question.url.partition("?")[0]
        if not addressed:
            return not self.ledger.may_see(asker, marker)
        return not any(
            fact.kind == "note" and self.ledger.reads_note(asker, fact.ref)
            for fact in self.ledger.facts[marker]
        )

    def _compare(self, asker: Asker, question: Question, answer: Answer, hidden: set[str]) -> None:
        """The second law."""
        other = {m: str(uuid.uuid4()) if ID.fullmatch(m) else canary() for m in hidden}
        strange = question.renamed(other)
        nobody_s = put(self.client_of(asker), strange)
        if answer.as_if(hidden) != nobody_s.as_if(other.values()):
            named = "; ".join(self.ledger.why_not(marker) for marker in sorted(hidden))
            raise Leak(
                f"{asker.label} asked {question}\n  -> {answer.status}, but about something that"
                f" nobody made ({strange})\n  -> {nobody_s.status}, so the asker learns of {named}"
                "\n"
                f"{_difference(answer.as_if(hidden)[1], nobody_s.as_if(other.values())[1])}"
            )

    def _figures(self, asker: Asker, body: Any) -> list[tuple[str, int, int]]:
        """(what is counted, how many the asker may know of, how many were told)."""
        if not isinstance(body, dict) or "recall_id" not in body:
            return []
        readable = self.ledger.allowed(asker, "read")
        notes = {pk for pk, note in self.ledger.notes.items() if note.space in readable}
        told = [("hidden matches", len(notes), sum(body["hidden"].values()))]
        explained = body["explain"] or {}
        told += [(name, len(notes), explained[name]) for name in ("documents", "rows") if explained]
        for word, shown in explained.get("terms", {}).items():
            holders = {fact.ref for fact in self.ledger.facts.get(word, ()) if fact.kind == "words"}
            if CANARY.fullmatch(word):
                told.append((f"memories that say {word}", len(holders & notes), shown))
        return told


def _around(text: str, marker: str) -> str:
    at = text.find(marker)
    return f"  ...{text[max(0, at - 160) : at + 160]}..." if at >= 0 else "  (in an ETag)"


def _difference(one: str, other: str) -> str:
    at = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)
    start = max(0, at - 120)
    return f"  it: ...{one[start : at + 200]}...\n  nothing: ...{other[start : at + 200]}..."
