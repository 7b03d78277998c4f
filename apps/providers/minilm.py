"""all-MiniLM-L6-v2 on this machine's CPU: CTranslate2 instead of torch, no network."""

import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from weakref import WeakSet

import ctranslate2
import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from apps.kernel.limits import TEXT_BYTES
from apps.providers.errors import EmbedderUnavailable
from apps.providers.model_files import prepared_model
from apps.providers.vectors import Vectors, unit_rows

DIMENSIONS = 384
MAX_TOKENS = 256
# Nothing a memory may hold is cut before its tokens are counted, yet a megabyte of text from
# elsewhere must not cost seconds of tokenizing
MAX_CHARACTERS = TEXT_BYTES
MAX_BATCH = 32
# Attention memory grows with texts x tokens squared: 16 texts of full length stay near 50 MB
MAX_BATCH_TOKENS = 4_096


class MiniLMEmbedder:
    """The bundled model. Loaded on first use in each process; threads may share it.

    Args:
        root: directory for converted models, see `model_files.prepared_model`.
        compute: "int8" or "float32". Part of the model id: a text's two vectors have a
            cosine of 0.996 on average, for one or two words sometimes only 0.97.
        languages: overrides the languages the model was trained for.
        source: directory of the published files; the installed package if None.
    """

    dimensions = DIMENSIONS
    in_process = True

    def __init__(
        self,
        root: Path,
        *,
        compute: str = "int8",
        languages: frozenset[str] = frozenset(),
        source: Path | None = None,
    ) -> None:
        self.model = f"all-MiniLM-L6-v2/{compute}"
        self.languages = languages or frozenset({"en"})
        self._root = root
        self._compute = compute
        self._source = source
        self._engine: _Engine | None = None
        self._lock = threading.Lock()
        _embedders.add(self)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed `texts` in order; each is read up to its 256th token.

        Returns:
            float32, shape (len(texts), 384), unit rows. With int8 a few texts get another row in
            another batch: a step of rounding flips and spreads (cosine 0.99 in the worst seen).

        Raises:
            EmbedderUnavailable: the model's files are missing, wrong, or cannot be written.
        """
        if not texts:
            return np.empty((0, DIMENSIONS), dtype=np.float32)
        with _forks.held_back():
            return (self._engine or self._load()).embed(texts)

    def _load(self) -> "_Engine":
        with self._lock:
            if self._engine is None:
                directory = prepared_model(self._root, compute=self._compute, source=self._source)
                self._engine = _Engine(directory, compute=self._compute)
            return self._engine

    def unload(self) -> None:
        """Free the model and end its threads; the next `embed` loads it again."""
        self._engine = None


class _Engine:
    """Tokenizer and encoder of one process."""

    def __init__(self, directory: Path, *, compute: str) -> None:
        # One encoder per core beats several cores on one text: 0.9 ms against 5 ms, int8, 12 tokens
        self._workers = _cores()
        self._tokenizer = _tokenizer(directory / "tokenizer.json")
        try:
            self._encoder = ctranslate2.Encoder(
                str(directory),
                compute_type=compute,
                inter_threads=self._workers,
                intra_threads=1,
            )
        except (RuntimeError, ValueError) as error:
            raise EmbedderUnavailable(f"The local model cannot be loaded: {error}.") from error
        self.embed(["warm up"])  # the first call costs 30-60 ms more; not in somebody's request

    def embed(self, texts: Sequence[str]) -> Vectors:
        readable = [text[:MAX_CHARACTERS].encode("utf-8", "replace").decode() for text in texts]
        ids = [encoding.ids for encoding in self._tokenizer.encode_batch(readable)]
        batches = _batches(ids)
        rows = np.empty((len(texts), DIMENSIONS), dtype=np.float32)
        if len(batches) == 1:
            rows[batches[0]] = self._pooled([ids[i] for i in batches[0]])
            return unit_rows(rows)
        with ThreadPoolExecutor(self._workers) as pool:
            pooled = pool.map(lambda batch: self._pooled([ids[i] for i in batch]), batches)
            for batch, means in zip(batches, pooled, strict=True):
                rows[batch] = means
        return unit_rows(rows)

    def _pooled(self, ids: list[list[int]]) -> npt.NDArray[np.float32]:
        """Mean of each text's token vectors, padding left out; shape (len(ids), 384)."""
        states = np.asarray(self._encoder.forward_batch(ids).last_hidden_state)
        lengths = np.array([len(tokens) for tokens in ids])
        mask = (np.arange(states.shape[1]) < lengths[:, None]).astype(np.float32)
        sums = np.matmul(mask[:, None, :], states)[:, 0]
        return np.asarray(sums / lengths[:, None], dtype=np.float32)


def _cores() -> int:
    """Cores this process may use: a container often has fewer than the machine."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _tokenizer(path: Path) -> Tokenizer:
    # Its own threads do not survive a fork either, and tokenizing is a hundredth of the work
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    tokenizer = Tokenizer.from_file(str(path))
    # The published file says 128 and pads to it; the model was trained and measured with 256
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.no_padding()
    return tokenizer


def _batches(ids: list[list[int]]) -> list[list[int]]:
    """Positions of texts of like length together, so that little of a batch is padding."""
    batches: list[list[int]] = []
    current: list[int] = []
    for position in sorted(range(len(ids)), key=lambda i: len(ids[i])):
        padded = (len(current) + 1) * len(ids[position])
        if current and (len(current) == MAX_BATCH or padded > MAX_BATCH_TOKENS):
            batches.append(current)
            current = []
        current.append(position)
    batches.append(current)
    return batches


class _Forks:
    """Lets no fork happen while a model is in memory: it waits for `embed` and unloads the models.

    A child has none of the parent's threads. The encoder's own would be waited for by its
    destructor, for ever, and its allocator (MKL) guards itself with a spin lock that one of them
    may hold at that moment: 1 fork of 20 that followed a batch at once then hung in its first
    allocation. Loading again costs parent and child about 0.2 s each.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._running = 0
        self._pending = 0

    @contextmanager
    def held_back(self) -> Iterator[None]:
        with self._changed:
            # A fork that waits goes first: busy threads would never leave it a gap
            self._changed.wait_for(lambda: self._pending == 0)
            self._running += 1
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def before(self) -> None:
        self._changed.acquire()
        self._pending += 1
        self._changed.wait_for(lambda: self._running == 0)
        for embedder in list(_embedders):
            embedder.unload()

    def after_in_parent(self) -> None:
        self._pending -= 1
        self._changed.notify_all()
        self._changed.release()

    def after_in_child(self) -> None:
        self._pending = 0
        self._changed = threading.Condition()  # the old one is held, and waited on, in the parent


_embedders: "WeakSet[MiniLMEmbedder]" = WeakSet()
_forks = _Forks()
os.register_at_fork(
    before=_forks.before,
    after_in_parent=_forks.after_in_parent,
    after_in_child=_forks.after_in_child,
)
