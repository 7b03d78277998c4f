import json
import multiprocessing
import os
import signal
import threading
from pathlib import Path

import numpy as np
import pytest

from apps.kernel.limits import TEXT_BYTES
from apps.providers.minilm import (
    MAX_BATCH,
    MAX_BATCH_TOKENS,
    MAX_CHARACTERS,
    MiniLMEmbedder,
    _batches,
)
from apps.providers.vectors import Vectors

# Newer Pythons warn of every fork in a process with threads; forking there is what is tested
MAY_FORK = "ignore:.*multi-threaded.*fork:DeprecationWarning"

DATA = Path(__file__).parent / "data"
SENTENCES: list[str] = json.loads((DATA / "sentences.json").read_text("utf-8"))["sentences"]
SAMPLE = SENTENCES[::8]


def cosines(a: Vectors, b: Vectors) -> Vectors:
    return np.asarray(np.sum(a * b, axis=1))


def test_a_text_has_the_same_vector_alone_and_in_a_batch(float32):
    alone = np.vstack([float32.embed([sentence]) for sentence in SAMPLE])
    assert cosines(alone, float32.embed(SAMPLE)).min() > 0.99999


def test_int8_moves_few_texts_with_their_batch_and_none_far(int8):
    alone = np.vstack([int8.embed([sentence]) for sentence in SAMPLE])
    cosine = cosines(alone, int8.embed(SAMPLE))
    assert np.mean(cosine > 0.999) >= 0.8
    assert cosine.min() > 0.98


def test_rows_keep_the_order_of_the_texts(float32):
    forwards = float32.embed(SAMPLE)
    backwards = float32.embed(SAMPLE[::-1])
    assert cosines(forwards, backwards[::-1]).min() > 0.99999


def test_equal_questions_get_equal_bits(int8):
    assert np.array_equal(int8.embed(["who owns it?"]), int8.embed(["who owns it?"]))


def test_rows_are_unit_float32(int8):
    rows = int8.embed(SAMPLE)
    assert (rows.dtype, rows.shape) == (np.float32, (len(SAMPLE), 384))
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-6)


def test_no_texts_are_no_rows(int8):
    assert int8.embed([]).shape == (0, 384)


def test_meaning_decides_what_is_near(int8):
    question, answer, other = int8.embed(
        ["How do I get into the building?", "Use the badge at the door.", "The soup was salty."]
    )
    assert question @ answer > question @ other + 0.2


def test_more_than_128_tokens_are_read_and_no_more_than_256(float32):
    start = "word " * 200
    a, b = float32.embed([start + "about horses", start + "about taxes"])
    assert a @ b < 0.9999
    start = "word " * 260
    a, b = float32.embed([start + "about horses", start + "about taxes"])
    assert a @ b > 0.99999


def test_broken_unicode_is_embedded_not_refused(int8):
    assert int8.embed(["half a pair: \ud83d"]).shape == (1, 384)


def test_the_longest_memory_is_read_to_its_end(float32):
    """Blanks cost characters but no tokens."""
    text = "a note about horses"
    a, b = float32.embed([text, text.rjust(TEXT_BYTES)])
    assert a @ b > 0.99999


def test_a_huge_text_costs_no_more_than_its_beginning(float32):
    start = " " * MAX_CHARACTERS
    a, b = float32.embed([start, start + "words " * 200_000])
    assert np.array_equal(a, b)


def test_batches_hold_every_text_once_and_stay_small():
    ids = [[0] * length for length in [256] * 40 + [3] * 100 + [50]]
    batches = _batches(ids)
    assert sorted(position for batch in batches for position in batch) == list(range(len(ids)))
    for batch in batches:
        assert len(batch) <= MAX_BATCH
        assert len(batch) * max(len(ids[i]) for i in batch) <= MAX_BATCH_TOKENS


def test_threads_share_one_embedder(models: Path):
    embedder = MiniLMEmbedder(models)
    expected = {text: embedder.embed([text]) for text in SENTENCES[:8]}
    found = {}

    def work(text: str) -> None:
        found[text] = embedder.embed([text])

    threads = [threading.Thread(target=work, args=(text,)) for text in expected]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert found.keys() == expected.keys()
    assert all(np.array_equal(found[text], expected[text]) for text in expected)


def _embed_and_send(embedder: MiniLMEmbedder, pipe) -> None:
    pipe.send(embedder.embed(["after the fork", *SENTENCES[:40]]).tolist())
    pipe.close()


@pytest.mark.filterwarnings(MAY_FORK)
def test_a_forked_child_of_a_parent_that_embedded_can_embed(int8):
    expected = int8.embed(["after the fork", *SENTENCES[:40]])
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_embed_and_send, args=(int8, sender))
    child.start()
    try:
        assert receiver.poll(60), "the child hangs"
        assert np.array_equal(np.array(receiver.recv(), dtype=np.float32), expected)
        child.join(60)
        assert child.exitcode == 0
    finally:
        child.kill()
        child.join()
        receiver.close()
        sender.close()
    assert np.array_equal(int8.embed(["after the fork", *SENTENCES[:40]]), expected)


@pytest.mark.filterwarnings(MAY_FORK)
def test_a_forked_child_may_drop_the_embedder_of_its_parent(models: Path):
    """The encoder's destructor would wait for threads that exist only in the parent."""
    embedders = [MiniLMEmbedder(models)]
    embedders[0].embed(["before the fork"])
    context = multiprocessing.get_context("fork")
    child = context.Process(target=embedders.clear)
    child.start()
    child.join(60)
    try:
        assert child.exitcode == 0
    finally:
        child.kill()
        child.join()


@pytest.mark.filterwarnings(MAY_FORK)
def test_a_child_forked_while_threads_load_and_embed_can_embed(models: Path):
    embedder = MiniLMEmbedder(models)
    enough = threading.Event()

    def work() -> None:
        while not enough.is_set():
            embedder.embed(SENTENCES[:3])

    thread = threading.Thread(target=work)
    thread.start()
    try:
        for _ in range(5):
            pid = os.fork()
            if pid == 0:
                signal.alarm(60)  # a child that hangs ends with a signal instead of a status of 0
                os._exit(0 if embedder.embed(SENTENCES[:3]).shape == (3, 384) else 1)
            assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    finally:
        enough.set()
        thread.join()
