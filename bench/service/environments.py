"""Packages that are measured but not ours, in folders of their own under var/: not in the lock."""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.service.hub import ROOT
from bench.service.progress import say

FOLDER = ROOT / "var" / "bench" / "environments"
_PIP = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")


class NotInstalled(RuntimeError):
    """The package index does not give what is asked for; the message says what pip said last."""


def python_of(name: str, requirements: Sequence[str]) -> Path:
    """The Python of a virtual environment with `requirements`, made when there is none.

    Raises:
        NotInstalled: they cannot be installed.
    """
    folder = _folder(name, requirements)
    python = folder / "bin" / "python"
    venv = [sys.executable, "-m", "venv", "--clear", str(folder)]
    _make(folder, requirements, venv, [str(python), *_PIP, *requirements])
    return python


def library_of(name: str, requirements: Sequence[str]) -> Path:
    """A folder for PYTHONPATH with `requirements`, beside the packages of this Python.

    Raises:
        NotInstalled: they cannot be installed.
    """
    folder = _folder(name, requirements)
    _make(folder, requirements, [sys.executable, *_PIP, "--target", str(folder), *requirements])
    return folder


def _folder(name: str, requirements: Sequence[str]) -> Path:
    digest = hashlib.sha256("\n".join(requirements).encode()).hexdigest()[:12]
    return FOLDER / f"{name}-{digest}"


def _make(folder: Path, requirements: Sequence[str], *commands: Sequence[str]) -> None:
    if (folder / "complete").exists():
        return
    say(f"installing {', '.join(requirements)} (once)")
    shutil.rmtree(folder, ignore_errors=True)
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            said = (done.stderr.strip() or "no reason given").splitlines()[-1]
            raise NotInstalled(f"cannot be installed: {said}")
    (folder / "complete").touch()
