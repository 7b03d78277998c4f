"""Row-level security by plain SQL: nothing without a context, and with one only its own."""

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.db import Error, connection, transaction

from apps.accounts.actors import of_token
from apps.accounts.models import AgentToken
from apps.audit.services.events import SYSTEM
from apps.curation.services import runs
from apps.kernel import clock, isolation
from apps.kernel.isolation import Context, applying, roles, tables
from apps.memories.models import Memory
from apps.spaces.models import Space
from apps.spaces.services import grants
from memoryhub import embedded
from tests.api import stage
from tests.conftest import UNFILTERED

# Tables that hold a space, an organisation or a memory and need no row-level security, and why
EXEMPT = {
    "spaces_space": "names and the tree; who sees which is found from it",
    "spaces_membership": "who belongs where; no content, read before anybody is known",
    "spaces_spacegrouppermission": "grants; the function reads them",
    "spaces_spaceuserpermission": "grants to users; kept empty",
    "identity_groupmapping": "which group of an identity provider gives which role",
    "identity_managedgrant": "grants that came by such a group; read while signing in",
    "identity_directoryperson": "who came from which directory; read while signing in",
    "identity_directorygroup": "groups of a directory and who is in them",
    "identity_scimtoken": "credentials as digests; read before anybody is known",
}


@pytest.fixture
def scene(world, write, client_of):
    """Something in as many tables as can be, for two organisations."""
    made = stage.build(world, write, client_of)
    write(world.bob, "Bob keeps this to himself.")
    write(world.bob, "Blue ships on Thursdays.", space=world.team)
    write(world.dora, "Green ships on Fridays.", space=world.other_team)
    write(world.charlie, "Elsewhere nobody ships.")
    for organisation in (world.organisation, world.elsewhere):
        runs.execute(run_id=runs.queue(organisation=organisation).pk)
    client_of(world.charlie).post("/api/v1/recall", {"query": "ships"})
    client_of(world.bob).post(
        "/api/v1/outcomes",
        {"task": "Ship", "success": True, "memory_ids": [made.ids["note in team"]]},
        headers={"Idempotency-Key": "once"},
    )
    return made


def rows(table, context, column="id"):
    """Row ids that plain SQL shows in a context; `memories_cleanscreening` has no id."""
    column = "memory_id" if table == "curation_cleanscreening" else column
    with isolation.within(context), connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table}")
        return {pk for (pk,) in cursor.fetchall()}


def test_every_table_with_content_is_isolated_or_excused():
    content = {"spaces.Space", "spaces.Organisation", "memories.Memory"}
    found = set()
    for model in apps.get_models():
        targets = {
            field.related_model._meta.label
            for field in model._meta.concrete_fields
            if field.is_relation and field.related_model is not None
        }
        if targets & content or model._meta.label == "memories.Memory":
            found.add(model._meta.db_table)
    assert found - set(tables.isolated()) == set(EXEMPT)


def test_without_the_application_s_filter_means_every_filter():
    """What `application_filter_off` forgets to switch off is not tried against the database."""
    guarded = {model for model in apps.get_models() if model._meta.db_table in tables.isolated()}
    filtering = {type(model._default_manager.all()) for model in guarded}
    filtering = {one for one in filtering if hasattr(one, "visible_to")}
    assert filtering - UNFILTERED.keys() == set()


def test_row_level_security_is_enabled_and_forced_on_all_of_them(db):
    assert len(tables.isolated()) >= 27
    assert applying.unprotected() == []


def test_applying_twice_changes_nothing_and_a_difference_is_mended(db):
    assert applying.apply() is False
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE memories_memory NO FORCE ROW LEVEL SECURITY")
    assert applying.unprotected() == ["memories_memory"]
    assert applying.apply() is True
    assert applying.unprotected() == []


@pytest.mark.parametrize(
    "lost",
    [
        "DROP POLICY asker_sees ON memories_memory",
        "DROP POLICY worker_all ON audit_auditevent",
        f"ALTER POLICY owner_all ON memories_memory TO {roles.WORKER}",
    ],
)
def test_policies_that_a_restored_dump_left_out_are_made_again(db, lost):
    """It noted what was applied where it comes from; the roles may have come after it."""
    with connection.cursor() as cursor:
        cursor.execute(lost)
    assert applying.apply() is True
    assert applying.apply() is False


def test_without_a_context_nothing_is_there(scene):
    assert [table for table in tables.isolated() if rows(table, Context())] == []


