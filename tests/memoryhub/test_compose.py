"""The database that the compose file starts, beside the one that `make run` starts."""

from pathlib import Path

import pytest
import yaml
from django.db import connection

from memoryhub.embedded import postgres_server

COMPOSE = Path(__file__).resolve().parents[2] / "docker" / "compose.yaml"


@pytest.fixture(scope="module")
def composed() -> dict[str, str]:
    """Settings of PostgreSQL by name, as the compose file gives them."""
    program, *options = yaml.safe_load(COMPOSE.read_text())["services"]["postgres"]["command"]
    assert program == "postgres"
    assert all(option.startswith("-c") for option in options)
    return dict(option.removeprefix("-c").split("=", 1) for option in options)


def test_neither_database_writes_memories_to_its_log(composed):
    lines = postgres_server.settings(durable=True).splitlines()
    embedded = dict(line.replace("'", "").split(" = ", 1) for line in lines)
    quiet = [name for name in embedded if name.startswith("log_min_") or "parameter" in name]
    assert len(quiet) == 4
    for name in [*quiet, "log_error_verbosity"]:
        assert composed[name] == embedded[name]


def test_postgresql_knows_every_setting_of_the_compose_file(composed, db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_settings WHERE name = ANY(%s)", [[*composed]])
        assert {name for (name,) in cursor.fetchall()} == composed.keys()
