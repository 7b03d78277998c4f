"""Vectors of the notes: mixtures of encoded sentences, and the exact answer to a search."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from bench.service.texts import Note

Floats = npt.NDArray[np.float32]
Encoder = Callable[[Sequence[str]], Floats]

NOISE = 0.25  # length of the noise beside a mixture of length about 1
ENCODED_AT_ONCE = 256
CHECKED = 64  # notes whose mixture is compared with their real vector
NEAREST = 10
PART = 20_000  # rows compared at once: copies of all of a million's would not fit


def encode(encoder: Encoder, texts: Sequence[str]) -> Floats:
    """Unit vectors of shape (len(texts), dimensions)."""
    parts = [
        encoder(texts[start : start + ENCODED_AT_ONCE])
        for start in range(0, len(texts), ENCODED_AT_ONCE)
    ]
    return np.concatenate(parts).astype(np.float32)


def mix(notes: Sequence[Note], sentences: Floats, *, seed: int = 7) -> Floats:
    """Unit vectors of shape (len(notes), dimensions), rounded as a halfvec rounds them.

    A note's vector is 0.5 to 0.7 parts of its first sentence, the rest of its second, and noise.

    Args:
        notes: at least one.
        sentences: unit vectors by position, as the notes count them.
        seed: any number.
    """
    random = np.random.default_rng(seed)
    dimensions = sentences.shape[1]
    mixed = np.empty((len(notes), dimensions), dtype=np.float32)
    for start in range(0, len(notes), 10_000):  # so that a million needs no copies of all
        part = notes[start : start + 10_000]
        share = random.uniform(0.5, 0.7, (len(part), 1)).astype(np.float32)
        noise = random.standard_normal((len(part), dimensions), dtype=np.float32)
        mixture = share * sentences[[note.first for note in part]]
        mixture += (1 - share) * sentences[[note.second for note in part]]
        mixture += noise * np.float32(NOISE / dimensions**0.5)
        mixture /= np.linalg.norm(mixture, axis=1, keepdims=True)
        mixed[start : start + len(part)] = mixture.astype(np.float16)
    return mixed


def fidelity(encoder: Encoder, notes: Sequence[Note], mixed: Floats) -> float:
    """Mean cosine between mixtures and the vectors of the texts themselves, over a sample."""
    step = max(len(notes) // CHECKED, 1)
    picked = list(range(0, len(notes), step))[:CHECKED]
    real = encode(encoder, [notes[place].text for place in picked])
    return float(np.mean(np.sum(real * mixed[picked], axis=1)))


def nearest(mixed: Floats, allowed: npt.NDArray[np.intp], questions: Floats) -> list[list[int]]:
    """Positions of the ten nearest of the `allowed` rows for each question, nearest first."""
    parts = np.array_split(allowed, len(allowed) // PART + 1)
    cosines = np.concatenate([mixed[part] @ questions.T for part in parts])
    orders = (np.argsort(-each, kind="stable")[:NEAREST] for each in cosines.T)
    return [[int(place) for place in allowed[order]] for order in orders]
