"""Texts with their vectors, made once per size and given to the hub and to its peers alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from bench.service.progress import say
from bench.service.questions import Questions
from bench.service.texts import Note, Writer
from bench.service.vectors import Encoder, Floats, encode, fidelity, mix

SENTENCES = 8_000  # enough that hardly a question is asked twice at 10,000 memories and above


@dataclass(frozen=True, slots=True)
class Material:
    """Notes and their vectors by position, and where more of them come from.

    Attributes:
        sentences: unit vectors of the sentences notes are made of.
        fidelity: mean cosine of a sample of `vectors` with the real vectors of their texts.
    """

    writer: Writer
    notes: Sequence[Note]
    vectors: Floats
    sentences: Floats
    fidelity: float
    questions: Questions

    @classmethod
    def make(cls, rows: int, encoder: Encoder) -> Self:
        """For `rows` memories; the same for the same number and encoder."""
        count = min(SENTENCES, 2 * rows)
        say(f"encoding {count:,} sentences for {rows:,} memories")
        writer = Writer(sentences=count)
        sentences = encode(encoder, [sentence.text for sentence in writer.sentences])
        notes = writer.notes(rows)
        vectors = mix(notes, sentences)
        like = fidelity(encoder, notes, vectors)
        return cls(writer, notes, vectors, sentences, like, Questions(writer, notes))

    def more(self, count: int) -> tuple[list[str], Floats]:
        """Texts that nobody has written yet, with vectors."""
        notes = self.writer.notes(count)
        return [note.text for note in notes], mix(notes, self.sentences, seed=11)
