"""A dump restored elsewhere, as `docs/howto/back-up.md` says, is the hub that it was."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.conf import settings as live
from django.db import connection

from apps.audit.services import seals, verification
from apps.governance.sql import FUNCTIONS
from apps.kernel import clock, isolation
from apps.kernel.isolation import Context, applying
from apps.memories.models import Memory
from apps.vault.core.envelope import Place
from apps.vault.services import credentials, datakeys
from memoryhub import embedded, prepare
from memoryhub.embedded.binaries import postgres_folder

SECRET = "hunter2 – grün"


def ran(program: str, *arguments: str, given: bytes = b"") -> bytes:
    """What a program of PostgreSQL's writes; it may complain of nothing."""
    command = [str(postgres_folder() / program), *arguments]
    done = subprocess.run(command, input=given, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout


@contextmanager
def restored() -> Iterator[None]:
    """This connection's database from its dump, in a cluster that lacked its roles: policies and
    rights that name one did not come along."""
    server, settings = os.environ["DATABASE_URL"].rpartition("/")[0], connection.settings_dict
    name, copy = settings["NAME"], f"{settings['NAME']}_restored"
    dumping = ("--enable-row-security", "--exclude-extension=vector", "-Fc")
    dump = ran("pg_dump", *dumping, f"{server}/{name}")
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as owner:
        owner.execute(f"CREATE DATABASE {copy}".encode())
        try:
            lost = ("--no-owner", "--no-policies", "--no-acl")
            ran("pg_restore", *lost, "-d", f"{server}/{copy}", given=dump)
            connection.close()
            settings["NAME"] = copy
            yield
        finally:
            connection.close()
            settings["NAME"] = name
            owner.execute(f"DROP DATABASE {copy}".encode())


def counts() -> dict[str, int]:
    """Rows that the owner sees, by table."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT count(*) FROM "{table}"')
            found[table] = cursor.fetchone()[0]
    return found


@pytest.mark.django_db(transaction=True)
def test_a_restored_dump_is_the_hub_that_it_was(world, write, make_agent, client_of):
    if embedded.urls(live.VAR_DIR) is None:
        pytest.skip("the database is not ours: its programs may be of another version")
    kept = write(world.bob, "Blue ships on Thursdays.", space=world.team)
    agent = client_of(make_agent(world.bob)[2])
    place = Place("accounts_user", str(world.bob.public_id), "test", world.organisation.public_id)
    sealed = credentials.seal(SECRET, place=place)
    witness = seals.seal(now=clock.now())
    assert witness is not None
    before = counts()
    with restored():
        assert prepare.isolate() is True
        assert applying.unprotected() == []
        assert counts() == before
        assert verification.verify(expect=witness.hash).problem is None
        datakeys.forget()
        assert credentials.unseal(sealed, place=place) == SECRET
        with isolation.within(Context()), connection.cursor() as cursor:
            assert not Memory.objects.exists()
            for function in FUNCTIONS:  # that step past triggers: the worker's
                cursor.execute("SELECT has_function_privilege(%s, 'EXECUTE')", [function])
                assert cursor.fetchone() == (False,)
        answer = agent.post("/api/v1/recall", {"query": "When does Blue ship?"}).json()
        assert [found["id"] for found in answer["results"]] == [str(kept.public_id)]
