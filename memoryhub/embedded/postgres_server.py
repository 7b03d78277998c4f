"""One PostgreSQL cluster: made once, tuned to the machine, recovered after any crash."""

import logging
import os
import secrets
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from apps.kernel.isolation.roles import LEAKPROOF, creation
from memoryhub.embedded.account import Account
from memoryhub.embedded.addresses import socket_database_url
from memoryhub.embedded.binaries import POSTGRES_MAJOR, postgres_folder
from memoryhub.embedded.layout import Layout
from memoryhub.embedded.process import Handle, ServiceError, command_name, residents, spawn

ROLE = "memoryhub"  # owns the database; not a superuser, so row-level security binds it
# Logins of processes that own nothing; what they may do is the hub's business, see `_provision`
PROCESS_ROLES = {"web": "memoryhub_web", "worker": "memoryhub_worker"}
SUPERUSER = "postgres"
RECOVERY_SECONDS = 15 * 60  # replaying WAL after a crash under load can take minutes
STOP = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0))  # fast shutdown, then immediate

logger = logging.getLogger("memoryhub.embedded")


@dataclass(frozen=True)
class PostgresServer:
    """A cluster under `layout.postgres`, reached through the unix socket in `sockets`."""

    layout: Layout
    account: Account
    sockets: Path
    durable: bool = True

    @property
    def url(self) -> str:
        """URL of the hub's database, password included."""
        return socket_database_url(
            str(self.sockets), user=ROLE, password=self._password(), name=ROLE
        )

    @property
    def role_urls(self) -> dict[str, str]:
        """URL by kind of process, passwords included."""
        return {
            kind: socket_database_url(
                str(self.sockets), user=role, password=self._password_of(kind), name=ROLE
            )
            for kind, role in PROCESS_ROLES.items()
        }

    def start(self) -> subprocess.Popen[bytes]:
        """Make the cluster if there is none, start it and wait until it answers.

        Raises:
            ServiceError: it does not start; says what the server said.
        """
        data = self.layout.postgres
        if not data.exists():
            self._initdb()
        self._check_version()
        self.account.own(data)
        self.account.write(data / "memoryhub.conf", settings(durable=self.durable))
        _forget_stale_pid(data)
        for stale in self.sockets.glob(".s.PGSQL.*"):
            stale.unlink()
        log = self.layout.log("postgres")
        offset = log.stat().st_size
        with log.open("ab") as output:
            server = spawn(
                [*self.account.prefix, str(postgres_folder() / "postgres"),
                 "-D", str(data), "-k", str(self.sockets)],
                output=output, last_words=signal.SIGINT, env=_environment(), cwd=self.sockets,
                run_as=self.account.run_as,
            )  # fmt: skip
        try:
            self._wait_until_ready(server, log, offset)
            self._provision()
        except BaseException:
            stop(server.pid)
            server.wait()
            raise
        return server

    def _password(self) -> str:
        try:
            return self.layout.password.read_text()
        except FileNotFoundError:
            raise ServiceError(
                f"{self.layout.password} is missing but {self.layout.postgres} exists:"
                " restore the file, or move the folder away to begin with an empty hub."
            ) from None

    def _password_of(self, kind: str) -> str:
        """Of the login of web or worker; made when it is missing, and set at every start."""
        path = self.layout.password_of(kind)
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(24))
        return path.read_text()

    def _initdb(self) -> None:
        """Make the cluster beside its place and move it there: a half-made one is never used."""
        if not self.layout.password.exists():
            self.layout.password.touch(mode=0o600)
            self.layout.password.write_text(secrets.token_urlsafe(24))
        draft = self.layout.var / "postgres.new"
        shutil.rmtree(draft, ignore_errors=True)
        self.account.own(draft)
        pwfile = self.sockets / "password"
        self.account.write(pwfile, self._password())
        done = subprocess.run(  # noqa: S603 - programs and arguments are ours
            [*self.account.prefix, str(postgres_folder() / "initdb"), "-D", str(draft),
             "-U", SUPERUSER, "--auth=scram-sha-256", f"--pwfile={pwfile}", "--encoding=UTF8",
             "--locale-provider=builtin", "--locale=C.UTF-8", "--data-checksums",
             "--no-instructions", *([] if self.durable else ["--no-sync"])],
            capture_output=True, text=True, check=False, env=_environment(), cwd=self.sockets,
            user=self.account.uid if self.account.switch else None,
            group=self.account.gid if self.account.switch else None,
            extra_groups=[] if self.account.switch else None,
        )  # fmt: skip
        pwfile.unlink()
        if done.returncode:
            reason = (done.stderr.strip() or "no reason given").splitlines()[-1]
            raise ServiceError(f"PostgreSQL could not create its data folder: {reason}.")
        with (draft / "postgresql.conf").open("a") as conf:
            conf.write("\ninclude 'memoryhub.conf'  # rewritten at every start\n")
            conf.write("include_dir 'conf.d'  # yours: any *.conf wins over the line above\n")
        self.account.own(draft / "conf.d")
        draft.rename(self.layout.postgres)

    def _check_version(self) -> None:
        found = (self.layout.postgres / "PG_VERSION").read_text().strip()
        if found != POSTGRES_MAJOR:
            raise ServiceError(
                f"{self.layout.postgres} was made by PostgreSQL {found}, this is {POSTGRES_MAJOR}:"
                " dump it with the old version or move the folder away."
            )

    def _wait_until_ready(self, server: subprocess.Popen[bytes], log: Path, offset: int) -> None:
        began = said = time.monotonic()
        while server.poll() is None:
            try:
                self._connect("postgres").close()
            except psycopg.OperationalError as error:
                if "authentication failed" in str(error):
                    raise ServiceError(
                        f"PostgreSQL refuses the password in {self.layout.password}:"
                        " restore that file."
                    ) from None
            else:
                return
            now = time.monotonic()
            if now - began > RECOVERY_SECONDS:
                raise ServiceError(f"PostgreSQL did not answer in {RECOVERY_SECONDS} s: see {log}.")
            if now - said > 10:
                said = now
                logger.info("PostgreSQL is still recovering after %d s", now - began)
            time.sleep(0.03)
        raise ServiceError(f"PostgreSQL did not start: {_last_complaint(log, offset)} (see {log}).")

    def _connect(self, database: str) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.sockets), port=5432, user=SUPERUSER, password=self._password(),
            dbname=database, connect_timeout=5, autocommit=True,
        )  # fmt: skip

    def _provision(self) -> None:
        """Role, database and pgvector; in template1 too, so that test databases have it."""
        with self._connect("template1") as admin:
            admin.execute("SET client_min_messages = warning")
            admin.execute("CREATE EXTENSION IF NOT EXISTS vector")
            if not admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone():
                # The password travels as a literal: DDL takes no parameters.
                statement = sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}")
                admin.execute(statement.format(sql.Identifier(ROLE), sql.Literal(self._password())))
        with self._connect("postgres") as admin:
            admin.execute(creation(ROLE))
            for kind, role in PROCESS_ROLES.items():
                statement = sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}")
                password = sql.Literal(self._password_of(kind))
                admin.execute(statement.format(sql.Identifier(role), password))
            if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [ROLE]).fetchone():
                name = sql.Identifier(ROLE)
                admin.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, name))
        for database in ("template1", ROLE):  # one made before this release lacks it
            with self._connect(database) as admin:
                admin.execute(LEAKPROOF)


