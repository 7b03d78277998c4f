"""Which tables are isolated and by what condition. Rooms declare theirs when they load.

Conditions are SQL about a row of the table. What a context holds is asked by `spaces()` and the
like: sub-selects without a reference to the row, so that PostgreSQL computes each once a statement.
"""

from collections.abc import Iterable
from dataclasses import dataclass

# Rights where a trigger refuses the rest: what it refuses is not granted either
APPENDED = ("SELECT", "INSERT")
KEPT = ("SELECT", "INSERT", "UPDATE")


def _setting(name: str, kind: str) -> str:
    return f"(SELECT nullif(current_setting('memoryhub.{name}', true), '')::{kind})"


def spaces() -> str:
    """Spaces that the asker reads or writes, with what its reach adds."""
    return f"{_setting('spaces', 'bigint[]')}::bigint[]"


def writable() -> str:
    """Spaces that take what the asker writes."""
    return f"{_setting('writable', 'bigint[]')}::bigint[]"


def review() -> str:
    """Spaces that the asker reviews."""
    return f"{_setting('review', 'bigint[]')}::bigint[]"


def organisations() -> str:
    """The asker's organisation when the reach is all of it; otherwise nothing."""
    return f"{_setting('organisations', 'bigint[]')}::bigint[]"


def organisation() -> str:
    """The asker's organisation."""
    return _setting("organisation", "bigint")


def reviewed() -> str:
    """The organisation that the asker reviews something in."""
    return _setting("reviewed", "bigint")


def person() -> str:
    """The person answering for the asker."""
    return _setting("person", "bigint")


def user() -> str:
    """The asker."""
    return _setting("user", "bigint")


def governed() -> str:
    """The organisation that the asker administers."""
    return _setting("governed", "bigint")


def audited() -> str:
    """Public id of the organisation whose audit the asker reads."""
    return _setting("audited", "uuid")


def along(table: str, column: str) -> str:
    """Visible with the row of another isolated table that `column` names."""
    return f"EXISTS (SELECT FROM {table} parent WHERE parent.id = {column})"


@dataclass(frozen=True, slots=True)
class Table:
    """How one table is isolated.

    Attributes:
        name: of the table.
        visible: condition on rows that a request sees and changes.
        left: condition on rows as a request leaves them; `visible` unless said.
        added: condition on rows that a request adds; `left` unless said.
        rights: what requests may do at all; a condition does not widen it.
        worker: what the worker may do.
        counted: columns that figures are made of; none of them is text that somebody wrote.
    """

    name: str
    visible: str
    left: str = ""
    added: str = ""
    rights: tuple[str, ...] = ("SELECT", "INSERT", "UPDATE", "DELETE")
    worker: tuple[str, ...] = ("SELECT", "INSERT", "UPDATE", "DELETE")
    counted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """Rights on a table without row-level security, where they are fewer than all."""

    name: str
    rights: tuple[str, ...]
    worker: tuple[str, ...]
    counted: tuple[str, ...] = ()


_tables: dict[str, Table] = {}
_limits: dict[str, Limits] = {}
_functions: list[str] = []
_allowed: dict[str, str] = {}


def isolate(tables: Iterable[Table], *, limits: Iterable[Limits] = ()) -> None:
    """Declare tables of a room."""
    _tables.update((table.name, table) for table in tables)
    _limits.update((limit.name, limit) for limit in limits)


def define(statements: str) -> None:
    """Declare functions that conditions or contexts need; they may be made again at any time."""
    if statements not in _functions:
        _functions.append(statements)


def allow(role: str, function: str) -> None:
    """Let a role call a function that not everybody may; `function` with its argument types."""
    _allowed[function] = role


def allowed() -> dict[str, str]:
    """Roles by the function that they may call."""
    return dict(_allowed)


def isolated() -> dict[str, Table]:
    """Every isolated table by name."""
    return dict(_tables)


def limited() -> dict[str, Limits]:
    """Tables with fewer rights by name."""
    return dict(_limits)


def functions() -> tuple[str, ...]:
    """Statements that make the functions."""
    return tuple(_functions)
