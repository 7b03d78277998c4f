"""Random people, spaces, grants and memories; every route asked by everybody; nothing leaks.

`LEAK_STEPS=10000 make test ARGS="-k leak_fuzz"` looks deeper (default 300 steps), `LEAK_SEED=7`
looks elsewhere. A failure tells the shortest story that was found within two minutes: what
happened, who asked what, which word or id the answer shows, and who could know it. What may be
known stands in `leaks/oracle.py`.
"""

import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from apps.accounts.querysets import AgentTokenQuerySet
from apps.canon import querysets as canon
from apps.captures.querysets import CaptureQuerySet
from apps.consolidation import querysets as consolidation
from apps.curation import querysets as curation
from apps.decay.querysets import DecayRunQuerySet
from apps.governance import querysets as governance
from apps.graph import querysets as graph
from apps.memories.querysets import MemoryQuerySet, OutcomeQuerySet
from apps.recall import querysets as recall
from apps.spaces.querysets import SpaceQuerySet, SwitchQuerySet
from tests.security.leaks.asking import Leak
from tests.security.leaks.story import Told, fuzz

# Not in one transaction: nothing could sweep behind it. The fuzz takes back itself what it does
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

STEPS = int(os.environ.get("LEAK_STEPS", "300"))
SEED = int(os.environ.get("LEAK_SEED", "0"))
ENOUGH = 2000  # steps within which the fuzz must find any of the doors below
# What is left open: a filter of the application, and where one guards it the database's
DOORS: dict[str, tuple[type, tuple[str, ...]]] = {
    "memories": (MemoryQuerySet, ()),
    "spaces": (SpaceQuerySet, ()),
    "transcripts": (CaptureQuerySet, ("captures_capture", "captures_capturepart")),
    "canon": (canon.ProposalQuerySet, ("canon_changeproposal",)),
    "requests": (
        curation.CandidateQuerySet, ("curation_candidate", "curation_candidatemember")
    ),
    "tokens": (AgentTokenQuerySet, ()),
    "outcomes": (OutcomeQuerySet, ("memories_outcome",)),
    "documents": (canon.DocumentQuerySet, ("canon_document", "canon_revision")),
    "policies": (curation.PolicyQuerySet, ("curation_policy",)),
    "entities": (graph.EntityQuerySet, ("graph_entity",)),
    "archivist": (
        consolidation.ArchivistProposalQuerySet,
        ("consolidation_proposal", "consolidation_proposalsource"),
    ),
    "decay": (DecayRunQuerySet, ("decay_decayrun",)),
    "holds": (governance.LegalHoldQuerySet, ("governance_legalhold",)),
    "switches": (SwitchQuerySet, ("spaces_switch",)),
    "reports": (recall.ReportQuerySet, ("recall_report",)),
}  # fmt: skip
# Tables without row-level security, while the application filters nothing
TABLES = {
    "memories": ("memories_memory", "memories_memoryindex", "memories_memoryrevision"),
    "transcripts": ("captures_capture", "captures_capturepart"),
    "canon": ("canon_changeproposal",),
    "documents": ("canon_document", "canon_revision"),
    "requests": ("curation_candidate", "curation_candidatemember"),
    "archivist": ("consolidation_proposal", "consolidation_proposalsource"),
    "holds": ("governance_legalhold",),
}
_A_FEW = 2 if STEPS < ENOUGH else len(DOORS)  # each takes some seconds


@pytest.fixture(autouse=True)
def _so_many_requests(settings: Any, tmp_path: Path) -> Iterator[None]:
    """No limit to questions, no line in the log for each, and repositories of their own."""
    settings.RATE_LIMIT_PER_MINUTE = 10**9
    settings.CANON_MIRROR_DIR = tmp_path / "canon"
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def follow(request: pytest.FixtureRequest) -> Callable[[Told], None]:
    """A line for every thousand steps."""
    reporter = request.config.pluginmanager.get_plugin("terminalreporter")

    def tell(told: Told) -> None:
        if told.steps % 1000 == 0 and reporter is not None:
            reporter.write_line(f"{told.steps} steps, {told.answers} answers compared")

    return tell


def test_nobody_is_told_what_is_not_theirs(follow: Any, record_property: Any) -> None:
    told = fuzz(steps=STEPS, seed=SEED, follow=follow)
    assert told.steps == STEPS
    assert told.answers >= 1.5 * STEPS
    # pages for administrators and auditors show the cast nothing: 0.249 with them at the desk
    assert told.shown >= told.answers / 5, "much of what is asked is the asker's to see"
    for name, value in vars(told).items():
        record_property(name, value)


def test_without_the_application_s_filter_the_database_keeps_it(
    follow: Any, application_filter_off: None
) -> None:
    """Row-level security alone shows nobody words of a space that is not theirs."""
    told = fuzz(steps=STEPS, seed=SEED, database_alone=True, follow=follow)
    assert told.steps == STEPS


@pytest.mark.parametrize("name", list(DOORS)[:_A_FEW])
def test_the_fuzz_finds_a_door_that_is_open(name: str, monkeypatch: Any) -> None:
    """With one `visible_to` that shows everything, and its tables without the database's guard,
    somebody is told too much, and we are told who asked what."""
    door, tables = DOORS[name]
    monkeypatch.setattr(door, "visible_to", lambda rows, actor: rows.all())
    with pytest.raises(Leak, match=r" asked (GET|POST|PATCH|DELETE|HEAD) /") as found:
        fuzz(steps=ENOUGH, seed=SEED, shorten=False, opened=tables)
    assert " -> " in str(found.value)


@pytest.mark.parametrize("name", list(TABLES)[: _A_FEW // 2 or None])
def test_the_fuzz_finds_a_table_that_is_not_guarded(
    name: str, application_filter_off: None
) -> None:
    """Where the application filters nothing, a table without policies tells too much."""
    with pytest.raises(Leak, match=" -> "):
        fuzz(steps=ENOUGH, seed=SEED, shorten=False, database_alone=True, opened=TABLES[name])
