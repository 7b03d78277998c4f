"""The front matter of a document: YAML between two lines of dashes, read strictly."""

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import yaml

LARGEST = 8 * 1024  # bytes
_TITLE, _OWNER, _DESCRIPTION = 200, 120, 1024  # characters
_TAGS, _TAG, _GLOBS = 50, 100, 50
_KNOWN = frozenset(
    {"title", "description", "tags", "owner", "effective_from", "effective_to", "globs"}
)
_LARGEST_NUMBER = 2**63 - 1
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_UNKEPT = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
FENCE = "---"


@dataclass(frozen=True, slots=True)
class Front:
    """What a document says about itself.

    Attributes:
        title: one line of at most 200 characters.
        description: when it matters; exports for tools need it, else they take the title.
        tags: at most 50, sorted, without repeats.
        owner: the team that answers for it, in words.
        effective_from: first day it holds; None for since ever.
        effective_to: first day it no longer holds; None for no end.
        globs: files of a code base that it is about, for tools that ask.
        extra: what else stood there, as JSON.
    """

    title: str
    description: str = ""
    tags: tuple[str, ...] = ()
    owner: str = ""
    effective_from: date | None = None
    effective_to: date | None = None
    globs: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


class _Loader(yaml.SafeLoader):
    """Without aliases, which can grow without end, and without a key twice."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            raise ValueError("front matter has no aliases")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002
        found = [self.construct_object(key, deep=True) for key, _ in node.value]
        if len(set(map(str, found))) != len(found):
            raise ValueError("front matter says a key twice")
        return super().construct_mapping(node, deep=deep)


def split(content: str) -> tuple[str, str]:
    """Front matter and body of a document, both without the fences; "" for no front matter."""
    lines = content.split("\n")
    if not lines or lines[0] != FENCE:
        return "", content
    for number, line in enumerate(lines[1:], start=1):
        if line == FENCE:
            return "\n".join(lines[1:number]), "\n".join(lines[number + 1 :]).lstrip("\n")
    return "", content


def read(text: str) -> Front:
    """What a front matter says.

    Args:
        text: the YAML, without the fences.

    Raises:
        ValueError: no YAML mapping, no title, or a value out of its range; names which.
    """
    if len(text.encode()) > LARGEST:
        raise ValueError(f"front matter has at most {LARGEST} bytes")
    try:
        data = yaml.load(text, Loader=_Loader)  # noqa: S506  a SafeLoader  # nosec B506
    except (yaml.YAMLError, RecursionError) as error:
        where = getattr(error, "problem_mark", None)
        line = f" (line {where.line + 2})" if where is not None else ""
        raise ValueError(f"front matter is no YAML{line}") from error
    if not isinstance(data, dict) or not all(isinstance(name, str) for name in data):
        raise ValueError("a document begins with front matter that has at least a title")
    return _checked(data)


def write(front: Front, body: str) -> str:
    """A document of this front matter and body, its keys in a fixed order."""
    values: dict[str, Any] = {"title": front.title}
    for name in ("description", "owner", "effective_from", "effective_to"):
        if getattr(front, name):
            values[name] = getattr(front, name)
    for name in ("tags", "globs"):
        if getattr(front, name):
            values[name] = list(getattr(front, name))
    text = yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=10_000)
    return f"{FENCE}\n{text}{FENCE}\n\n{body.strip()}\n"


def _checked(data: Mapping[str, Any]) -> Front:
    starts, ends = (_day(data, name) for name in ("effective_from", "effective_to"))
    if starts and ends and starts >= ends:
        raise ValueError("effective_from lies before effective_to")
    return Front(
        title=_line(data, "title", _TITLE, needed=True),
        description=_line(data, "description", _DESCRIPTION),
        tags=tuple(sorted(set(_words(data, "tags", _TAGS, _TAG)))),
        owner=_line(data, "owner", _OWNER),
        effective_from=starts,
        effective_to=ends,
        globs=tuple(_words(data, "globs", _GLOBS, _TITLE)),
        extra={
            str(_scalar(name)): _plain(value) for name, value in data.items() if name not in _KNOWN
        },
    )


def _line(data: Mapping[str, Any], name: str, longest: int, *, needed: bool = False) -> str:
    value = data.get(name, "")
    value = str(value) if isinstance(value, int | float) else value
    if not isinstance(value, str) or len(value) > longest:
        raise ValueError(f"{name} is text of at most {longest} characters")
    line = " ".join(value.split())
    if _UNKEPT.search(line):
        raise ValueError(f"{name} has control characters")
    if needed and not line:
        raise ValueError(f"{name} must not be empty")
    return line


def _words(data: Mapping[str, Any], name: str, most: int, longest: int) -> list[str]:
    value = data.get(name) or []
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, list) or len(words) > most:
        raise ValueError(f"{name} is a list of at most {most} words")
    return [_line({name: word}, name, longest, needed=True) for word in words]


def _day(data: Mapping[str, Any], name: str) -> date | None:
    value = data.get(name)
    if value is None or (isinstance(value, date) and type(value) is date):
        return value
    raise ValueError(f"{name} is a day such as 2026-06-30")


def _plain(value: Any, depth: int = 0) -> Any:
    """As JSON holds it."""
    if depth > 4:
        raise ValueError("front matter is nested too deeply")
    if isinstance(value, dict):
        return {str(_scalar(name)): _plain(inner, depth + 1) for name, inner in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(inner, depth + 1) for inner in value]
    return _scalar(value)


def _scalar(value: Any) -> Any:
    """A value that the database can hold: YAML may escape characters that no text has."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        if abs(value) > _LARGEST_NUMBER:
            raise ValueError("front matter has a number of more than 64 bits")
        return value
    text = str(value)
    if _UNSTORABLE.search(text):
        raise ValueError("front matter has characters that no text holds")
    return text
