"""Dates in a text, as days or months: 2026-06-04, 4 June 2026, June 4, 2026, June 2026."""

import re
from datetime import UTC, date, datetime

_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
_NAMED = "|".join((*_MONTHS, *(month[:3] for month in _MONTHS)))
_PATTERNS = (
    re.compile(r"(?<![\w-])(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})(?![\w-])"),
    re.compile(
        rf"\b(?P<day>\d{{1,2}})\.? (?P<name>{_NAMED})\.? (?P<year>\d{{4}})\b", re.IGNORECASE
    ),
    re.compile(rf"\b(?P<name>{_NAMED})\.? (?P<day>\d{{1,2}}),? (?P<year>\d{{4}})\b", re.IGNORECASE),
    re.compile(rf"(?<!\d )(?<!\d\. )\b(?P<name>{_NAMED}) (?P<year>\d{{4}})\b", re.IGNORECASE),
)


def dates(text: str) -> list[str]:
    """Days as "2026-06-04" and months as "2026-06", each once, sorted; impossible ones left out."""
    found = set()
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            told = _iso(match.groupdict())
            if told:
                found.add(told)
    return sorted(found)


def moment(value: object) -> datetime | None:
    """A time that metadata tells in ISO 8601, as a day or with a time; without an offset UTC.

    Raises:
        ValueError: it is given and is none, or outside the years 1900 to 9000.
    """
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError("a time is text")  # noqa: TRY004  as any other that cannot be read
    read = datetime.fromisoformat(value)
    at = read if read.tzinfo else read.replace(tzinfo=UTC)
    if not 1900 <= at.year <= 9000:
        raise ValueError("the year must lie between 1900 and 9000")
    return at


def _iso(parts: dict[str, str | None]) -> str:
    name = (parts.get("name") or "").lower()[:3]
    month = [one[:3] for one in _MONTHS].index(name) + 1 if name else int(parts["month"] or 0)
    year, day = int(parts["year"] or 0), parts.get("day")
    try:
        told = date(year, month, int(day) if day else 1)
    except ValueError:
        return ""
    if not 1900 <= year < 9000:
        return ""
    return told.isoformat() if day else f"{year:04d}-{month:02d}"
