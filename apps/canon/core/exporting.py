"""Canon as the files that tools read: in a fixed order, within a budget, with what was left out."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import yaml

from apps.canon.core.front import split
from apps.canon.core.paths import key

Format = Literal["agents", "claude", "copilot", "cursor", "skills", "markdown"]
FORMATS: tuple[Format, ...] = ("agents", "claude", "copilot", "cursor", "skills", "markdown")
_ONE_FILE: dict[str, str] = {
    "agents": "AGENTS.md",
    "claude": "CLAUDE.md",
    "copilot": ".github/copilot-instructions.md",
}
_NAME = 64  # characters of a skill's name
_DESCRIPTION = 1024  # characters of a skill's description


@dataclass(frozen=True, slots=True)
class Item:
    """A document that stands: its path, what it says about itself, and the whole file."""

    path: str
    title: str
    description: str
    tags: tuple[str, ...]
    globs: tuple[str, ...]
    content: str
    sha256: str

    @property
    def body(self) -> str:
        """Without front matter."""
        return split(self.content)[1].strip()


@dataclass(frozen=True, slots=True)
class File:
    """One file to write."""

    path: str
    content: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A document for which the budget did not suffice, and the bytes it would have taken."""

    path: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Export:
    """Files, and what is not in them."""

    files: tuple[File, ...]
    included: tuple[str, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def bytes(self) -> int:
        """Of all files."""
        return sum(len(each.content.encode()) for each in self.files)


def export(items: Iterable[Item], *, form: Format, budget: int | None = None) -> Export:
    """The documents as files of one form.

    Args:
        items: in any order; the answer does not depend on it.
        form: one of `FORMATS`.
        budget: the most bytes that all files have together; None for no limit. Documents are taken
            whole, in the order of their paths; one that does not fit is left out, smaller ones
            that follow may still fit.

    Returns:
        Files in the order of their paths. Equal items give equal bytes.
    """
    made = _write_one(_ONE_FILE[form]) if form in _ONE_FILE else _MANY[form]
    around = len(_HEAD.encode()) + 1 if form in _ONE_FILE else 0
    taken: list[Item] = []
    left: list[LeftOut] = []
    used = around
    for item in sorted(items, key=lambda each: (key(each.path), each.path)):
        size = sum(len(each.content.encode()) for each in made([item])) - around
        if budget is not None and used + size > budget:
            left.append(LeftOut(item.path, size))
            continue
        taken.append(item)
        used += size
    files = sorted(made(taken), key=lambda each: each.path)
    return Export(tuple(files), tuple(each.path for each in taken), tuple(left))


def _write_one(name: str) -> Callable[[Sequence[Item]], list[File]]:
    def write(items: Sequence[Item]) -> list[File]:
        if not items:
            return []
        parts = [_HEAD]
        parts += [f"## {item.title}\n\n{_lowered(item.body)}\n\n{_cited(item)}" for item in items]
        return [File(name, "\n\n".join(parts) + "\n")]

    return write


_HEAD = (
    "# What the organisation stands by\n\n"
    "<!-- Exported from MemoryHub. Reviewed and approved there; changes made here are lost with"
    " the next export. -->"
)


def _cited(item: Item) -> str:
    return f"<!-- {_comment(item.path)} {item.sha256[:12]} -->"


def _comment(text: str) -> str:
    return text.replace("--", "- -")


def _lowered(body: str) -> str:
    """Headings two levels down, so that documents stay below their own title."""
    lines, fence = [], ""
    for line in body.split("\n"):
        mark = line.lstrip()[:3]
        if mark in {"```", "~~~"}:
            fence = "" if fence == mark else fence or mark
        depth = len(line) - len(line.lstrip("#"))
        heads = not fence and 0 < depth <= 6 and line[depth : depth + 1] in {" ", "\t"}
        lines.append("#" * min(6, depth + 2) + line[depth:] if heads else line)
    return "\n".join(lines)


def _cursor(items: Sequence[Item]) -> list[File]:
    """`.cursor/rules/*.mdc`: attached by globs where there are some, else for the model to ask."""
    return [
        File(
            f".cursor/rules/{_stem(item.path)}.mdc",
            _matter(
                {
                    "description": item.description or item.title,
                    "globs": ",".join(item.globs),
                    "alwaysApply": False,
                }
            )
            + f"# {item.title}\n\n{item.body}\n",
        )
        for item in items
    ]


def _skills(items: Sequence[Item]) -> list[File]:
    """A folder with a `SKILL.md` for each document."""
    return [
        File(
            f"skills/{_stem(item.path)}/SKILL.md",
            _matter(
                {
                    "name": _stem(item.path),
                    "description": (item.description or item.title)[:_DESCRIPTION],
                    "metadata": {"source": item.path, "sha256": item.sha256},
                }
            )
            + f"# {item.title}\n\n{item.body}\n",
        )
        for item in items
    ]


def _markdown(items: Sequence[Item]) -> list[File]:
    return [File(item.path, item.content) for item in items]


_MANY: dict[str, Callable[[Sequence[Item]], list[File]]] = {
    "cursor": _cursor,
    "skills": _skills,
    "markdown": _markdown,
}


def _matter(values: dict[str, object]) -> str:
    text = yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=10_000)
    return f"---\n{text}---\n\n"


def _stem(path: str) -> str:
    """A name of small letters, digits and dashes: of the whole path, so that no two are one.

    A path that has other characters, or is too long, ends with a part of its hash.
    """
    bare = path.removesuffix(".md")
    plain = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in bare)
    name = "-".join(filter(None, plain.casefold().split("-"))) or "document"
    if name == bare and len(name) <= _NAME:
        return name
    digest = hashlib.sha256(key(path).encode()).hexdigest()[:8]
    return f"{name[: _NAME - 9].strip('-')}-{digest}"
