"""What the screen reports: where something is and why, never what it says."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from re import Pattern
from typing import Literal

Kind = Literal["secret", "personal_data", "instruction"]

_FAMILIES: dict[str, Kind] = {
    "secret": "secret",
    "personal": "personal_data",
    "instruction": "instruction",
}


def kind_of(code: str) -> Kind:
    """The family of a code such as `personal.phone`.

    Raises:
        KeyError: the code begins with no known family.
    """
    return _FAMILIES[code.partition(".")[0]]


@dataclass(frozen=True, slots=True)
class Mark:
    """One place in a text that keeps the whole memory in its space.

    Attributes:
        kind: the family as an enumeration.
        code: stable reason, `<family>.<what>`, for the owner, the counters and the audit.
        start: first character of the hit in the original text, 0-based.
        end: one past the last character; `start == end == 0` when the hit is in a tag or metadata.
    """

    kind: Kind
    code: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class View:
    """A normalised reading of a text that remembers where each character came from.

    Attributes:
        text: what patterns are matched against.
        origin: index in the original text of each character, plus one closing entry.
    """

    text: str
    origin: tuple[int, ...]

    def mark(self, start: int, end: int, code: str, kind: Kind) -> Mark:
        """The mark of `text[start:end]` in coordinates of the original text."""
        first = self.origin[start]
        return Mark(kind, code, first, max(first + 1, self.origin[end]))


def matches(
    view: View, table: Mapping[str, tuple[Pattern[str], ...]], kind: Kind
) -> Iterator[Mark]:
    """Marks of every pattern in a `{code: patterns}` table, each pattern read once."""
    for code, patterns in table.items():
        for pattern in patterns:
            for hit in pattern.finditer(view.text):
                yield view.mark(*hit.span(), code, kind)
