"""English claims of notes in languages that the embedding model does not speak."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from apps.curation.core.notes import Note
from apps.curation.services.opinions import LONGEST, Opinions, Question
from apps.memories.services import encoders
from apps.providers.errors import EmbedderUnavailable
from apps.providers.prompts import CANONICAL_CLAIM
from apps.providers.vectors import Vectors

_NO_VECTORS = np.empty((0, 0), dtype=np.float32)


@dataclass(frozen=True)
class Claims:
    """What notes say, in English, in the words of a model: it helps to find notes alike.

    Attributes:
        texts: claim by note id.
        vectors: shape (n, dimensions), in the order of `texts`; empty when the embedding model is
            unavailable.
    """

    texts: Mapping[int, str]
    vectors: Vectors


NO_CLAIMS = Claims({}, _NO_VECTORS)


def of(notes: Sequence[Note], opinions: Opinions) -> Claims:
    """English claims of the notes in languages that the embedding model does not speak.

    Blocks for the network: never inside a transaction.
    """
    spoken = encoders.active().languages
    if not spoken or "*" in spoken:
        return NO_CLAIMS
    short = (note for note in notes if len(note.text) <= LONGEST)
    foreign = [note for note in short if note.language not in spoken]
    answers = opinions.ask(CANONICAL_CLAIM, [Question(note.text) for note in foreign])
    found = {}
    for note in foreign:
        answer = answers.get(Question(note.text))
        if answer is not None:
            found[note.id] = answer.claim
    if not found:
        return NO_CLAIMS
    try:
        with opinions.charging():
            return Claims(found, encoders.active().embed(list(found.values())))
    except EmbedderUnavailable:
        return Claims(found, _NO_VECTORS)
