"""Who must have read a change before it is canon, and whether they have."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

MOST_APPROVALS = 10
MOST_OWNERS = 200
MOST_STARS = 8


@dataclass(frozen=True, slots=True)
class Owners:
    """People of whom one must approve what lies at paths like `glob`.

    `*` stands for anything within a folder, `**` for folders too, `?` for one character; without a
    slash the glob is about file names anywhere. As in a list of code owners the last match decides.
    """

    glob: str
    people: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """What a space asks of a change: how many people, and whose word for which paths."""

    approvals: int = 1
    owners: tuple[Owners, ...] = ()

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Rules":
        """From stored or given values.

        Raises:
            ValueError: a value is unknown or out of range; names it.
        """
        if unknown := sorted(set(values) - {"approvals", "owners"}):
            raise ValueError(f"there is no {unknown[0]}")
        approvals = values.get("approvals", 1)
        if type(approvals) is not int or not 1 <= approvals <= MOST_APPROVALS:
            raise ValueError(f"approvals is a number from 1 to {MOST_APPROVALS}")
        rows = values.get("owners", [])
        if not isinstance(rows, list) or len(rows) > MOST_OWNERS:
            raise ValueError(f"owners is a list of at most {MOST_OWNERS}")
        return cls(approvals, tuple(_owners(row) for row in rows))

    def values(self) -> dict[str, Any]:
        """As stored."""
        rows = [{"glob": one.glob, "people": list(map(str, one.people))} for one in self.owners]
        return {"approvals": self.approvals, "owners": rows}

    def owners_of(self, path: str) -> tuple[UUID, ...]:
        """People of whom one must approve a change there; empty for anybody who reviews."""
        for owners in reversed(self.owners):
            if _pattern(owners.glob).fullmatch(path):
                return owners.people
        return ()


@dataclass(frozen=True, slots=True)
class Approval:
    """Somebody's word for bytes."""

    person: UUID
    sha256: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What a proposal has and still needs.

    Attributes:
        counted: people whose approval of these very bytes counts, in order.
        missing: approvals that are still needed.
        owners: people of whom one must still approve; empty when none must.
    """

    counted: tuple[UUID, ...]
    missing: int
    owners: tuple[UUID, ...]

    @property
    def enough(self) -> bool:
        """Nothing is missing."""
        return self.missing == 0 and not self.owners


def standing(
    *,
    path: str,
    sha256: str,
    approvals: Sequence[Approval],
    writers: Collection[UUID],
    reviewers: Collection[UUID],
    rules: Rules,
) -> Standing:
    """Which approvals count and what is missing.

    Args:
        path: of the document.
        sha256: of the bytes that would become canon; approvals of others say nothing.
        approvals: in the order they were given.
        writers: who wrote these bytes; nobody approves what they wrote.
        reviewers: who may review the space now.
        rules: in force now.
    """
    counted: list[UUID] = []
    for one in approvals:
        counts = one.sha256 == sha256 and one.person in reviewers and one.person not in writers
        if counts and one.person not in counted:
            counted.append(one.person)
    owners = rules.owners_of(path)
    return Standing(
        counted=tuple(counted),
        missing=max(0, rules.approvals - len(counted)),
        owners=() if set(owners) & set(counted) else owners,
    )


def _owners(row: Any) -> Owners:
    if not isinstance(row, dict) or set(row) != {"glob", "people"}:
        raise ValueError("each of owners has a glob and people")
    glob, people = row["glob"], row["people"]
    if not isinstance(glob, str) or not 1 <= len(glob) <= 200 or glob.count("*") > MOST_STARS:
        raise ValueError(f"a glob has 1 to 200 characters, at most {MOST_STARS} of them stars")
    if not isinstance(people, list) or not 1 <= len(people) <= 50:
        raise ValueError("each of owners names 1 to 50 people")
    try:
        return Owners(glob, tuple(UUID(str(person)) for person in people))
    except ValueError as error:
        raise ValueError("people are ids") from error


@lru_cache(maxsize=256)
def _pattern(glob: str) -> re.Pattern[str]:
    """A glob as a regular expression; few stars, so that matching stays quick."""
    rooted = glob.lstrip("/") if "/" in glob else f"**/{glob}"
    written, at = "", 0
    while at < len(rooted):
        if rooted.startswith("**/", at):
            written, at = f"{written}(?:[^/]+/)*", at + 3
        elif rooted.startswith("**", at):
            written, at = f"{written}.*", at + 2
        elif rooted[at] == "*":
            written, at = f"{written}[^/]*", at + 1
        elif rooted[at] == "?":
            written, at = f"{written}[^/]", at + 1
        else:
            written, at = f"{written}{re.escape(rooted[at])}", at + 1
    return re.compile(written)
