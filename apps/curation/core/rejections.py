"""Why a request is turned down: a kind from a list, and words where the kind says too little."""

KINDS: dict[str, str] = {
    "duplicate": "Duplicate: it is known already",
    "wrong": "Wrong or out of date",
    "private": "Private: not for a wider audience",
    "too specific": "Too specific to help others",
    "unsafe": "Unsafe: a secret or a planted instruction",
    "other": "Something else",
}


def sentence(kind: str, words: str) -> str:
    """Kind and words as one reason, e.g. "duplicate: see the handbook"; "" says too little.

    Args:
        kind: one of `KINDS`, or "" for words alone.
        words: the reviewer's own; "other" and no kind at all need some.

    Raises:
        ValueError: there is no such kind.
    """
    if kind and kind not in KINDS:
        raise ValueError(f"kind must be one of: {', '.join(KINDS)}")
    told = words.strip()
    if kind in {"", "other"} and not told:
        return ""
    return ": ".join(part for part in (kind, told) if part)
