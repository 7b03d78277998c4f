"""Every transaction of a request begins with its context, in the same round trip.

Settings are local to the transaction, in autocommit to the statement: nothing is left on the
connection for the next request, in this process or behind a pooler.
"""

from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import Connection, sql
from psycopg.pq import TransactionStatus

from apps.kernel.isolation.contexts import SETTINGS, Context, current
from apps.kernel.isolation.roles import ROLES, WEB, WORKER

if TYPE_CHECKING:  # the stubs know psycopg 2 only
    from psycopg import ClientCursor

    Cursor = ClientCursor[Any]
else:
    from django.db.backends.postgresql.base import Cursor

PROCESS_ROLES = {"web": WEB, "worker": WORKER}
_NOTHING = ("",) * len(SETTINGS)
_UNKNOWN = Context()  # a savepoint was undone, and with it perhaps what was entered after it
_HELD = """
SELECT rolname::text FROM pg_roles
 WHERE rolname = ANY(%s) AND pg_has_role(rolname, 'MEMBER')
"""


class State:
    """What a connection knows: roles it may take, its own, and whose transaction is open."""

    __slots__ = ("base", "entered", "held")

    def __init__(self, held: frozenset[str], base: str) -> None:
        self.held = held
        self.base = base
        self.entered: Context | None = None


class IsolatedCursor(Cursor):
    """Says who asks before the first statement of a transaction, and when that changes in one."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        state: State = cast("Any", self.connection).isolation
        wanted = current()
        status = self.connection.pgconn.transaction_status
        if status == TransactionStatus.IDLE:
            state.entered = None
        if wanted is state.entered or status == TransactionStatus.INERROR:
            done = super().execute(query, params, **options)
        else:
            prefix = _prefix(state, wanted, begins=status == TransactionStatus.IDLE)
            done = self._execute_after(prefix, query, params, options, wanted)
            state.entered = wanted
        if state.entered is not None and str(query).startswith("ROLLBACK TO"):
            state.entered = _UNKNOWN
        return done

    def executemany(self, query: Any, params_seq: Any, **options: Any) -> None:
        """One after the other, so that each is checked."""
        if current() is None and cast("Any", self.connection).isolation.entered is None:
            super().executemany(query, params_seq, **options)
            return
        for params in params_seq:
            self.execute(query, params)

    def _execute_after(
        self, prefix: str, query: Any, params: Any, options: Any, wanted: Context | None
    ) -> Any:
        text = query if isinstance(query, str) else _text(query, self.connection)
        begin = prefix if params is None else prefix.replace("%", "%%")
        done = super().execute(f"{begin};{text}", params, **options)
        self.nextset()
        if wanted is not None and wanted.settled is None and wanted.known:
            row = self.fetchone()
            assert row is not None, "the function answers one row"  # noqa: S101
            wanted.settled = tuple(row)
            self.nextset()
        return done


def isolate(connection: BaseDatabaseWrapper, **_kwargs: Any) -> None:
    """Prepare a new connection: its role by the kind of process, its cursors by the request."""
    raw: Any = connection.connection
    if connection.vendor != "postgresql":
        return
    with raw.cursor() as cursor:
        held = frozenset(name for (name,) in cursor.execute(_HELD, [list(ROLES)]).fetchall())
        base = PROCESS_ROLES.get(settings.DATABASE_ROLE, "")
        base = base if base in held else "none"
        if base != "none":
            cursor.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(base)))
    raw.isolation = State(held, base)
    if WEB in held:
        raw.cursor_factory = IsolatedCursor


def active(alias: str = "default") -> bool:
    """Whether requests on this connection are isolated: the roles exist and it may take them."""
    connections[alias].ensure_connection()
    raw: Any = connections[alias].connection
    return WEB in raw.isolation.held


def _prefix(state: State, wanted: Context | None, *, begins: bool) -> str:
    """The role; and what is visible, as found before or by the function that finds it.

    A transaction `begins` with none of the local settings: empty ones need no telling.
    """
    role = state.base if wanted is None else wanted.role
    first = f"set_config('role', '{role}', true)"
    if wanted is None or not wanted.known:
        return f"SELECT {first}{_assignments(_NOTHING, begins=begins)}"
    if wanted.settled is not None:
        return f"SELECT {first}{_assignments(wanted.settled, begins=begins)}"
    ids = (wanted.user, wanted.token, wanted.organisation)
    user, token, organisation = ("NULL" if pk is None else str(int(pk)) for pk in ids)
    asks = f"{user}, {token}, '{wanted.reach}', {organisation}"
    # In a statement of its own: the role of before need not be allowed to ask
    return f"SELECT {first}; SELECT * FROM memoryhub_enter({asks})"  # noqa: S608


def _assignments(values: tuple[str, ...], *, begins: bool) -> str:
    """Values are what the function told: numbers, braces, commas and one uuid."""
    return "".join(
        f", set_config('memoryhub.{name}', '{value}', true)"
        for name, value in zip(SETTINGS, values, strict=True)
        if value or not begins
    )


def _text(query: Any, connection: Connection[Any]) -> str:
    if isinstance(query, sql.Composable):
        return query.as_string(connection)
    return query.decode() if isinstance(query, bytes) else str(query)
