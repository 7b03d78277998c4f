"""Everything between "services are up" and "may serve": `python -m memoryhub.prepare`.

Checks, migrations, static files, first administrator, in one process. Work that is done already is
skipped, so a later start costs one Django start. What a person should read (from `bootstrap`) goes
to standard output, the rest to standard error.
"""

import argparse
import hashlib
import os
import sys
from pathlib import Path

import django
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import DatabaseError

from apps.kernel.isolation import applying
from memoryhub import checks


def main(argv: list[str] | None = None) -> None:
    """Prepare the hub for serving.

    Raises:
        SystemExit: it cannot serve; the text is one sentence per problem.
    """
    parser = argparse.ArgumentParser(prog="python -m memoryhub.prepare", description=__doc__)
    parser.add_argument("--base-url", required=True, help="where the hub will be reached")
    options = parser.parse_args(argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "memoryhub.settings")
    try:
        django.setup()
        if messages := checks.preflight(schema=False):
            raise SystemExit("\n".join(checks.sentence(message) for message in messages))
        migrate()
        isolate()
        index_vectors()
        collect_static()
        call_command("bootstrap", base_url=options.base_url)
    except (ImproperlyConfigured, CommandError) as error:
        raise SystemExit(f"memoryhub: {error}") from None
    except DatabaseError as error:
        raise SystemExit(f"memoryhub: the database refused: {str(error).splitlines()[0]}") from None


def migrate() -> bool:
    """Apply the migrations that are missing; whether there were any."""
    missing = checks.pending_migrations()
    if missing:
        sys.stderr.write(f"applying {len(missing)} migrations\n")
        call_command("migrate", interactive=False, verbosity=0)
    return bool(missing)


def isolate() -> bool:
    """Roles, policies and rights as this release declares them; whether something was missing.

    Roles are made where the login may; `check_isolation` tells what that means where it may not.
    """
    made = applying.create_roles()
    applied = applying.apply()
    if made or applied:
        sys.stderr.write("brought row-level security up to date\n")
    return made or applied


def index_vectors() -> list[str]:
    """Build the graph index of every model in use that has none; their ids.

    Beside reads and writes, in about half a minute per 100,000 memories.
    """
    from apps.memories.services import encoders, vector_indexes  # noqa: PLC0415  after the setup

    built = []
    for embedder in encoders.written():
        model, dimensions = embedder.model, embedder.dimensions
        if not vector_indexes.nameable(model) or vector_indexes.exists(model):
            continue
        if vector_indexes.ensure(model, dimensions):
            sys.stderr.write(f"indexed the vectors of {model}\n")
            built.append(model)
    return built


def collect_static() -> bool:
    """Collect static files if any changed since the last time; whether they were collected."""
    stamp = Path(settings.VAR_DIR) / "static.stamp"
    fingerprint = _static_fingerprint()
    if stamp.exists() and stamp.read_text() == fingerprint and Path(settings.STATIC_ROOT).exists():
        return False
    sys.stderr.write("collecting static files\n")
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(fingerprint)
    return True


def _static_fingerprint() -> str:
    """Digest of names, sizes and times of all source files, and of where they go."""
    digest = hashlib.sha256(str(settings.STATIC_ROOT).encode())
    for finder in finders.get_finders():
        for name, storage in finder.list([]):
            stat = Path(storage.path(name)).stat()
            digest.update(f"{name} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()


if __name__ == "__main__":
    main()
