"""What may be taken for the same without asking anybody: a known fact said again.

Only for what can be undone and publishes nothing: a note that repeats a shared memory is linked to
it as one more source. Measured on labelled pairs, a cosine this high and no veto by a rule is wrong
in under one case of twenty (`make bench-dedup`); whoever publishes asks a judge or a reviewer.
"""

from collections.abc import Collection

from apps.curation.core.rules import Reading, compare_readings


def spoken(language: str, text: str, model_languages: Collection[str]) -> bool:
    """Whether an embedding model reads a text at all: elsewhere its cosines mean nothing.

    Args:
        language: as detected; empty for a text too short to tell.
        text: what was said.
        model_languages: what the model declares; empty or holding "*" means any.
    """
    if not model_languages or "*" in model_languages or language in model_languages:
        return True
    return not language and text.isascii()


def said_again(a: Reading, b: Reading, *, near: bool) -> bool:
    """Whether two texts surely state the same.

    Args:
        a: one text, read.
        b: the other, read with the same names.
        near: whether the embedding model reads both and finds them as near as the policy's
            `known_cosine` asks.
    """
    sameness = compare_readings(a, b).sameness
    return sameness == "same" or (sameness == "open" and near)
