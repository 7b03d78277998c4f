"""What keeps history and states cannot be switched off by who serves requests or tasks.

django-pgtrigger's triggers step aside for `pgtrigger.ignore`, which any session may set; raw SQL of
the web's and the worker's role tries.
"""

from io import StringIO

import pgtrigger
import psycopg
import pytest
from django.core.management import call_command
from django.db import Error, connection, transaction

from apps.accounts.models import User
from apps.governance.sql import STEPPED_PAST
from apps.kernel import isolation
from apps.kernel.isolation import WEB, WORKER, Context, applying
from apps.memories.models import Memory, MemoryRevision
from memoryhub import checks
from tests.security.test_isolation import signed_in

ALL = [(model, one) for model, one in pgtrigger.registered()]
NAMES = "{" + ",".join(one.get_pgid(model) for model, one in ALL) + "}"
REFUSED = sorted(
    (model._meta.db_table, operation)
    for model, one in ALL
    if type(one) is pgtrigger.Protect and one.condition is None
    for operation in ("UPDATE", "DELETE")
    if operation in str(one.operation)
)


@pytest.fixture
def retracted(world, write, client_of):
    """A note that was taken back: no state leads from there to "active"."""
    note = write(world.alice, "Blue ships on Thursdays.", space=world.team)
    gone = client_of(world.alice).delete(f"/api/v1/memories/{note.public_id}")
    assert gone.json()["status"] == "retracted"
    return note


def stepping_past(role, user, statement, *values):
    """Rows changed by plain SQL of a role that asks every trigger to step aside."""
    context = Context(user, role=role) if role == WEB else Context(role=role)
    with isolation.within(context), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL pgtrigger.ignore = '{NAMES}'")
        cursor.execute(statement, values)
        return cursor.rowcount


def test_there_are_tables_that_refuse():
    assert len(REFUSED) >= 20
    assert ("memories_memoryrevision", "UPDATE") in REFUSED


@pytest.mark.parametrize("role", [WEB, WORKER])
@pytest.mark.parametrize(("table", "operation"), REFUSED)
def test_what_a_trigger_always_refuses_is_not_granted_either(db, role, table, operation):
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege(%s, %s, %s)", [role, table, operation])
        assert cursor.fetchone() == (False,)


@pytest.mark.parametrize("role", [WEB, WORKER])
def test_history_is_not_rewritten(retracted, world, role):
    for statement in (
        "UPDATE memories_memoryrevision SET text = 'never said' WHERE memory_id = %s",
        "DELETE FROM memories_memoryrevision WHERE memory_id = %s",
        "DELETE FROM memories_memory WHERE id = %s",
    ):
        with pytest.raises(Error, match="permission denied"):
            stepping_past(role, world.alice.pk, statement, retracted.pk)
    kept = MemoryRevision.objects.filter(memory=retracted).values_list("text", flat=True)
    assert set(kept) == {"Blue ships on Thursdays."}


@pytest.mark.parametrize("role", [WEB, WORKER])
def test_states_move_only_as_they_may(retracted, world, role):
    back = "UPDATE memories_memory SET status = 'active' WHERE id = %s"
    with pytest.raises(Error, match="Invalid transition"):
        stepping_past(role, world.alice.pk, back, retracted.pk)
    assert Memory.objects.get(pk=retracted.pk).status == "retracted"


@pytest.mark.parametrize("role", [WEB, WORKER])
def test_who_is_switched_off_loses_the_sessions(world, role):
    off = "UPDATE accounts_user SET is_active = false WHERE id = %s"
    assert stepping_past(role, world.alice.pk, off, world.bob.pk) == 1
    assert User.objects.get(pk=world.bob.pk).session_epoch == world.bob.session_epoch + 1


def test_nor_with_a_login_of_its_own(transactional_db, world, write):
    note = write(world.alice, "Blue ships on Thursdays.", space=world.team)
    Memory.objects.filter(pk=note.pk).update(status="retracted")
    with signed_in("worker") as login:
        login.execute(f"SET pgtrigger.ignore = '{NAMES}'")
        with pytest.raises(psycopg.Error, match="Invalid transition"):
            login.execute("UPDATE memories_memory SET status = 'active' WHERE id = %s", [note.pk])
    assert Memory.objects.get(pk=note.pk).status == "retracted"


def test_the_owner_steps_past_them_as_erasure_s_functions_do(retracted):
    with transaction.atomic(), connection.cursor() as cursor:
        past = STEPPED_PAST["memories.MemoryRevision"]
        cursor.execute(f"SET LOCAL pgtrigger.ignore = '{{{past}}}'")
        cursor.execute(
            "UPDATE memories_memoryrevision SET text = '' WHERE memory_id = %s", [retracted.pk]
        )
        assert cursor.rowcount > 0


def test_a_migration_that_brings_the_library_s_own_function_is_mended(db):
    assert applying.guarded()
    model, one = ALL[0]
    with connection.cursor() as cursor:
        cursor.execute(one.compile(model).install_sql)
    assert not applying.guarded()
    (told,) = checks.check_isolation(databases=["default"])
    assert told.id == "memoryhub.W005"
    assert "triggers" in told.msg
    call_command("database", "roles", stdout=StringIO())
    assert applying.guarded()
