"""Names of things: when two of them are the same, and which type a bare one has."""

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Final

LONGEST: Final = 200
"""Characters of a name; longer ones are no names."""
CODE, TAG, DATE, THING = "code", "tag", "date", "thing"

_SPACE = re.compile(r"\s+")
_DASHES = re.compile(r"[\u2010-\u2015\u2212]")
_TYPE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_EDGES = " \t\n.,;:!?…\"'“”‘’«»()[]{}"
_CODE = re.compile(r"(?<![\w-])[A-Z]{1,6}-\d{1,7}(?:[-./][A-Z0-9]{1,6}){0,3}(?![\w-])")
# Looks like a code and names a standard, not a thing of this organisation
_STANDARDS = re.compile(r"(?:UTF|UCS|SHA|MD|ISO|IEC|EN|UTC|GMT|RFC|BASE|AES|RSA|TLS|HTTP)-\d")


@dataclass(frozen=True, slots=True, order=True)
class Name:
    """What something is called.

    Attributes:
        type: kind of thing, as "customer"; letters, digits and underscores, at most 40.
        normalised: what identity is judged on.
        spelled: as it was written; not part of the identity.
    """

    type: str
    normalised: str
    spelled: str = field(compare=False)


def normalise(text: str) -> str:
    """NFKC, case-folded, any dash a hyphen, white space collapsed, punctuation at the edges off."""
    folded = _DASHES.sub("-", unicodedata.normalize("NFKC", text)).casefold()
    return _SPACE.sub(" ", folded).strip(_EDGES)


def named(kind: str, text: object) -> Name | None:
    """The name, or None when the text is none: empty, too long or not a string."""
    if not isinstance(text, str) or not is_type(kind) or "\0" in text:
        return None
    spelled = _SPACE.sub(" ", text).strip()
    normalised = normalise(spelled)
    if not normalised or max(len(spelled), len(normalised)) > LONGEST:
        return None
    return Name(kind, normalised, spelled)


def is_type(text: object) -> bool:
    """Whether this may be the type of an entity or a relation."""
    return isinstance(text, str) and _TYPE.fullmatch(text) is not None


def codes(text: str) -> list[str]:
    """Identifiers in a text, as E-204 or INC-1042/B, each once, in order."""
    found = (match.group() for match in _CODE.finditer(_DASHES.sub("-", text)))
    return list(dict.fromkeys(code for code in found if not _STANDARDS.match(code)))


def type_of(text: str) -> str:
    """The type of a name that was given without one: a code by its form, else a thing."""
    plain = _DASHES.sub("-", text.strip()).upper()
    return CODE if codes(plain) == [plain] else THING
