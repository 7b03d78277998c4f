"""Random people, spaces, grants and memories; every route asked by everybody; nothing leaks.

`LEAK_STEPS=10000 make test ARGS="-k leak_fuzz"` looks deeper (default 300 steps), `LEAK_SEED=7`
looks elsewhere. A failure tells the shortest story that was found within two minutes: what
happened, who asked what, which word or id the answer shows, and who could know it; and the number
of the story, which `LEAK_STORY` with the same seed and steps tells again alone. `LEAK_PART=2/5`
tells a fifth of the stories, to share them out. What may be known stands in `leaks/rules.py`.
"""

import logging
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.db import transaction

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
from tests.security.leaks.snapshot import Snapshot
from tests.security.leaks.story import Story, Told, a_world, fuzz

# Not in one transaction: nothing could sweep behind it. The fuzz takes back itself what it does
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def chosen(story: str, part: str) -> slice:
    """The one story that was named, or a share of all: "2/5" is every fifth, from the second on."""
    if story:
        return slice(int(story), int(story) + 1)
    first, share = (int(number) for number in part.split("/"))
    return slice(first - 1, None, share)


STEPS = int(os.environ.get("LEAK_STEPS", "300"))
SEED = int(os.environ.get("LEAK_SEED", "0"))
ONLY = chosen(os.environ.get("LEAK_STORY", ""), os.environ.get("LEAK_PART", "1/1"))
WHOLE = chosen("", "1/1")
ENOUGH = 2000  # steps within which the fuzz must find any of the doors below
# What is left open: a filter of the application, and where one guards it the database's. That of
# memories is another test's
DOORS: dict[str, tuple[type, tuple[str, ...]]] = {
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
    began = time.monotonic()

    def tell(told: Told) -> None:
        if told.steps % 1000 == 0 and reporter is not None:
            passed = f"{time.monotonic() - began:.0f} s"
            reporter.write_line(f"{told.steps} steps, {told.answers} answers compared, {passed}")

    return tell


def test_nobody_is_told_what_is_not_theirs(follow: Any, record_property: Any) -> None:
    told = fuzz(steps=STEPS, seed=SEED, only=ONLY, follow=follow)
    if ONLY != WHOLE:
        return
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
    told = fuzz(steps=STEPS, seed=SEED, database_alone=True, only=ONLY, follow=follow)
    assert ONLY != WHOLE or told.steps == STEPS


def test_what_the_oracle_reads_again_is_all_that_changed() -> None:
    """After every deed it knows what it would know if it read every table."""
    chance = Random(SEED)
    with a_world() as beginning, transaction.atomic():
        story = Story(beginning, Told())
        for _ in range(40):
            story.something_happens(Random(chance.getrandbits(32)))
            assert story.ledger == Snapshot().take(story.cast.roles)


def test_a_story_that_finds_an_open_door_names_itself(monkeypatch: Any) -> None:
    """And told alone it finds it again."""
    monkeypatch.setattr(MemoryQuerySet, "visible_to", lambda rows, actor: rows.all())
    with pytest.raises(Leak) as found:
        fuzz(steps=ENOUGH, seed=SEED, shorten=False)
    [note] = found.value.__notes__
    asked = dict(word.split("=") for word in note.split() if "=" in word)
    assert (asked["LEAK_STEPS"], asked["LEAK_SEED"]) == (str(ENOUGH), str(SEED))
    with pytest.raises(Leak):
        fuzz(steps=ENOUGH, seed=SEED, shorten=False, only=chosen(asked["LEAK_STORY"], ""))


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
