"""What rooms above know and decay must heed: who read what, and what must not be touched.

They register here when they load, as `memories.marks` does it: decay knows no room above it.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shield:
    """A reason to leave a memory where it is, however weak.

    Attributes:
        code: as counts name it.
        condition: SQL about the memory that it calls `{m}`.
    """

    code: str
    condition: str

    def of(self, alias: str) -> str:
        """The condition about the memory called `alias`."""
        return f"({self.condition.format(m=alias)})"


_shields: dict[str, Shield] = {}
_readings: list[str] = []


def shield(code: str, condition: str) -> None:
    """Leave alone what `condition` holds for, from now on."""
    _shields[code] = Shield(code, condition)


def shields() -> tuple[Shield, ...]:
    """In the order of their codes."""
    return tuple(_shields[code] for code in sorted(_shields))


def read_by(statement: str) -> None:
    """Count readings from now on.

    Args:
        statement: a SELECT of (public_id uuid, person_id bigint), a row per memory that was shown
            to a person; it may name %(organisation)s and %(read_since)s.
    """
    if statement not in _readings:
        _readings.append(statement)


def readings() -> str:
    """One SELECT of all of them; without any, one without rows."""
    return " UNION ALL ".join(_readings) or (
        "SELECT NULL::uuid AS public_id, NULL::bigint AS person_id WHERE false"
    )