def test_a_stranger_sees_only_what_is_of_another_organisation(scene, world):
    inside, outside = Context(world.alice.pk), Context(world.charlie.pk)
    shared = [table for table in tables.isolated() if rows(table, inside) & rows(table, outside)]
    assert shared == []


def test_the_scene_fills_the_tables(scene):
    empty = {table for table in tables.isolated() if not rows(table, None)}
    assert empty <= {
        *("curation_ruling", "curation_rulingnote", "curation_opinion", "curation_modeluse"),
        *("curation_cleanscreening", "curation_clustermember", "recall_feedback", "recall_report"),
        *("memories_provenance", "memories_confirmation", "consolidation_draft"),
        *("canon_section", "canon_sectionindex", "canon_proposalsource", "canon_mirror"),
        *("curation_approval", "decay_decaymove", "captures_capturechunk"),
        *("usage_modelcall", "usage_budget"),
    }


def test_a_person_sees_exactly_its_spaces(scene, world):
    seen = {"alice": {world.personal(world.alice).pk, world.team.pk, world.root.pk}}
    seen["bob"] = {world.personal(world.bob).pk, world.team.pk, world.root.pk}
    seen["dora"] = {world.personal(world.dora).pk, world.other_team.pk, world.root.pk}
    seen["charlie"] = {
        world.personal(world.charlie).pk,
        Space.objects.get(organisation=world.elsewhere, kind="organisation").pk,
    }
    for name, spaces in seen.items():
        context = Context(getattr(world, name).pk)
        for table in ("memories_memory", "memories_memoryindex", "memories_corpus"):
            assert rows(table, context, "space_id") <= spaces
        expected = set(Memory.objects.filter(space__in=spaces).values_list("pk", flat=True))
        assert expected
        assert rows("memories_memory", context) == expected
        assert rows("memories_memoryrevision", context, "memory_id") == expected
        assert rows("memories_memoryindex", context, "memory_id") == expected


def test_a_token_narrows_its_person(scene, world):
    token = AgentToken.objects.get(public_id=scene.ids["reader's token"])
    token.spaces = [world.team.public_id]
    token.save()
    assert of_token(token).principal == world.alice
    found = rows("memories_memory", Context(token.user_id, token.pk), "space_id")
    assert found == {world.team.pk}


def test_a_token_of_somebody_else_shows_nothing(scene, world):
    token = AgentToken.objects.get(public_id=scene.ids["reader's token"])
    assert rows("memories_memory", Context(world.bob.pk, token.pk)) == set()


def test_an_inactive_person_sees_nothing(scene, world):
    world.bob.is_active = False
    world.bob.save()
    assert rows("memories_memory", Context(world.bob.pk)) == set()


def test_reviewers_see_what_is_shared_below_them_and_nothing_that_is_not(scene, world):
    Space.objects.filter(person=world.bob).update(share_for_promotion=False)
    context = Context(world.alice.pk, reach="review")
    spaces = rows("memories_memory", context, "space_id")
    assert world.other_team.pk in spaces
    assert world.personal(world.bob).pk not in spaces
    assert rows("curation_candidate", context)
    assert not rows("curation_candidate", Context(world.bob.pk, reach="review"))


WRITES = {
    "insert": "INSERT INTO memories_corpus (space_id, model, status) VALUES ({foreign}, 'm', 's')",
    "move": "UPDATE memories_memory SET space_id = {foreign} WHERE space_id = {own}",
}


