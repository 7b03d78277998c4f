"""Whether one text says another's words: as it stands, within it, or passed on."""

from collections.abc import Iterable

from apps.curation.services import withdrawals

_TELLING = 12  # characters; a shorter text within another one may be there by chance


def says_any(text: str, said: Iterable[str]) -> bool:
    """Whether `text` repeats one of the texts, or holds one, or is held by one."""
    return any(_says(text, one) for one in said)


def _says(text: str, said: str) -> bool:
    mine, theirs = text.casefold().strip(), said.casefold().strip()
    if not mine or not theirs:
        return False
    shorter, longer = sorted((mine, theirs), key=len)
    if shorter == longer or (len(shorter) >= _TELLING and shorter in longer):
        return True
    return withdrawals.passes_on(text, said)
