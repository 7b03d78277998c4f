"""Pytest plugin: a PostgreSQL and a Redis for the tests, gone when pytest ends.

Loaded by `-p tests.services` before Django reads its settings. With DATABASE_URL or REDIS_URL set
that service is used as it is. Under xdist every worker has services of its own: roles belong to a
whole PostgreSQL, counters to a whole Redis. Ours begins with a database that is migrated
(`template`), of which `conftest` makes the test database.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from memoryhub import embedded
from memoryhub.embedded.postgres_server import ROLE, PostgresServer
from tests import template

MIGRATED = "memoryhub_migrated"
TEMPLATE = "MEMORYHUB_TEST_TEMPLATE"  # names the database to make the test database of
ENVIRONMENT = {
    "MEMORYHUB_ENV": "test",
    "SECRET_KEY": "only-for-tests-0123456789-0123456789-0123456789",
    "EMBEDDING_MODEL": "null",
}


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """Prepare the environment; a wrapper runs before pytest-django looks at the settings."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    missing = {"DATABASE_URL": "postgres", "REDIS_URL": "redis"}
    only = [service for name, service in missing.items() if not os.environ.get(name)]
    asked = set(early_config.invocation_params.args)
    if only and not {"-h", "--help", "--version"} & asked and not _only_hands_out(early_config):
        _start(early_config, only)
    yield


def _only_hands_out(config: pytest.Config) -> bool:
    """Whether this process is xdist's controller, which runs no test itself."""
    several = getattr(config.known_args_namespace, "numprocesses", None)
    return bool(several) and "PYTEST_XDIST_WORKER" not in os.environ


def _start(config: pytest.Config, only: list[str]) -> None:
    folder = Path(tempfile.mkdtemp(prefix="memoryhub-tests-"))
    folder.chmod(0o711)  # as root the services run as another account and must get in
    if "postgres" in only:
        template.lay(folder / "var")
    services = embedded.start(folder / "var", only=only, durable=False)

    def stop() -> None:
        services.stop()
        shutil.rmtree(folder, ignore_errors=True)

    config.add_cleanup(stop)
    atexit.register(stop)  # pytest may leave before it is configured
    if isinstance(server := services.servers.get("postgres"), PostgresServer):
        with server._connect("postgres") as admin:
            _hand_over(admin)
    os.environ["MEMORYHUB_VAR"] = str(folder / "var")
    for name, url in (
        ("DATABASE_URL", services.urls.database_url),
        ("REDIS_URL", services.urls.redis_url),
    ):
        os.environ[name] = url or os.environ[name]


def _hand_over(admin: psycopg.Connection) -> None:
    """The migrated database aside, an empty one in its place; and a right that `sweeping` needs."""
    role, aside = sql.Identifier(ROLE), sql.Identifier(MIGRATED)
    for statement in (
        "ALTER DATABASE {role} RENAME TO {aside}",
        "CREATE DATABASE {role} OWNER {role}",
        "GRANT SET ON PARAMETER session_replication_role TO {role}",
    ):
        admin.execute(sql.SQL(statement).format(role=role, aside=aside))
    os.environ[TEMPLATE] = MIGRATED
