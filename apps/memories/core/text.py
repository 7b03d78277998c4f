"""When are two texts the same text?"""

import hashlib
import re
import unicodedata

_SPACE = re.compile(r"\s+")
_EDGES = " \t\n.,;:!?…·-–—\"'“”‘’«»()[]。、！？「」"


def normalise(text: str) -> str:
    """`text` in the form that identity is judged on.

    NFKC, case-folded, white space collapsed, punctuation at the edges stripped. A text of nothing
    but punctuation keeps it.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    collapsed = _SPACE.sub(" ", folded).strip()
    return collapsed.strip(_EDGES) or collapsed


def content_hash(text: str) -> str:
    """SHA-256 of the normalised text, 64 hexadecimal digits."""
    return hashlib.sha256(normalise(text).encode()).hexdigest()
