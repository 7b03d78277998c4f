"""System checks of what the hub stands on: PostgreSQL, pgvector, its schema, Redis.

`manage.py check --database default` runs them, and so do `make run` and the worker before they
serve. Every message is one sentence with a hint; passwords never appear in it.
"""

import sys
import time
from collections.abc import Sequence
from typing import Any

import psycopg
import redis
import structlog
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004  Django's name
from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor

from apps.kernel.isolation import CENSUS, WEB, WORKER, applying
from memoryhub import safety
from memoryhub.embedded.addresses import without_password

PATIENCE_SECONDS = 60.0
_PAUSE_SECONDS = 1.0
_MAY_COME = {"memoryhub.E001": "DATABASE_URL", "memoryhub.E004": "REDIS_URL"}

logger = structlog.get_logger(__name__)

_DATABASE_HINT = "Start the hub with `make run`, or set DATABASE_URL to a PostgreSQL with pgvector."
_ISOLATION_HINT = "Run `manage.py database roles`; docs/howto/deploy.md says who must."
_REDIS_HINT = "Start the hub with `make run`, or set REDIS_URL, as in redis://host:6379/0."


def register() -> None:
    """Add the checks to Django's registry under the tag that `check --database` selects."""
    for check in (check_database, check_schema, check_isolation, check_redis):
        checks.register(check, checks.Tags.database)


def preflight(*, schema: bool = True) -> list[CheckMessage]:
    """Everything that would keep the hub from serving, worst first; empty when it can.

    Args:
        schema: whether unapplied migrations count; False before they are applied.
    """
    messages = safety.check_production() + check_database(databases=["default"])
    if schema and not messages:
        messages += check_schema(databases=["default"])
    if schema and not messages:
        messages += [one for one in check_isolation(databases=["default"]) if one.is_serious()]
    return messages + check_redis(databases=["default"])


def stop_unless_ready(*, patience: float = PATIENCE_SECONDS) -> None:
    """Return when the hub can serve; wait for a PostgreSQL or Redis that is still coming up.

    Args:
        patience: seconds after which one that does not answer counts as missing.

    Raises:
        SystemExit: status 1 and the sentences of `preflight`: something else is wrong, or the wait
            was in vain.
    """
    deadline, said = time.monotonic() + patience, ""
    while messages := preflight():
        problems = "\n".join(sentence(message) for message in messages)
        if time.monotonic() >= deadline or not all(_may_come(message) for message in messages):
            raise SystemExit(problems)
        if problems != said:
            logger.warning("waiting_for_services", problems=problems, at_most_seconds=patience)
            said = problems
        time.sleep(_PAUSE_SECONDS)


def _may_come(message: CheckMessage) -> bool:
    """Whether it is about a service that has an address and may yet answer there."""
    return bool(getattr(settings, _MAY_COME.get(str(message.id), ""), ""))


def sentence(message: CheckMessage) -> str:
    """A message on one line: what is wrong, what to do, its id."""
    return f"memoryhub: {message.msg} {message.hint or ''} ({message.id})"


