"""Requests as the nightly job leaves them, for tests of the desk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from apps.accounts.actors import of_user
from apps.accounts.models import User
from apps.curation.core.policy import DEFAULT
from apps.curation.models import (
    Candidate,
    CandidateMember,
    Cluster,
    CurationRun,
    Decision,
    Link,
    RunState,
)
from apps.curation.services import attention
from apps.kernel import clock
from apps.memories.models import Memory
from apps.memories.services import memories
from apps.memories.services.drafts import Draft
from apps.spaces.models import Organisation, Space
from apps.spaces.services import grants

SIGNALS: dict[str, Any] = {
    "certain_people": 1,
    "likely_people": 2,
    "likely": True,
    "frequency": None,
    "outcome": {"total": 10, "successes": 9, "reporters": 4},
    "cluster_outcome": {"total": 12, "successes": 10, "reporters": 4},
    "self_eval": None,
    "published": False,
    "contradicts": False,
}


@dataclass(frozen=True)
class Said:
    """One person's own words."""

    person: User
    text: str
    independent: bool = True


def run_of(organisation: Organisation, **fields: Any) -> CurationRun:
    """A finished run with figures."""
    now = clock.now()
    counts = {
        "memories": 41,
        "screened": {"secret.password": 1},
        "clusters": 12,
        "verdicts": {"hold": 9, "review": 3},
        "reasons": {"held.one_person": 8, "people.likely_same": 3, "held.no_outcomes": 9},
        "new": {"decisions": 12, "published": 0, "requests": 3, "corroborated": 0},
    }
    shape = {"state": RunState.DONE, "counts": counts, "created_at": now, "started_at": now,
             "finished_at": now} | fields  # fmt: skip
    return CurationRun.objects.create(organisation=organisation, **shape)


def propose(
    target: Space,
    said: Sequence[Said],
    *,
    reasons: Sequence[str] = ("people.likely_same",),
    score: float = 0.6,
    days_ago: float = 0,
    run: CurationRun | None = None,
    **signals: Any,
) -> Candidate:
    """A pending request to publish the first of `said` to `target`."""
    at = clock.now() - timedelta(days=days_ago)
    notes = [_remember(words) for words in said]
    cluster = Cluster.objects.create(
        organisation=target.organisation, canonical=notes[0], created_at=at
    )
    decision = Decision.objects.create(
        run=run or run_of(target.organisation),
        cluster=cluster,
        target=target,
        verdict="review",
        score=score,
        reasons=list(reasons),
        inputs={
            "signals": SIGNALS | {"likely_people": sum(s.independent for s in said)} | signals,
            "policy": DEFAULT.values(),
            "statement": [notes[0].pk],
            "members": [note.pk for note in notes],
            "people": len({words.person.pk for words in said}),
            "grouping": {"confidence": 0.58, "reasons": ["meaning", "shared_number"]},
        },
        evidence_hash="0" * 64,
        policy_version=0,
        engine_version="1",
        created_at=at,
    )
    candidate = Candidate.objects.create(
        cluster=cluster, target=target, decision=decision, text=notes[0].text,
        members_hash="0" * 64, created_at=at,
    )  # fmt: skip
    attention.rank(candidate, grants.readers([target.pk]))
    candidate.save()
    CandidateMember.objects.bulk_create(
        CandidateMember(
            candidate=candidate,
            memory=note,
            revision=note.revision,
            person=words.person,
            link=Link.LIKELY if position else Link.CERTAIN,
            independent=words.independent,
        )
        for position, (words, note) in enumerate(zip(said, notes, strict=True))
    )
    return candidate


def _remember(words: Said) -> Memory:
    draft = Draft(text=words.text, space=None)
    return memories.remember(actor=of_user(words.person), draft=draft).memory
