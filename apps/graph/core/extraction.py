"""What a note speaks of, without any model: patterns, tags, and what its metadata declares.

Relations come from `metadata["relations"]` only. That two names stand in one sentence relates them
to nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from apps.graph.core import dates
from apps.graph.core.names import CODE, DATE, TAG, Name, codes, is_type, named, normalise, type_of

MOST: Final = 50
"""Declared entities and declared relations of one note, each; the rest is left out."""
LONGEST_PHRASE: Final = 4
"""Words of a known name that is looked for in a text."""
DECLARED: Final = (
    "customer", "product", "project", "system", "service", "machine", "supplier", "site", "person",
    "team",
)  # fmt: skip
"""Keys of metadata whose values are names of that type: text, or a list of it."""
UNSPOKEN: Final = (TAG, DATE, CODE)
"""Types that are not looked for in texts by their known names."""
_SURE, _TAGGED, _PATTERN, _KNOWN = 1.0, 1.0, 0.9, 0.7


@dataclass(frozen=True, slots=True)
class Note:
    """What is read of a memory. Valid time begins with `valid_from`, else `occurred_at`."""

    text: str
    tags: Sequence[str]
    metadata: Mapping[str, Any]
    occurred_at: datetime
    valid_from: datetime | None = None
    valid_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class Mention:
    """The note speaks of `name`; `confidence` 0 to 1."""

    name: Name
    confidence: float


@dataclass(frozen=True, slots=True)
class Claim:
    """The note says that `subject` stands in a relation to `object`, from `start` until `end`."""

    subject: Name
    type: str
    object: Name
    start: datetime | None
    end: datetime | None
    confidence: float = _SURE


@dataclass(frozen=True, slots=True)
class Extract:
    """Mentions in order of their names, each name once; both ends of a claim are mentioned."""

    mentions: tuple[Mention, ...] = ()
    claims: tuple[Claim, ...] = ()


@dataclass(slots=True)
class Found:
    """The surest mention of each name, and claims."""

    by_name: dict[Name, float] = field(default_factory=dict)
    claims: dict[tuple[Name, str, Name, datetime | None, datetime | None], Claim] = field(
        default_factory=dict
    )

    @classmethod
    def of(cls, read: Extract) -> "Found":
        """What was read already."""
        found = cls()
        for mention in read.mentions:
            found.mention(mention.name, mention.confidence)
        for claim in read.claims:
            found.claim(claim)
        return found

    def mention(self, name: Name | None, confidence: float) -> None:
        """The note speaks of it."""
        if name is not None and confidence > self.by_name.get(name, 0):
            self.by_name.pop(name, None)  # the surest spelling
            self.by_name[name] = confidence

    def claim(self, claim: Claim) -> None:
        """The note says so, and speaks of both ends."""
        self.mention(claim.subject, claim.confidence)
        self.mention(claim.object, claim.confidence)
        key = (claim.subject, claim.type, claim.object, claim.start, claim.end)
        self.claims.setdefault(key, claim)

    def extract(self) -> Extract:
        """All of it."""
        mentions = tuple(Mention(*pair) for pair in sorted(self.by_name.items()))
        return Extract(mentions, tuple(self.claims.values()))


def extract(note: Note, known: Iterable[Name] = ()) -> Extract:
    """Everything that the note names, and the relations it declares.

    Args:
        known: names that others declared and whose words stand among `phrases(note.text)`.
    """
    found = Found()
    declared = list(_declared(note.metadata))
    for name in declared:
        found.mention(name, _SURE)
    for claim in _claims(note, declared):
        found.claim(claim)
    for tag in note.tags:
        found.mention(named(TAG, tag), _TAGGED)
    for code in codes(note.text):
        found.mention(named(CODE, code), _PATTERN)
    for day in dates.dates(note.text):
        found.mention(named(DATE, day), _PATTERN)
    said = phrases(note.text)
    for name in known:
        if name.type not in UNSPOKEN and name.normalised in said:
            found.mention(name, _KNOWN)
    return found.extract()


def phrases(text: str) -> frozenset[str]:
    """Every run of one to four words of a text, normalised: what a known name may be."""
    words = [word for word in map(normalise, text.split()) if word]
    return frozenset(
        " ".join(words[start : start + length])
        for length in range(1, LONGEST_PHRASE + 1)
        for start in range(len(words) - length + 1)
    )


def _declared(metadata: Mapping[str, Any]) -> Iterator[Name]:
    left = MOST
    for kind in DECLARED:
        value = metadata.get(kind)
        for text in value if isinstance(value, list) else [value]:
            name = named(kind, text)
            if name is not None and left:
                left -= 1
                yield name
    listed = metadata.get("entities")
    for one in (listed if isinstance(listed, list) else [])[:left]:
        name = _typed(one, [])
        if name is not None:
            yield name


def _claims(note: Note, declared: Sequence[Name]) -> Iterator[Claim]:
    """Declared relations that can be read; what cannot is nobody's relation."""
    listed = note.metadata.get("relations")
    for one in (listed if isinstance(listed, list) else [])[:MOST]:
        if not isinstance(one, dict) or not is_type(one.get("type")):
            continue
        subject, other = (_typed(one.get(end), declared) for end in ("subject", "object"))
        if subject is None or other is None or subject == other:
            continue
        try:
            start = dates.moment(one.get("valid_from")) or note.valid_from or note.occurred_at
            end = dates.moment(one.get("valid_to")) or note.valid_to
        except ValueError:
            continue
        if end is None or start < end:
            yield Claim(subject, one["type"], other, start, end)


def _typed(value: object, declared: Sequence[Name]) -> Name | None:
    """A name with its type, or a bare one: declared in the same note, a code, or just a thing."""
    if isinstance(value, dict):
        return named(value["type"], value.get("name")) if is_type(value.get("type")) else None
    if not isinstance(value, str):
        return None
    same = [name for name in declared if name.normalised == normalise(value)]
    return same[0] if same else named(type_of(value), value)