def check_database(*, databases: Sequence[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    """E001: PostgreSQL cannot be reached; E002: it has no pgvector."""
    if not databases:
        return []
    if not settings.DATABASE_URL:
        problem = "DATABASE_URL is not set, and no hub is running in this checkout."
        return [Error(problem, hint=_DATABASE_HINT, id="memoryhub.E001")]
    query = "SELECT 1 FROM pg_available_extensions WHERE name = 'vector'"
    try:
        with psycopg.connect(**_connection_parameters()) as connection:
            available = connection.execute(query).fetchone()
    except psycopg.Error as error:
        return [Error(_unreachable(error), hint=_DATABASE_HINT, id="memoryhub.E001")]
    if available:
        return []
    return [
        Error(
            "This PostgreSQL has no pgvector extension.",
            hint="Install the package postgresql-NN-pgvector on its host, or use a pgvector image.",
            id="memoryhub.E002",
        )
    ]


def check_schema(*, databases: Sequence[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    """E003: migrations are missing. Silent where E001 speaks, and for `migrate` itself."""
    if not databases or sys.argv[1:2] == ["migrate"] or check_database(databases=databases):
        return []
    missing = pending_migrations()
    if not missing:
        return []
    more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
    return [
        Error(
            f"The database lacks the migration {missing[0]}{more}.",
            hint="Run `manage.py migrate`; `make run` does it by itself.",
            id="memoryhub.E003",
        )
    ]


def check_isolation(
    *, databases: Sequence[str] | None = None, **_kwargs: Any
) -> list[CheckMessage]:
    """E005 in production, W005 elsewhere: row-level security does not hold; W006: it is slow.

    Silent where the database cannot be reached or lacks migrations.
    """
    if not databases or sys.argv[1:2] == ["migrate"]:
        return []
    if check_database(databases=databases) or check_schema(databases=databases):
        return []
    grave = Error if settings.PRODUCTION else Warning
    if problem := _unisolated():
        return [grave(problem, hint=_ISOLATION_HINT, id=f"memoryhub.{grave.__name__[0]}005")]
    if not applying.unleaking():
        problem = "Row-level security keeps word searches from using their index."
        return [Warning(problem, hint=_ISOLATION_HINT, id="memoryhub.W006")]
    return []


def _unisolated() -> str:
    """What is missing, in a sentence; empty when nothing is."""
    try:
        if missing := applying.missing_roles():
            needed = missing if settings.DATABASE_ROLE == "owner" else _own(missing)
            if needed:
                return (
                    f"The database role {needed[0]} does not exist, or this login may not take it."
                )
        if bare := applying.unprotected():
            return f"Row-level security does not protect {bare[0]}."
        if not applying.guarded():
            return "Any session may switch off the triggers that keep history."
    except DatabaseError as error:
        return f"Row-level security cannot be checked: {type(error).__name__}."
    return ""


def _own(missing: list[str]) -> list[str]:
    """Of the missing roles, those that this process takes: not every login may take all."""
    taken = {"web": (WEB, CENSUS), "worker": (WORKER,)}[settings.DATABASE_ROLE]
    return [role for role in missing if role in taken]


def check_redis(*, databases: Sequence[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    """E004: Redis cannot be reached."""
    if not databases:
        return []
    url: str = settings.REDIS_URL
    if not url:
        problem = "REDIS_URL is not set, and no hub is running in this checkout."
        return [Error(problem, hint=_REDIS_HINT, id="memoryhub.E004")]
    try:
        with redis.Redis.from_url(
            url.replace("redis+socket://", "unix://"), socket_connect_timeout=3, socket_timeout=3
        ) as client:
            client.ping()
    except ValueError:
        problem = "REDIS_URL cannot be read as a URL."
    except redis.RedisError as error:
        reason = " ".join(str(error).split()).rstrip(".")
        problem = f"Redis at {without_password(url)} does not answer: {reason}."
    else:
        return []
    return [Error(problem, hint=_REDIS_HINT, id="memoryhub.E004")]


def pending_migrations() -> list[str]:
    """Names ("app.0001_initial") of the migrations not yet applied to the default database."""
    executor = MigrationExecutor(connections["default"])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]


def _connection_parameters() -> dict[str, Any]:
    """Of the default database, for a connection of our own: a pool waits 30 s for a dead host."""
    parameters: dict[str, Any] = connections["default"].get_connection_params()
    parameters.pop("cursor_factory", None)
    return {"connect_timeout": 5, **parameters}


def _unreachable(error: psycopg.Error) -> str:
    """One sentence out of libpq's several lines."""
    lines = [line.strip() for line in str(error).splitlines() if "failed" in line] or [str(error)]
    reason = lines[-1].rpartition("failed: ")[2].replace("FATAL:", "").strip().rstrip(".")
    password = str(connections["default"].settings_dict.get("PASSWORD") or "")
    if password:
        reason = reason.replace(password, "***")
    place = without_password(settings.DATABASE_URL)
    return f"PostgreSQL at {place} cannot be used: {reason}."
