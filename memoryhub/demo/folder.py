"""A folder with an organisation: people, teams, agents, memories, outcomes, questions."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BUNDLED = Path(__file__).resolve().parents[2] / "demo" / "organisation"
_REQUIRED = ("people", "teams", "agents", "memories", "outcomes")


class FolderError(Exception):
    """The folder cannot be played; says which file and why."""


@dataclass(frozen=True, slots=True)
class Question:
    """Something a person's agent asks."""

    asker: str
    text: str


@dataclass(frozen=True, slots=True)
class Known:
    """What the demo asks the graph about once it is canon, and as of when (ISO 8601)."""

    name: str
    as_of: str


@dataclass(frozen=True, slots=True)
class Folder:
    """Rows as they stand in the files; `demo/README.md` describes the shape."""

    path: Path
    people: list[dict[str, Any]]
    teams: list[dict[str, Any]]
    agents: list[dict[str, Any]]
    memories: list[dict[str, Any]]
    outcomes: list[dict[str, Any]]
    questions: list[Question]
    reviewers: list[str]
    known: Known | None

    @property
    def name(self) -> str:
        """What the organisation is called: by the people's e-mail domain."""
        domain = str(self.people[0]["email"]).partition("@")[2]
        return domain.partition(".")[0].capitalize() or "Demo"


def read(path: Path) -> Folder:
    """Read a folder of JSON lines.

    Raises:
        FolderError: a file is missing, cannot be read, or names somebody it does not define.
    """
    rows = {name: _lines(path / f"{name}.jsonl") for name in _REQUIRED}
    if not rows["people"]:
        raise FolderError(f"{path / 'people.jsonl'} names nobody.")
    known = {person["id"] for person in rows["people"]}
    folder = Folder(
        path=path,
        questions=_questions(path),
        reviewers=_reviewers(path, rows["teams"]),
        known=_known(path),
        **rows,
    )
    strangers = {memory["author"] for memory in folder.memories} - known
    if strangers:
        raise FolderError(
            f"memories.jsonl has authors that people.jsonl lacks: {sorted(strangers)}"
        )
    return folder


def _lines(path: Path) -> list[dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise FolderError(f"{path} cannot be read: {error.strerror}.") from error
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                found.append(json.loads(line))
            except ValueError as error:
                raise FolderError(f"{path}:{number} is not JSON.") from error
    return found


def _questions(path: Path) -> list[Question]:
    """`queries.json` as bundled, or `queries.jsonl` as in labelled folders; none is fine."""
    rows: Iterable[dict[str, Any]] = []
    if (path / "queries.json").exists():
        rows = json.loads((path / "queries.json").read_text(encoding="utf-8"))
    elif (path / "queries.jsonl").exists():
        rows = [row for row in _lines(path / "queries.jsonl") if row.get("type", "org") == "org"]
    return [Question(row["asker"], row["text"]) for row in rows]


def _reviewers(path: Path, teams: list[dict[str, Any]]) -> list[str]:
    """`reviewers.json`, or the first member of every team."""
    if (path / "reviewers.json").exists():
        listed: list[str] = json.loads((path / "reviewers.json").read_text(encoding="utf-8"))
        return listed
    return [team["members"][0] for team in teams if team["members"]]


def _known(path: Path) -> Known | None:
    """`canon.json`; without it the demo takes the first identifier that a promoted fact names."""
    if not (path / "canon.json").exists():
        return None
    told = json.loads((path / "canon.json").read_text(encoding="utf-8"))
    return Known(told["name"], told["as_of"])
