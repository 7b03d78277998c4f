"""What is said and mended when row-level security is missing, as an older release left it."""

import os
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from django.conf import settings as live
from django.core.management import call_command
from django.db import connection

from apps.kernel import isolation
from apps.kernel.isolation import Context, applying, tables
from apps.kernel.isolation.roles import LEAKPROOF
from apps.memories.models import Memory
from memoryhub import checks, embedded, prepare
from tests.memoryhub.test_checks import manage

ROLES = ", ".join(isolation.ROLES)


def told():
    return [(one.id, one.msg) for one in checks.check_isolation(databases=["default"])]


def as_superuser(url, statements):
    """Of a PostgreSQL that is ours: its superuser has the owner's password."""
    with psycopg.connect(url.replace("//memoryhub:", "//postgres:"), autocommit=True) as admin:
        admin.execute(statements)


def run(action):
    said = StringIO()
    call_command("database", action, stdout=said)
    return said.getvalue()


@pytest.fixture
def before_isolation(db, world, write):
    """The database as a release before row-level security left it, with a note in it."""
    write(world.alice, "Kept since long.")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table that waits for checks is locked
        cursor.execute("SELECT policyname, tablename FROM pg_policies")
        for policy, table in cursor.fetchall():
            cursor.execute(f"DROP POLICY {policy} ON {table}")
        for table in tables.isolated():
            cursor.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
            cursor.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
        cursor.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {ROLES}")
        cursor.execute(f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {ROLES}")
        cursor.execute("DROP FUNCTION memoryhub_applied(), memoryhub_sees_memory(bigint)")
        cursor.execute("DROP FUNCTION memoryhub_enter(bigint, bigint, text, bigint)")


@pytest.mark.parametrize(("production", "code"), [(False, "W005"), (True, "E005")])
def test_an_older_database_is_named_and_brought_up_to_date(
    before_isolation, world, settings, production, code
):
    settings.PRODUCTION = production
    first = min(tables.isolated())
    assert told() == [
        (f"memoryhub.{code}", f"Row-level security does not protect {first}."),
    ]
    assert prepare.isolate() is True
    assert told() == []
    assert prepare.isolate() is False
    with isolation.within(Context(world.alice.pk)):
        assert Memory.objects.get().text == "Kept since long."
    with isolation.within(Context(world.bob.pk)):
        assert not Memory.objects.exists()


@pytest.mark.parametrize("role", ["web", "owner"])
def test_a_role_that_the_login_may_not_take_is_named(db, settings, role):
    settings.DATABASE_ROLE = role
    with connection.cursor() as cursor:  # the worker's login, which may take no other role
        cursor.execute("SET LOCAL ROLE memoryhub_worker")
        ((code, sentence),) = told()
        settings.DATABASE_ROLE = "worker"
        assert told() == []
        cursor.execute("RESET ROLE")
    assert code == "memoryhub.W005"
    assert "memoryhub_census does not exist, or this login may not take it" in sentence


def test_the_command_brings_it_up_to_date_and_says_so(before_isolation):
    assert "brought up to date" in run("roles")
    assert run("roles") == "roles and policies are there\n"
    assert applying.unprotected() == []


def test_the_command_prints_what_a_superuser_has_to_run(db):
    said = run("sql")
    for role in isolation.ROLES:
        assert f"CREATE ROLE {role} " in said
    assert "GRANT memoryhub_web, memoryhub_worker, memoryhub_census TO memoryhub;" in said
    assert LEAKPROOF in said


@pytest.mark.django_db(transaction=True)
def test_slow_word_searches_are_a_warning_that_stops_nothing(settings):
    if embedded.urls(live.VAR_DIR) is None:
        pytest.skip("the database is not ours: it has no superuser for tests")
    url = f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{connection.settings_dict['NAME']}"
    as_superuser(url, LEAKPROOF.replace(" LEAKPROOF", " NOT LEAKPROOF"))
    try:
        ((code, sentence),) = told()
        assert (code, checks.preflight()) == ("memoryhub.W006", [])
        assert "word searches" in sentence
        assert "word searches are slow until a superuser runs" in run("roles")
    finally:
        as_superuser(url, LEAKPROOF)
    assert told() == []


@pytest.mark.slow
def test_without_roles_the_command_prints_what_makes_them_and_fails(tmp_path: Path):
    """A login of one's own that may make no roles, in a cluster that has none."""
    with embedded.start(tmp_path / "var", only=["postgres"], durable=False) as services:
        url = services.urls.database_url
        as_superuser(url, f"DROP ROLE {ROLES};")
        done = manage("database", "roles", DATABASE_URL=url)
    assert done.returncode == 1
    assert "CREATE ROLE memoryhub_web " in done.stdout
    assert "This login may not make roles: memoryhub_census, memoryhub_web" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_folder_made_before_there_were_roles_gets_them(tmp_path: Path):
    """As a release left it that knew one login: roles and marks of functions are not there."""
    with embedded.start(tmp_path / "var", only=["postgres"], durable=False) as services:
        url = services.urls.database_url
        as_superuser(url, f"{LEAKPROOF.replace(' LEAKPROOF', ' NOT LEAKPROOF')} DROP ROLE {ROLES};")
        with psycopg.connect(url) as kept:
            kept.execute("CREATE TABLE kept AS SELECT 1 AS n")
    with embedded.start(tmp_path / "var", only=["postgres"], durable=False) as services:
        proof = "SELECT proleakproof FROM pg_proc WHERE proname = 'ts_match_vq'"
        with psycopg.connect(services.urls.database_url) as owner:
            assert owner.execute("SELECT n FROM kept").fetchall() == [(1,)]
            assert owner.execute(proof).fetchall() == [(True,)]
        for kind in ("web", "worker"):
            with psycopg.connect(services.urls.database_url_of(kind)) as login:
                assert login.execute("SELECT current_user").fetchone() == (f"memoryhub_{kind}",)
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    login.execute("SELECT n FROM kept")
