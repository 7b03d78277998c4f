"""What a language model says that a text states, held against that text.

A model sees hostile texts and may say anything. What counts is a sentence that stands in the text
word for word, with the names of both ends in it; a date must stand in the text, too. Nothing of an
answer is an id, a space or a permission, so there is none to be made up.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from apps.graph.core import dates
from apps.graph.core.extraction import Claim, Extract, Found, Note
from apps.graph.core.names import THING, Name, is_type, named, normalise, type_of

MOST: Final = 40
"""Relations, and entities, of one text; the rest of an answer is left out."""
HEARD: Final = 0.5
"""Certainty of what a model says: below what anybody declared."""
TYPES: Final = frozenset(
    {"customer", "product", "project", "system", "service", "machine", "supplier", "site",
     "person", "team", THING}
)  # fmt: skip
"""Types that a model may give; any other becomes a thing."""
RELATIONS: Final = frozenset(
    {"located_in", "part_of", "owned_by", "managed_by", "reports_to", "status", "version", "uses",
     "depends_on", "supplies", "serves", "works_on", "produces", "replaces", "connected_to",
     "causes"}
)  # fmt: skip
"""Types of relations that a model may give: it cannot add words to an organisation's graph."""
_IDEOGRAPHS = "\u2e80"  # from here on scripts that put no spaces between words


def supported(text: str, said: Mapping[str, Any]) -> dict[str, list[dict[str, str]]]:
    """What of an answer the text bears out, in a form to store.

    Args:
        text: what the model was shown.
        said: `entities` (type, name) and `relations` (subject, type, object, quote, valid_from,
            valid_to), of any content: everything in it is checked.

    Returns:
        The same keys, with text values only; what the text does not bear out is left out.
    """
    plain = normalise(text)
    entities = [one for one in _listed(said, "entities") if _stands(one.get("name"), plain)]
    relations = [one for one in _listed(said, "relations") if _borne_out(one, plain)]
    days = set(dates.dates(text))
    return {
        "entities": [{"type": _type(one), "name": one["name"]} for one in entities],
        "relations": [_relation(one, days) for one in relations],
    }


def heard(note: Note, said: Mapping[str, Any], read: Extract) -> Extract:
    """`read` with what a model said of the same text; a name that is known keeps its type.

    Args:
        said: as `supported` gave it.
    """
    found = Found.of(read)
    known = {mention.name.normalised: mention.name for mention in read.mentions}
    for one in _listed(said, "entities"):
        found.mention(_name(one["name"], one["type"], known), HEARD)
    types = {normalise(one["name"]): one["type"] for one in _listed(said, "entities")}
    for claim in _claims(note, said, known, types):
        found.claim(claim)
    return found.extract()


def _claims(
    note: Note, said: Mapping[str, Any], known: Mapping[str, Name], types: Mapping[str, str]
) -> Iterator[Claim]:
    for one in _listed(said, "relations"):
        ends = (one["subject"], one["object"])
        subject, other = (_name(end, types.get(normalise(end), ""), known) for end in ends)
        start = _moment(one.get("valid_from")) or note.valid_from or note.occurred_at
        end = _moment(one.get("valid_to")) or note.valid_to
        if subject and other and subject != other and (end is None or start < end):
            yield Claim(subject, one["type"], other, start, end, HEARD)


def _name(text: str, kind: str, known: Mapping[str, Name]) -> Name | None:
    """As others call it, a code by its form, or of the type that the model gave."""
    plain = type_of(text)
    return known.get(normalise(text)) or named(plain if plain != THING else kind or THING, text)


def _listed(said: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    value = said.get(key)
    listed: Iterable[Any] = value[:MOST] if isinstance(value, list | tuple) else ()
    return [one for one in listed if isinstance(one, dict)]


def _borne_out(one: Mapping[str, Any], plain: str) -> bool:
    """A quote of the text that names both ends, which are two things."""
    kind, quote, ends = one.get("type"), one.get("quote"), (one.get("subject"), one.get("object"))
    if not isinstance(kind, str) or kind not in RELATIONS or not _stands(quote, plain):
        return False
    within = normalise(str(quote))
    names = {normalise(str(end)) for end in ends}
    return len(names) == 2 and all(_stands(end, within) for end in ends)


def _stands(part: object, plain: str) -> bool:
    """Whether it is a text of whole words that stands in another one, both normalised."""
    if not isinstance(part, str) or named(THING, part[:200]) is None:
        return False
    words = normalise(part)
    start = plain.find(words) if words else -1
    while start >= 0:
        around = plain[max(start - 1, 0) : start] + plain[start + len(words) :][:1]
        if not any(_joins(sign) for sign in around):
            return True
        start = plain.find(words, start + 1)
    return False


def _joins(sign: str) -> bool:
    """Whether it makes a longer word of what it stands beside; not in scripts without spaces."""
    return sign in "-_" or (sign.isalnum() and sign < _IDEOGRAPHS)


def _type(one: Mapping[str, Any]) -> str:
    kind = one.get("type")
    return kind if is_type(kind) and kind in TYPES else THING


def _relation(one: Mapping[str, Any], days: set[str]) -> dict[str, str]:
    kept = {key: one[key] for key in ("subject", "type", "object")}
    for key in ("valid_from", "valid_to"):
        value = one.get(key)
        if isinstance(value, str) and value in days:
            kept[key] = value
    return kept


def _moment(value: object) -> datetime | None:
    """A day or a month; None for what is neither."""
    if not isinstance(value, str):
        return None
    return dates.moment(value if len(value) > len("2026-06") else f"{value}-01")
