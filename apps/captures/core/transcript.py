"""Reading a transcript: who said which words. Anything is a transcript; nothing in it raises.

Three shapes are known, line by line: JSON objects with a role and content, lines that begin with
the name of a speaker and a colon, and plain text.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

Role = Literal["human", "assistant", "tool", ""]
ROLES: tuple[Role, ...] = get_args(Role)

_ROLES: dict[str, Role] = {
    "user": "human", "human": "human", "usuario": "human", "utilisateur": "human",
    "benutzer": "human", "nutzer": "human", "me": "human", "ich": "human",
    "assistant": "assistant", "agent": "assistant", "ai": "assistant", "model": "assistant",
    "asistente": "assistant", "assistent": "assistant", "bot": "assistant",
    "tool": "tool", "function": "tool", "system": "tool", "developer": "tool",
}  # fmt: skip
_SPEAKER = re.compile(r"\s{0,3}(?:\*\*|#{1,3} )?(\w{2,12})(?:\*\*)?\s?:(?:\*\*)?(?:\s|$)")
_DEEPEST = 4


@dataclass(frozen=True, slots=True)
class Turn:
    """What one speaker said in a row; an empty role where nobody is named."""

    role: Role
    text: str


def turns(text: str, *, role: Role = "") -> Iterator[Turn]:
    """The turns of a transcript, in order; whoever speaks first without a name is `role`."""
    lines: list[str] = []
    for line in text.splitlines():
        said = _record(line) or _spoken(line)
        if said is None:
            lines.append(line)
            continue
        if lines:
            yield Turn(role, "\n".join(lines))
        role, lines = said.role, [said.text]
    if lines:
        yield Turn(role, "\n".join(lines))


def speaking(text: str, *, role: Role = "") -> Role:
    """Who speaks at the end of a part of a transcript, which begins with `role`."""
    last = role
    for turn in turns(text, role=role):
        last = turn.role
    return last


def _record(line: str) -> Turn | None:
    """A line that is a JSON object with content."""
    if not line.lstrip().startswith("{"):
        return None
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict):
        return None
    inner = record.get("message")
    message = inner if isinstance(inner, dict) else record
    name = message.get("role") or record.get("role") or record.get("type") or ""
    words = "\n".join(_words(message.get("content", message.get("text", "")), 0))
    role = _ROLES.get(name.casefold(), "tool") if isinstance(name, str) and name else ""
    return Turn(role, words)


def _words(content: Any, depth: int) -> Iterator[str]:
    """Texts of a message, whose content may be a list of parts."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, list) and depth < _DEEPEST:
        for part in content:
            yield from _words(part, depth + 1)
    elif isinstance(content, dict) and content.get("type", "text") == "text":
        yield from _words(content.get("text", ""), depth + 1)


def _spoken(line: str) -> Turn | None:
    """A line that begins with a speaker we know."""
    found = _SPEAKER.match(line)
    role = _ROLES.get(found.group(1).casefold()) if found else None
    return Turn(role, line[found.end() :]) if found and role is not None else None
