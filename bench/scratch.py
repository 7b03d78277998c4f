"""What benchmarks share: a hub on a database of its own, rows from JSON lines, figures as JSON."""

import json
import os
import secrets
import tempfile
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django

from memoryhub import embedded

Row = dict[str, Any]


@contextmanager
def hub() -> Iterator[None]:
    """A migrated database and Django on it; a scratch one unless DATABASE_URL names one."""
    with tempfile.TemporaryDirectory(prefix="memoryhub-bench-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        folder.chmod(0o711)  # as root the services run as another account and must get in
        missing = {"DATABASE_URL": "postgres", "REDIS_URL": "redis"}
        only = [service for name, service in missing.items() if not os.environ.get(name)]
        with embedded.start(folder / "var", only=only, durable=False) as services:
            os.environ.setdefault("DATABASE_URL", services.urls.database_url)
            os.environ.setdefault("REDIS_URL", services.urls.redis_url)
            try:
                with django_on_it():
                    yield
            finally:  # a process started later must not look for services that are gone
                for name, service in missing.items():
                    if service in only:
                        del os.environ[name]


@contextmanager
def django_on_it() -> Iterator[None]:
    """Django on the database that DATABASE_URL names, migrated; its connections closed after."""
    settings()
    from django.core.management import call_command
    from django.db import connections

    try:
        call_command("migrate", verbosity=0)
        yield
    finally:
        connections.close_all()


def settings() -> None:
    """Django with the project's settings; enough by itself where no database is asked."""
    os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(40))
    os.environ.setdefault("DATABASE_URL", "postgresql://127.0.0.1:1/none")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "memoryhub.settings")
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    django.setup()


def rows(path: Path) -> list[Row]:
    """The rows of a file of JSON lines."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def sizes(most: int) -> Callable[[str], list[int]]:
    """What reads sizes with commas between them, from 100 to `most`, for argparse."""

    def read(text: str) -> list[int]:
        found = [int(part) for part in text.replace("_", "").split(",") if part.strip()]
        if not found or not all(100 <= size <= most for size in found):
            raise ArgumentTypeError(f"a size lies between 100 and {most:,}")
        return found

    return read


def write(path: Path, figures: Mapping[str, Any]) -> None:
    """Write figures as JSON, making the folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
