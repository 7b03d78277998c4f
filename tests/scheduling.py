"""Pytest plugin: which tests run side by side when there are several processes (`-n`).

Each file is told by one process, the long ones first, so that no process ends long after the
others. Where a file's tests need nothing of each other they are shared out one by one; files that
share a hub go together.
"""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

_HUB = "tests/durability with the shared hub"
TOGETHER = {
    f"tests/durability/{name}.py": _HUB
    for name in ("test_health", "test_load", "test_logs", "test_metrics", "test_outages")
}
APART = {
    "tests/durability/test_embedding_migration.py",
    "tests/security/test_leak_fuzz.py",
}
LONG = (
    "tests/durability/test_kill.py",
    "tests/durability/test_embedding_migration.py",
    *TOGETHER,
    "tests/security/test_leak_fuzz.py",
    "tests/memoryhub/test_supervisor.py",
    "tests/durability/test_curation_kill.py",
    "tests/durability/test_steps_kill.py",
    "tests/durability/test_shutdown.py",
    "tests/demo/test_demo.py",
    "tests/bench/test_service.py",
    "tests/api/test_schemathesis.py",
    "tests/api/test_permission_table.py",
    "tests/audit/test_event_table.py",
    "tests/memoryhub/test_checks.py",
    "tests/recall/test_engine.py",
    "tests/security/test_start.py",
    "tests/governance/test_concurrent_run.py",
)


def unit_of(nodeid: str) -> str:
    """What the test goes with, to the same process."""
    file = nodeid.partition("::")[0]
    return nodeid if file in APART else TOGETHER.get(file, file)


def place_of(nodeid: str) -> int:
    """The smaller, the earlier."""
    file = nodeid.partition("::")[0]
    return LONG.index(file) if file in LONG else len(LONG)


class Scheduling(LoadScopeScheduling):  # type: ignore[misc]
    """By `unit_of`."""

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling | None:
    """Instead of `--dist loadfile`; whoever asks for another way gets that."""
    return Scheduling(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In a process of several; alone, tests run as they were collected."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: place_of(item.nodeid))
