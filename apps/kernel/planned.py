"""Statements whose plan PostgreSQL keeps: functions made of the same text.

For statements that every request runs and that find their rows by index whatever they are asked:
making their plan takes longer than running them. A prepared statement would do, too, but not behind
a pooler. Rooms declare theirs by `isolation.tables.define`; rights and row-level security are the
caller's.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Planned:
    """A function of the database.

    Attributes:
        call: the statement that calls it, with the parameters of the statement it was made of.
        definition: the statement that makes it.
    """

    call: str
    definition: str


def planned(
    name: str,
    statement: str,
    *,
    takes: Mapping[str, str],
    gives: Sequence[str],
    writes: bool = False,
) -> Planned:
    """A statement as a function; another text has another name, so releases do not meet.

    The plan is made once per connection and again when statistics change. It is made for any
    values and never reads a whole table: that a table is small today must not last.

    Args:
        name: what the function's name begins with.
        statement: a SELECT with parameters as `%(name)s`, and no other percent sign.
        takes: SQL types by parameter.
        gives: SQL types of the columns, in order.
        writes: whether it changes rows; its columns must then have those types by themselves.
    """
    body = statement % {parameter: f"in_{parameter}" for parameter in takes}
    columns = [f"c{place}" for place in range(len(gives))]
    typed = ", ".join(f"{c}::{kind}" for c, kind in zip(columns, gives, strict=True))
    taken = ", ".join(f"in_{parameter} {kind}" for parameter, kind in takes.items())
    given = ", ".join(f"out_{c} {kind}" for c, kind in zip(columns, gives, strict=True))
    told = body if writes else f"SELECT {typed} FROM ({body}) AS found ({', '.join(columns)})"  # noqa: S608  put together from what the code says
    text = f"""({taken}) RETURNS TABLE ({given})
    LANGUAGE plpgsql {"VOLATILE" if writes else "STABLE"}
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $function$
BEGIN RETURN QUERY {told};
END $function$"""
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    full = f"memoryhub_{name}_{digest}"
    values = ", ".join(f"%({parameter})s::{kind}" for parameter, kind in takes.items())
    return Planned(
        call=f"SELECT * FROM {full}({values})",  # noqa: S608
        definition=f"CREATE OR REPLACE FUNCTION {full}{text}",
    )
