"""A PostgreSQL cluster whose database is migrated, made once for the code as it is, then copied.

Applying all migrations takes as long as hundreds of tests, nearly all of it Django's keeping of the
state between them, and every process of tests and every hub that a test starts would do it again.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from memoryhub import embedded
from memoryhub.embedded.layout import Layout

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "var" / "tests"
KEPT = 2  # the newest; runs of tests of other code may still copy theirs
_NO_REDIS = "redis://127.0.0.1:1/0"


def lay(var: Path) -> None:
    """Put a copy where `embedded.start(var)` looks for its cluster.

    Its database is as `migrate` leaves it: no organisation, nobody in it.
    """
    made = Layout(_made())
    var.mkdir(mode=0o711, parents=True, exist_ok=True)
    shutil.copytree(made.postgres, Layout(var).postgres)
    shutil.copy(made.password, Layout(var).password)


@cache
def _made() -> Path:
    """The folder of the one for this code; the first who asks makes it, others wait for it."""
    folder = FOLDER / _digest()
    with _alone():
        if not folder.exists():
            _make(folder)
            for old in sorted(FOLDER.glob("*/"), key=lambda one: one.stat().st_mtime)[:-KEPT]:
                shutil.rmtree(old)
    return folder


def _digest() -> str:
    """Of all that a migrated database may depend on."""
    digest = hashlib.sha256((ROOT / "requirements" / "base.txt").read_bytes())
    for room in ("apps", "memoryhub"):
        for path in sorted((ROOT / room).rglob("*.py")):
            digest.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def _alone() -> Iterator[None]:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(folder: Path) -> None:
    """Beside its place, and moved there: a half-made one is never used."""
    draft = FOLDER / "draft"
    shutil.rmtree(draft, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="memoryhub-template-") as name:
        var = Path(name, "var")
        Path(name).chmod(0o711)  # as root the services run as another account and must get in
        with embedded.start(var, only=["postgres"], durable=False) as services:
            _migrate(services.urls.database_url, var)
        draft.mkdir()
        shutil.copytree(Layout(var).postgres, Layout(draft).postgres)
        shutil.copy(Layout(var).password, Layout(draft).password)
    draft.rename(folder)


def _migrate(database_url: str, var: Path) -> None:
    own = {"DATABASE_URL": database_url, "REDIS_URL": _NO_REDIS, "MEMORYHUB_VAR": str(var)}
    command = [sys.executable, "-W", "ignore", "manage.py", "migrate", "-v0", "--skip-checks"]
    subprocess.run(command, cwd=ROOT, env={**os.environ, **own}, check=True)