def stop(pid: int) -> None:
    """Fast shutdown: sessions are ended, everything is written; bounded, then harder signals."""
    if handle := Handle.of(pid):
        handle.stop(*STOP)


def sweep(data: Path) -> None:
    """End a server, or orphans of one, that a killed hub left on this data folder."""
    pid = _recorded_pid(data)
    for handle in sorted(residents(data, ["postgres"]), key=lambda one: one.pid != pid):
        handle.stop(*STOP)


def settings(*, durable: bool) -> str:
    """Text of `memoryhub.conf`, sized to this machine's (or container's) memory."""
    memory = _memory_mb()
    lines = {
        "listen_addresses": "''",
        "unix_socket_permissions": "0700",
        "max_connections": "100",
        "shared_buffers": f"{min(memory // 4, 8192)}MB",
        "effective_cache_size": f"{memory // 2}MB",
        "maintenance_work_mem": f"{min(memory // 16, 512)}MB",
        "work_mem": "16MB",
        "max_wal_size": "2GB",
        "checkpoint_completion_target": "0.9",
        "random_page_cost": "1.1",
        "timezone": "'UTC'",
        "log_timezone": "'UTC'",
        "log_line_prefix": "'%m [%p] %d '",
        # Statements (slow ones, too) and details may carry memories; a log is no place for them.
        "log_min_duration_statement": "-1",
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
    }
    if not durable:
        lines |= {"fsync": "off", "full_page_writes": "off"}
    return "".join(f"{name} = {value}\n" for name, value in lines.items())


def _memory_mb() -> int:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            total = min(total, int(Path(limit).read_text()))
        except (OSError, ValueError):
            continue  # no such file, or "max"
    return max(total // 2**20, 512)


def _environment() -> dict[str, str]:
    """Ours without PG*: a PGDATA or PGHOST of the person's shell must not reach our server."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C"}


def _recorded_pid(data: Path) -> int | None:
    try:
        return int((data / "postmaster.pid").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None


def _forget_stale_pid(data: Path) -> None:
    """Remove a postmaster.pid whose number belongs to another program now, or to a zombie.

    The first happens after a reboot, the second in containers whose first process reaps nobody;
    PostgreSQL would refuse to start. Any other stale file it judges better itself.
    """
    pid = _recorded_pid(data)
    if pid and (name := command_name(pid)) and (name != "postgres" or not Handle.of(pid)):
        (data / "postmaster.pid").unlink()


def _last_complaint(log: Path, offset: int) -> str:
    with log.open("rb") as stream:
        stream.seek(offset)
        lines = stream.read().decode(errors="replace").splitlines()
    complaints = [line.split("FATAL:")[-1].strip() for line in lines if "FATAL:" in line]
    return (complaints or lines or ["no reason given"])[-1].rstrip(".")
