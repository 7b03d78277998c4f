"""What the hub says when something it stands on is missing."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from structlog.testing import capture_logs

from memoryhub import checks

ROOT = Path(__file__).resolve().parents[2]
DATABASE = os.environ["DATABASE_URL"]


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def check_of(**environment: str) -> str:
    """What `manage.py check --database default` says; it must fail politely."""
    done = manage("check", "--database", "default", **environment)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stderr


def with_password(url: str, password: str) -> str:
    user, _, place = url.rpartition("@")
    return f"{user.rpartition(':')[0]}:{password}@{place}"


@pytest.fixture
def empty_database():
    """URL of a database in which nothing has been migrated."""
    with psycopg.connect(DATABASE, autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS unmigrated")
        admin.execute("CREATE DATABASE unmigrated")
        yield DATABASE.rpartition("/")[0] + "/unmigrated"
        admin.execute("DROP DATABASE unmigrated WITH (FORCE)")


@pytest.mark.django_db
def test_a_hub_with_everything_has_nothing_to_say():
    assert checks.preflight() == []
    checks.stop_unless_ready()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("postgresql://hub:sesame@127.0.0.1:1/hub", "Connection refused"),
        ("postgresql://hub:sesame@nowhere.invalid/hub", "not known"),
        (with_password(DATABASE, "sesame"), "password authentication failed"),
        (DATABASE.rpartition("/")[0] + "/absent", 'database "absent" does not exist'),
    ],
    ids=["refused", "no such host", "wrong password", "no such database"],
)
def test_an_unusable_database_is_one_sentence(url, reason):
    said = check_of(DATABASE_URL=url)
    assert "(memoryhub.E001) PostgreSQL at postgresql://" in said
    assert reason in said
    assert "sesame" not in said
    assert "E003" not in said


@pytest.mark.slow
def test_no_database_at_all_says_how_to_get_one(tmp_path):
    said = check_of(DATABASE_URL="", REDIS_URL="", MEMORYHUB_VAR=str(tmp_path))
    assert "(memoryhub.E001) DATABASE_URL is not set" in said
    assert "(memoryhub.E004) REDIS_URL is not set" in said
    assert said.count("make run") == 2


@pytest.mark.slow
def test_a_garbled_url_is_one_line():
    done = manage("check", DATABASE_URL="postgresql://hub:sesame@host:port/hub")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("memoryhub: DATABASE_URL cannot be read")
    assert "sesame" not in done.stderr


@pytest.mark.slow
def test_a_database_without_pgvector_is_named(empty_database):
    """A view in front of the catalog's own makes this server look like one without it."""
    with psycopg.connect(empty_database, autocommit=True) as admin:
        admin.execute(
            "CREATE SCHEMA bare CREATE VIEW pg_available_extensions AS SELECT ''::name name"
        )
    options = quote("-csearch_path=bare,pg_catalog")
    said = check_of(DATABASE_URL=f"{empty_database}?options={options}")
    assert "(memoryhub.E002) This PostgreSQL has no pgvector extension." in said


@pytest.mark.slow
def test_missing_migrations_are_counted_and_migrate_may_still_run(empty_database):
    said = check_of(DATABASE_URL=empty_database)
    assert "(memoryhub.E003) The database lacks the migration " in said
    assert "more." in said
    assert manage("migrate", "contenttypes", "-v0", DATABASE_URL=empty_database).returncode == 0


@pytest.mark.django_db(transaction=True)
def test_one_missing_migration_is_named():
    last = max(name for app, name in _applied() if app == "sessions")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions' AND name = %s", [last])
    try:
        messages = checks.preflight()
        assert [message.id for message in messages] == ["memoryhub.E003"]
        assert messages[0].msg == f"The database lacks the migration sessions.{last}."
        assert checks.preflight(schema=False) == []
    finally:
        call_command("migrate", "sessions", fake=True, verbosity=0)


def _applied() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        return list(cursor.fetchall())


def _link_when(said: Sequence[object], link: Path, real: Path) -> None:
    """Once it is said that something is missing, or after a minute."""
    for _ in range(600):
        if said:
            break
        time.sleep(0.1)
    link.symlink_to(real)


@pytest.mark.django_db
@pytest.mark.parametrize("late", ["PostgreSQL", "Redis"])
def test_who_starts_before_a_service_waits_for_it_and_says_so(
    late, settings, tmp_path, monkeypatch
):
    """A socket appears where nothing was, as when a server comes up."""
    if late == "Redis":
        real = Path(settings.REDIS_URL.partition("://")[2].partition("?")[0])
        settings.REDIS_URL, name = f"unix://{tmp_path / real.name}", real.name
    else:
        name = ".s.PGSQL.5432"
        real = Path(connection.settings_dict["HOST"]) / name
        monkeypatch.setitem(connection.settings_dict, "HOST", str(tmp_path))
    if not real.is_socket():
        pytest.skip(f"{late} does not listen on a socket")
    with capture_logs() as said:
        coming = threading.Thread(target=lambda: _link_when(said, tmp_path / name, real))
        coming.start()
        checks.stop_unless_ready()
    coming.join()
    assert [(one["event"], one["at_most_seconds"]) for one in said] == [
        ("waiting_for_services", checks.PATIENCE_SECONDS)
    ]
    assert late in said[0]["problems"]


@pytest.mark.django_db
def test_what_does_not_come_up_by_itself_is_not_waited_for(settings):
    settings.REDIS_URL = ""
    with capture_logs() as said, pytest.raises(SystemExit, match=r"memoryhub\.E004"):
        checks.stop_unless_ready()
    assert said == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("url", "part"),
    [
        ("redis://:sesame@127.0.0.1:1/0", "Redis at redis://127.0.0.1:1/0 does not answer"),
        ("unix:///nowhere/redis.sock", "Redis at unix:///nowhere/redis.sock does not answer"),
        ("redis+socket:///nowhere/redis.sock", "does not answer"),
        ("nonsense", "REDIS_URL cannot be read as a URL."),
        ("", "REDIS_URL is not set"),
    ],
)
def test_an_unusable_redis_is_one_sentence(settings, url, part):
    settings.REDIS_URL = url
    (message,) = checks.preflight()
    assert message.id == "memoryhub.E004"
    assert part in message.msg
    line = checks.sentence(message)
    assert "sesame" not in line
    assert "\n" not in line
    with pytest.raises(SystemExit, match=r"memoryhub\.E004"):
        checks.stop_unless_ready(patience=0)
