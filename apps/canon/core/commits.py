"""What a merge looks like in git: only what is stored with it, so that it can be made again.

People are named by their public ids. Clones cannot be erased; `manage.py canon mailmap` gives the
names to whoever may know them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

DOMAIN = "memoryhub.invalid"  # reserved: nobody gets mail there


@dataclass(frozen=True, slots=True)
class Merge:
    """A revision as git tells it.

    Attributes:
        path: of the document.
        content: UTF-8 text; None where the document was retired.
        number: of the revision, from 1.
        title: one line.
        sha256: of the content.
        seconds: when it was merged, since 1970, UTC.
        witness: ids of `proposal`, `author`, `merged_by`, lists `approvers` and `sources`.
    """

    path: str
    content: str | None
    number: int
    title: str
    sha256: str
    seconds: int
    witness: Mapping[str, Any]

    @property
    def author(self) -> str:
        """Name and address of who proposed it."""
        return identity(self.witness["author"])

    @property
    def committer(self) -> str:
        """Name and address of who merged it."""
        return identity(self.witness["merged_by"])


def identity(public_id: str) -> str:
    """Somebody as git names them."""
    return f"{public_id} <{public_id}@{DOMAIN}>"


def message(merge: Merge) -> str:
    """The commit's message: what, then trailers that git's own tools read."""
    verb = "Retire" if merge.content is None else "Add" if merge.number == 1 else "Change"
    trailers = [
        ("Document", merge.path),
        ("Revision", str(merge.number)),
        ("Content-SHA256", merge.sha256),
        ("Proposal", merge.witness["proposal"]),
        *(("Source", source) for source in _strings(merge.witness["sources"])),
        *(("Approved-by", identity(one)) for one in _strings(merge.witness["approvers"])),
        ("Signed-off-by", merge.committer),
    ]
    lines = "\n".join(f"{name}: {value}" for name, value in trailers)
    return f"{verb} {merge.path}\n\n{merge.title}\n\n{lines}\n"


def _strings(values: Sequence[str]) -> list[str]:
    return [str(value) for value in values]
