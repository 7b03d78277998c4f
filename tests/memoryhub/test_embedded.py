"""Real servers, really killed."""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from django.core.exceptions import ImproperlyConfigured

from memoryhub import embedded
from memoryhub.embedded.process import Handle, residents
from tests.memoryhub import owner

ROOT = Path(__file__).resolve().parents[2]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has a choice of accounts")


@pytest.fixture
def var(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "var"
    yield folder
    assert not servers(folder), "a test left servers running"


@pytest.fixture
def open_var() -> Iterator[Path]:
    """A data folder that every account can reach."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder / "var"
    shutil.rmtree(folder)


def start(var: Path, **kwargs) -> embedded.Services:
    return embedded.start(var, durable=False, **kwargs)


def servers(var: Path) -> list[Handle]:
    found = residents(var / "postgres", ["postgres"]) if var.exists() else []
    return found + (residents(var / "redis", ["redis-server"]) if var.exists() else [])


def gone(handles: list[Handle]) -> bool:
    return all(handle.wait(20) for handle in handles)


def query(services: embedded.Services | str, sql: str) -> list[tuple[Any, ...]]:
    url = services if isinstance(services, str) else services.urls.database_url
    with psycopg.connect(url) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchall() if cursor.description else []


def queue(services: embedded.Services) -> redis.Redis:
    return redis.Redis.from_url(services.urls.redis_url, decode_responses=True)


def owning_process(var: Path, **kwargs) -> subprocess.Popen[str]:
    argv = kwargs.pop("argv", [sys.executable])
    return subprocess.Popen(
        [*argv, owner.__file__, str(var)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)} | kwargs.pop("env", {}),
        **kwargs,
    )


def finish(process: subprocess.Popen[str]) -> tuple[str, str]:
    return process.communicate(timeout=60)


def note(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout
    line = process.stdout.readline()
    if not line:
        pytest.fail(f"the owner did not start: {finish(process)[1]}")
    return dict(json.loads(line))


def test_the_database_is_ours_has_pgvector_and_no_superuser(var):
    with start(var) as services:
        query(services, "CREATE EXTENSION IF NOT EXISTS vector")
        assert query(services, "SELECT '[1,2]'::vector <-> '[1,2]'") == [(0.0,)]
        assert query(
            services,
            "SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user",
        ) == [(False, True)]
        assert query(services, "SHOW timezone") == [("UTC",)]


def test_a_new_database_has_pgvector_too(var):
    with start(var) as services:
        with psycopg.connect(services.urls.database_url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE another")
        another = services.urls.database_url.rpartition("/")[0] + "/another"
        assert query(another, "SELECT 1 FROM pg_extension WHERE extname = 'vector'") == [(1,)]


def test_only_private_sockets_and_private_files(var):
    with start(var) as services:
        assert query(services, "SHOW listen_addresses") == [("",)]
        with queue(services) as client:
            assert client.config_get("port") == {"port": "0"}
        sockets = Path(services.state.sockets)
        modes = [path.stat().st_mode for path in (var / "embedded.json", var / "postgres_password")]
        assert {stat.S_IMODE(mode) for mode in modes} == {0o600}
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
        assert not sockets.is_relative_to(var)


def test_wrong_password_is_refused(var):
    with start(var) as services:
        user, _, place = services.urls.database_url.rpartition("@")
        wrong = user.rpartition(":")[0] + ":wrong@" + place
        with pytest.raises(psycopg.OperationalError, match="authentication failed"):
            query(wrong, "SELECT 1")


def test_stop_leaves_data_and_nothing_else(var):
    with start(var) as services:
        query(services, "CREATE TABLE kept AS SELECT 7 AS n")
        with queue(services) as client:
            client.rpush("celery", "task")
        sockets = Path(services.state.sockets)
        running = [Handle.of(pid) for pid in services.pids.values()]
    assert gone([handle for handle in running if handle])
    assert not sockets.exists()
    assert embedded.urls(var) is None
    with embedded.start(var) as again:  # durable this time: same data, other settings
        assert query(again, "SELECT n FROM kept") == [(7,)]
        assert query(again, "SHOW fsync") == [("on",)]


def test_one_service_alone(var):
    with start(var, only=["redis"]) as services:
        assert list(services.pids) == ["redis"]
        found = embedded.urls(var)
        assert found == services.urls
        assert found.database_url == ""


def test_urls_tell_what_lives_now(var):
    assert embedded.urls(var) is None
    with start(var) as services:
        assert embedded.urls(var) == services.urls
        os.kill(services.pids["redis"], signal.SIGKILL)
        services.children["redis"].wait()
        assert embedded.urls(var) is None


def test_urls_survive_a_spoiled_state_file(var):
    with start(var):
        (var / "embedded.json").write_text('{"processes": 3}')
        assert embedded.urls(var) is None


def test_the_representation_hides_the_password(var):
    with start(var) as services:
        assert (var / "postgres_password").read_text() not in repr(services.urls)


def test_a_second_start_attaches_and_cannot_stop_it(var):
    with start(var) as services:
        with start(var) as second:
            assert second.attached
            assert second.pids == services.pids
        process = owning_process(var)
        assert note(process)["attached"]
        finish(process)
        assert query(services, "SELECT 1") == [(1,)]


def test_two_hubs_do_not_meet(var, tmp_path):
    with start(var) as one, start(tmp_path / "other") as other:
        query(one, "CREATE TABLE mine ()")
        assert query(other, "SELECT to_regclass('mine')") == [(None,)]


def test_revive_restarts_what_died_at_the_same_address(var):
    with start(var) as services:
        query(services, "CREATE TABLE kept AS SELECT 7 AS n")
        before = services.urls
        for pid in services.pids.values():
            os.kill(pid, signal.SIGKILL)
        for child in services.children.values():
            child.wait()
        assert sorted(services.revive()) == ["postgres", "redis"]
        assert services.urls == before == embedded.urls(var)
        assert query(services, "SELECT n FROM kept") == [(7,)]
        assert services.revive() == []


def test_services_end_with_an_owner_that_is_killed(var):
    process = owning_process(var)
    running = [Handle.of(pid) for pid in note(process)["pids"].values()]
    process.kill()
    finish(process)
    assert gone([handle for handle in running if handle])
    assert embedded.urls(var) is None
    sockets = Path(json.loads((var / "embedded.json").read_text())["sockets"])
    start(var).stop()
    assert not sockets.exists()


def test_everything_killed_loses_nothing_that_was_acknowledged(var):
    process = owning_process(var)
    url = note(process)["database"]
    query(url, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    found = embedded.urls(var)
    assert found
    with redis.Redis.from_url(found.redis_url) as client:
        client.rpush("celery", *range(50))
        client.config_set("appendfsync", "always")
        client.rpush("celery", "last")
    sockets = Path(json.loads((var / "embedded.json").read_text())["sockets"])
    everything = servers(var)
    assert len(everything) > 4  # with PostgreSQL's own children
    process.kill()
    for handle in everything:
        handle.send(signal.SIGKILL)
    finish(process)
    assert gone(everything)
    with embedded.start(var) as services:
        assert query(services, "SELECT count(*) FROM kept") == [(1000,)]
        with queue(services) as client:
            assert client.llen("celery") == 51
    assert not sockets.exists()


def test_an_orphaned_server_without_any_notes_is_found_and_ended(var):
    """The state file is lost and the server outlived its owner."""
    with start(var) as services:
        query(services, "CREATE TABLE kept AS SELECT 7 AS n")
        binary = Path(f"/proc/{services.pids['postgres']}/exe").readlink()
        prefix = services.servers["postgres"].account
    sockets = Path(tempfile.mkdtemp())
    prefix.own(sockets)
    orphan = subprocess.Popen(
        [*prefix.prefix, str(binary), "-D", str(var / "postgres"), "-k", str(sockets)],
        user=prefix.uid if prefix.switch else None,
        cwd="/",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while not (sockets / ".s.PGSQL.5432").exists():
        assert orphan.poll() is None
        time.sleep(0.02)
    with start(var) as services:
        assert services.pids["postgres"] != orphan.pid
        assert orphan.wait(30) is not None
        assert query(services, "SELECT n FROM kept") == [(7,)]
    shutil.rmtree(sockets)


def test_a_pid_file_whose_number_another_program_got_is_no_obstacle(var):
    start(var).stop()
    stranger = os.getppid()
    (var / "postgres" / "postmaster.pid").write_text(f"{stranger}\n{var}/postgres\n1\n5432\n\n\n")
    with start(var) as services:
        assert query(services, "SELECT 1") == [(1,)]
    assert Handle.of(stranger)


def test_a_half_made_cluster_is_made_again(var):
    (var / "postgres.new" / "base").mkdir(parents=True)
    with start(var) as services:
        assert query(services, "SELECT 1") == [(1,)]


def test_a_torn_last_write_of_redis_is_dropped_and_the_rest_kept(var):
    with embedded.start(var, only=["redis"]) as services, queue(services) as client:
        client.rpush("celery", "one", "two")
        client.rpush("celery", "three")
    file = var / "redis" / "appendonly.aof"
    file.write_bytes(file.read_bytes()[:-4])
    with embedded.start(var, only=["redis"]) as services, queue(services) as client:
        assert client.lrange("celery", 0, -1) == ["one", "two"]


def test_an_unreadable_file_of_redis_is_moved_aside_and_reported(var, caplog):
    (var / "redis").mkdir(parents=True)
    (var / "redis" / "appendonly.aof").write_bytes(b"*2\r\n$6\r\nSELECT\r\ngarbage" * 20)
    with embedded.start(var, only=["redis"]) as services, queue(services) as client:
        assert client.dbsize() == 0
    assert [path.name for path in var.glob("redis.unreadable-*/*")] == ["appendonly.aof"]
    assert "could not read its file" in caplog.text


def test_a_lost_password_file_is_one_sentence(var):
    start(var).stop()
    (var / "postgres_password").unlink()
    with pytest.raises(embedded.ServiceError, match="restore the file") as caught:
        start(var)
    assert "\n" not in str(caught.value)


def test_a_replaced_password_file_is_one_sentence(var):
    start(var).stop()
    (var / "postgres_password").write_text("another")
    with pytest.raises(embedded.ServiceError, match="refuses the password") as caught:
        start(var)
    assert "another" not in str(caught.value)


def test_another_major_version_is_one_sentence(var):
    start(var).stop()
    (var / "postgres" / "PG_VERSION").write_text("16\n")
    with pytest.raises(embedded.ServiceError, match="was made by PostgreSQL 16"):
        start(var)


def test_a_bad_setting_says_what_the_server_said(var):
    start(var).stop()
    (var / "postgres" / "conf.d" / "mine.conf").write_text("work_mem = 'lots'\n")
    with pytest.raises(embedded.ServiceError, match=r"PostgreSQL did not start: .*errors"):
        start(var)


def test_settings_of_the_persons_shell_do_not_reach_the_server(var, monkeypatch):
    for name, value in (("PGDATA", "/nowhere"), ("PGHOST", "/nowhere"), ("PGPORT", "1")):
        monkeypatch.setenv(name, value)
    with start(var) as services:
        assert query(services, "SELECT 1") == [(1,)]


@as_root
def test_as_root_it_runs_as_another_account_where_that_one_can_reach_it(open_var):
    with start(open_var) as services:
        owners = {Path(f"/proc/{pid}").stat().st_uid for pid in services.pids.values()}
        assert len(owners) == 1
        assert owners != {0}
        assert (open_var / "postgres").stat().st_uid in owners


@as_root
def test_as_root_below_a_private_folder_it_runs_in_a_user_namespace(var):
    var.parent.chmod(0o700)
    before = stat.S_IMODE(var.parent.stat().st_mode)
    with start(var) as services:
        namespace = Path(f"/proc/{services.pids['postgres']}/ns/user").readlink()
        assert namespace != Path("/proc/self/ns/user").readlink()
    assert stat.S_IMODE(var.parent.stat().st_mode) == before


@as_root
def test_data_made_by_another_account_is_taken_over(open_var):
    with start(open_var) as services:
        query(services, "CREATE TABLE kept AS SELECT 7 AS n")
    open_var.parent.chmod(0o700)  # now only the namespace reaches it
    with start(open_var) as services:
        assert query(services, "SELECT n FROM kept") == [(7,)]
        assert (open_var / "postgres").stat().st_uid == 0


@as_root
def test_as_root_without_any_way_it_is_one_sentence(var, monkeypatch):
    var.parent.chmod(0o700)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(embedded.ServiceError, match="ordinary user") as caught:
        start(var)
    assert "\n" not in str(caught.value)


@as_root
@pytest.mark.parametrize("uid", [65534, 54321], ids=["nobody", "an id without a name"])
def test_an_ordinary_user_needs_nothing_special(open_var, uid):
    python, libraries = _python_for_everybody()
    open_var.mkdir()
    os.chown(open_var, uid, uid)
    process = owning_process(
        open_var, argv=[python], user=uid, group=uid, extra_groups=[], cwd="/",
        env={"PYTHONPATH": f"{ROOT}:{libraries}", "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    pids = note(process)["pids"]
    assert {Path(f"/proc/{pid}").stat().st_uid for pid in pids.values()} == {uid}
    finish(process)
    assert process.returncode == 0
    assert not servers(open_var)


def _python_for_everybody() -> tuple[str, Path]:
    """An interpreter of our version that any account may run, and where our packages are."""
    libraries = Path(psycopg.__file__).parents[1]
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/{name}", f"/usr/local/bin/{name}"):
        argv = [python, "-c", "import psycopg, django"]
        try:
            done = subprocess.run(
                argv, user=54321, group=54321, extra_groups=[], cwd="/", capture_output=True,
                env={"PYTHONPATH": str(libraries)}, check=False,
            )  # fmt: skip
        except OSError:
            continue
        if done.returncode == 0:
            return python, libraries
    pytest.skip("no interpreter here that an ordinary user may run")


@pytest.mark.parametrize(
    ("url", "part"),
    [
        ("postgresql://u:p%40ss@db.example:5433/hub?sslmode=require", ("HOST", "db.example")),
        ("postgresql://u:p%40ss@db.example:5433/hub", ("PASSWORD", "p@ss")),
        ("postgres://u:pw@%2Ftmp%2Fsockets/hub", ("HOST", "/tmp/sockets")),
        ("", ("NAME", "")),
    ],
)
def test_a_database_url_becomes_a_setting(url, part):
    assert part in embedded.parse_database_url(url).items()


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "mysql://u:sesame@h/db",
        "postgresql://u:sesame@h:port/db",
        "postgresql://u:sesame@[h/db",
        "postgresql://u:sesame@h",
        "postgresql://",
    ],
)
def test_a_wrong_database_url_is_one_sentence_without_its_password(url):
    with pytest.raises(ImproperlyConfigured, match="Expected postgresql://") as caught:
        embedded.parse_database_url(url)
    assert "sesame" not in str(caught.value)
    assert "\n" not in str(caught.value)
