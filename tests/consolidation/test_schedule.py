from datetime import UTC, datetime, timedelta

import pytest

from apps.consolidation.core.policy import ArchivistPolicy
from apps.consolidation.core.schedule import Standing, due

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
POLICY = ArchivistPolicy(every_hours=24, after_writes=100)


def ago(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


@pytest.mark.parametrize(
    ("standing", "why"),
    [
        (Standing(None, None, 0, memories=True), "time"),
        (Standing(None, None, 100, memories=True), "writes"),
        (Standing(None, None, 0, memories=False), ""),
        (Standing(ago(1), ago(1), 99, memories=True), ""),
        (Standing(ago(1), ago(1), 100, memories=True), "writes"),
        (Standing(ago(24), ago(24), 0, memories=True), "time"),
        (Standing(ago(23.9), ago(23.9), 0, memories=True), ""),
        (Standing(ago(48), ago(0.5), 100, memories=True), ""),  # the last one failed just now
        (Standing(ago(48), ago(1), 0, memories=True), "time"),
    ],
)
def test_due(standing, why):
    assert due(standing, POLICY, NOW) == why


def test_never_where_it_is_switched_off():
    off = ArchivistPolicy(enabled=False)
    assert due(Standing(None, None, 10**6, memories=True), off, NOW) == ""