@pytest.mark.parametrize("statement", WRITES.values(), ids=WRITES)
def test_writes_outside_are_refused(scene, world, statement):
    own, foreign = world.personal(world.bob).pk, world.personal(world.alice).pk
    with (
        isolation.within(Context(world.bob.pk)),
        pytest.raises(Error, match="row-level security"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(own=own, foreign=foreign))


def test_a_viewer_adds_no_memory_where_it_only_reads(scene, world, write):
    grants.grant(space=world.other_team, person=world.bob, role="viewer", by=SYSTEM)
    copy = (
        "INSERT INTO memories_memory (public_id, organisation_id, space_id, author_id, owner_id,"
        " session_id, kind, text, language, tags, metadata, importance, sensitivity, source,"
        " status, content_hash, revision, occurred_at, created_at, updated_at)"
        " SELECT gen_random_uuid(), organisation_id, %s, author_id, owner_id, '', kind, 'New',"
        " '', '{}', '{}', 0.5, 'normal', 'api', 'active', 'x', 1, now(), now(), now()"
        " FROM memories_memory WHERE space_id = %s LIMIT 1"
    )
    with isolation.within(Context(world.bob.pk)):
        with (
            pytest.raises(Error, match="row-level security"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(copy, [world.other_team.pk, world.team.pk])
        with connection.cursor() as cursor:
            cursor.execute(copy, [world.team.pk, world.team.pk])
            assert cursor.rowcount == 1


def test_what_is_outside_is_neither_changed_nor_deleted(scene, world):
    foreign = world.personal(world.alice).pk
    with isolation.within(Context(world.bob.pk)), connection.cursor() as cursor:
        cursor.execute("UPDATE memories_memory SET text = 'mine' WHERE space_id = %s", [foreign])
        assert cursor.rowcount == 0
        cursor.execute("DELETE FROM memories_memoryindex WHERE space_id = %s", [foreign])
        assert cursor.rowcount == 0


FORBIDDEN = {
    "disable": "ALTER TABLE memories_memory DISABLE ROW LEVEL SECURITY",
    "no force": "ALTER TABLE memories_memory NO FORCE ROW LEVEL SECURITY",
    "policy": "DROP POLICY asker_sees ON memories_memory",
    "own policy": "CREATE POLICY mine ON memories_memory USING (true)",
    "truncate": "TRUNCATE memories_memory CASCADE",
    "drop": "DROP TABLE memories_memoryindex",
    "trigger": "ALTER TABLE audit_auditevent DISABLE TRIGGER ALL",
    "edit the audit": "UPDATE audit_auditevent SET reason = 'none'",
    "unseal": "DELETE FROM audit_seal",
    "function": "CREATE OR REPLACE FUNCTION memoryhub_applied() RETURNS int LANGUAGE sql RETURN 2",
    "new table": "CREATE TABLE public.mine (id int)",
    "become the owner": "SET ROLE memoryhub",
    "become the worker": "SET ROLE memoryhub_worker",
    "bypass": "ALTER ROLE memoryhub_web BYPASSRLS",
}


@pytest.fixture
def web_login(transactional_db):
    """A connection that signed in as the web role, as the embedded hub's web processes do."""
    with signed_in("web") as login:
        yield login


def signed_in(kind):
    urls = embedded.urls(settings.VAR_DIR)
    if urls is None:
        pytest.skip("the database is not ours: it has no logins by role")
    parameters = {**connection.get_connection_params()}
    for name in ("cursor_factory", "context", "prepare_threshold"):
        parameters.pop(name, None)
    login = embedded.parse_database_url(urls.database_url_of(kind))
    parameters |= {"user": login["USER"], "password": login["PASSWORD"]}
    return psycopg.connect(**parameters, autocommit=True)


@pytest.mark.parametrize("statement", FORBIDDEN.values(), ids=FORBIDDEN)
def test_the_web_login_cannot_lift_it(web_login, statement):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        web_login.execute(statement)


@pytest.mark.parametrize("statement", [FORBIDDEN["disable"], FORBIDDEN["truncate"]])
def test_nor_can_the_worker(transactional_db, statement):
    with signed_in("worker") as login, pytest.raises(psycopg.errors.InsufficientPrivilege):
        login.execute(statement)


def test_no_role_bypasses_it_or_owns_a_table(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolname, rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb"
            "  FROM pg_roles WHERE rolname = ANY(%s)",
            [list(isolation.ROLES)],
        )
        assert dict(cursor.fetchall()) == dict.fromkeys(isolation.ROLES, False)
        cursor.execute("SELECT count(*) FROM pg_tables WHERE tableowner = ANY(%s)",
                       [list(isolation.ROLES)])  # fmt: skip
        assert cursor.fetchone() == (0,)


def test_words_may_drive_their_index_below_it(db):
    assert applying.unleaking()


def test_who_counts_reads_no_text(scene):
    with isolation.within(isolation.nobody()), isolation.census(), connection.cursor() as cursor:
        cursor.execute("SELECT count(id) FROM memories_memory")
        assert cursor.fetchone()[0] == Memory.objects.count() > 0
        with pytest.raises(Error, match="permission denied"), transaction.atomic():
            cursor.execute("SELECT text FROM memories_memory")


def test_the_worker_sees_all_spaces_and_curates(scene, world):
    with isolation.within(Context(role=isolation.WORKER)):
        assert Memory.objects.count() > 0
        now = clock.now()
        assert not Memory.objects.expired(now).exists()
    assert rows("memories_memory", Context(role=isolation.WORKER)) == rows("memories_memory", None)
