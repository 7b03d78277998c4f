"""Alice is to be erased, Dora administers the organisation, and a marked string is everywhere."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from apps.accounts.actors import of_user
from apps.accounts.models import User
from apps.audit.services.events import SYSTEM
from apps.canon.services import proposals
from apps.captures.models import Capture, CaptureChunk
from apps.consolidation.models import (
    ArchivistPolicy,
    Brief,
    Change,
    Proposal,
)
from apps.consolidation.models import Draft as Written
from apps.curation.models import (
    Candidate,
    CandidateMember,
    Cluster,
    ClusterMember,
    CurationRun,
    Decision,
    Opinion,
    Policy,
    Ruling,
    RulingNote,
    Screening,
)
from apps.curation.services import publication
from apps.governance.models import Erasure
from apps.governance.services import erasures
from apps.graph.models import Reading
from apps.graph.services import pending
from apps.identity.models import BreakGlass, DirectoryPerson, Identity
from apps.kernel import clock
from apps.memories.models import Memory, Source
from apps.memories.services import memories
from apps.memories.services.drafts import Draft
from apps.recall.models import Report
from apps.spaces.models import Membership, Space
from tests.conftest import World

V1 = "/api/v1"
REASON = "Asked by letter of 3 May."


@pytest.fixture
def dora(world: World) -> User:
    """An administrator of the organisation."""
    Membership.objects.filter(person=world.dora).update(role="admin")
    return world.dora


@pytest.fixture
def erase(world: World) -> Callable[..., Erasure]:
    """`erase(person)` asks for it and carries it out."""

    def run(person: User) -> Erasure:
        erasure = erasures.queue(organisation=world.organisation, person=person, reason=REASON)
        return erasures.execute(erasure_id=erasure.pk)

    return run


@dataclass(frozen=True)
class Canary:
    """A string that was never written before, and what Alice did with it.

    Attributes:
        needle: one word in lower case.
        published: a fact in the team that she and Bob say, in her words.
        summary: of notes of hers and Bob's, by the hub.
        bobs: Bob's own note in the team, which she confirmed.
    """

    needle: str
    alone: Memory
    published: Memory
    summary: Memory
    bobs: Memory
    candidate: Candidate

    def digest(self, text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()


def sure(answer: Any) -> Any:
    assert answer.status_code < 300, answer.content
    return answer.json()


@pytest.fixture
def canary(world: World, write: Callable[..., Memory], client_of: Any) -> Canary:
    """Planted through the API where it can be, else by the services and rows behind it."""
    needle = f"zq{secrets.token_hex(8)}"
    alice = world.alice
    User.objects.filter(pk=alice.pk).update(name=needle, email=f"{needle}@example.org")
    alice.refresh_from_db()
    Space.objects.filter(person=alice).update(name=f"{needle} (personal)")
    spoken = _say(client_of(alice), world, needle)
    while pending.read():
        continue
    shared = Memory.objects.get(public_id=spoken["shared"])
    named = {"entities": [{"type": "thing", "name": needle}], "relations": []}
    Reading.objects.create(
        memory=shared, revision=shared.revision, found=named, next_attempt_at=clock.now()
    )
    _hand_over(client_of(alice), needle)
    bobs = write(world.bob, "Bob keeps the gate open on Fridays.", space=world.team)
    _comment(client_of(alice), bobs, spoken["mine"], needle)
    _agents(client_of(alice), client_of, needle)
    sure(
        client_of(world.bob).post(
            f"{V1}/memories/{spoken['shared']}/confirm",
            {"note": f"Bob read {needle}."},
            headers={"Idempotency-Key": "bob-1"},
        )
    )
    published = _publish(world, write, f"Pumps {needle} need glycol.", "Glycol goes into pumps.")
    alone = _publish(world, write, f"Only she knows {needle} here.")
    _canonise(world, needle)
    summary = _summarise(world, needle)
    candidate = _curate(world, needle)
    _archive(world, needle)
    Identity.objects.create(person=alice, provider="p", issuer="https://p", subject=needle)
    DirectoryPerson.objects.create(
        person=alice, organisation=world.organisation, user_name=needle, given_name=needle
    )
    BreakGlass.objects.create(person=alice, until=clock.now(), reason=f"Ask {needle}.")
    LogEntry.objects.create(
        user=alice,
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(alice.pk),
        object_repr=needle,
        action_flag=CHANGE,
        change_message=needle,
    )
    return Canary(needle, alone, published, summary, bobs, candidate)


def _say(client: Any, world: World, needle: str) -> dict[str, str]:
    body = {
        "text": f"A note on {needle} of hers.",
        "tags": [needle],
        "metadata": {needle: needle},
        "session_id": needle,
    }
    mine = sure(client.post(f"{V1}/memories", body, headers={"Idempotency-Key": needle}))["id"]
    sure(client.patch(f"{V1}/memories/{mine}", {"text": f"Edited {needle} once."}))
    said = {
        "text": f"For all: {needle}.",
        "space": str(world.team.public_id),
        "metadata": {"relations": [{"subject": needle, "type": needle, "object": "Hall 2"}]},
    }
    shared = sure(client.post(f"{V1}/memories", said))["id"]
    gone = sure(client.post(f"{V1}/memories", {"text": f"Taken back {needle}."}))["id"]
    sure(client.delete(f"{V1}/memories/{gone}"))
    items = [{"text": f"Bulk {needle} {n}."} for n in range(3)]
    sure(client.post(f"{V1}/memories/bulk", {"items": items}))
    return {"mine": mine, "shared": shared}


def _hand_over(client: Any, needle: str) -> None:
    """A transcript, by one request and in parts."""
    body = {"text": f"We decided that {needle} goes.", "title": needle, "session_id": needle}
    sure(client.post(f"{V1}/captures", body))
    CaptureChunk.objects.create(
        capture=Capture.objects.get(title=needle), number=1, start=0, end=9,
        found=[["decision", f"We decided that {needle} goes.", 0, 9]], next_attempt_at=clock.now(),
    )  # fmt: skip
    upload = sure(client.post(f"{V1}/captures", {"title": needle}))["id"]
    sure(
        client.put(
            f"{V1}/captures/{upload}/parts?offset=0",
            f"Half of {needle}".encode(),
            content_type="application/octet-stream",
        )
    )


def _comment(client: Any, bobs: Memory, mine: str, needle: str) -> None:
    """Evidence, outcomes, questions and what she said of answers."""
    sure(client.post(f"{V1}/memories/{bobs.public_id}/confirm", {"note": f"Seen, {needle}."}))
    outcome = {"task": f"Task {needle}", "success": True, "memory_ids": [str(bobs.public_id), mine]}
    sure(client.post(f"{V1}/outcomes", outcome))
    asked = sure(client.post(f"{V1}/recall", {"query": f"gate open Fridays {needle}"}))
    said = {"verdict": "useful", "memory_ids": [str(bobs.public_id)], "note": f"Good {needle}."}
    sure(client.post(f"{V1}/recall/{asked['recall_id']}/feedback", said))


def _agents(client: Any, client_of: Any, needle: str) -> None:
    agent = sure(client.post(f"{V1}/agents", {"name": f"Agent {needle}"}))["id"]
    body = {"name": f"Token {needle}", "scopes": ["read", "write"], "agent": agent}
    token = sure(client.post(f"{V1}/tokens", body))
    sure(client_of(token["token"]).post(f"{V1}/memories", {"text": f"Agent says {needle}."}))


def _publish(world: World, write: Any, text: str, other: str = "") -> Memory:
    mine = write(world.alice, text)
    sources = [mine] + ([write(world.bob, other)] if other else [])
    with transaction.atomic():
        placed = publication.publish(target=world.team, wording=mine, sources=sources, by=SYSTEM)
    return placed.memory


def _canonise(world: World, needle: str) -> None:
    """A proposal of hers, one that Bob made of a note of hers, and what she says of it."""
    alice, bob = of_user(world.alice), of_user(world.bob)
    space = world.team.public_id
    content = f"---\ntitle: {needle}\n---\n\nShe says {needle}.\n"
    draft = proposals.Draft(space=space, path="hers.md", content=content, reason=f"For {needle}.")
    proposals.propose(actor=alice, draft=draft)
    note = Memory.objects.get(text=f"For all: {needle}.")
    made = proposals.propose(
        actor=bob, draft=proposals.Draft(space=space, path="his.md", memories=[note.public_id])
    )
    proposals.comment(actor=alice, proposal=made, text=f"I said {needle}.")


def _summarise(world: World, needle: str) -> Memory:
    """A summary that Bob's agent of consolidation made of her note and his."""
    sources = Memory.objects.filter(space=world.team, owner__in=[world.alice, world.bob])
    draft = Draft(
        text=f"The team says {needle} and keeps gates open.",
        kind="summary",
        space=world.team.public_id,
        source=Source.CONSOLIDATION,
        derived_from=tuple(one.public_id for one in sources.filter(status="active")),
    )
    return memories.remember(actor=of_user(world.bob), draft=draft).memory


def _curate(world: World, needle: str) -> Candidate:
    """A rejected request in her words, a mark with her plea, answers of a model, her decisions."""
    now = clock.now()
    alice = world.alice
    note = Memory.objects.get(text=f"Edited {needle} once.")
    run = CurationRun.objects.create(organisation=world.organisation, state="done", created_at=now)
    cluster = Cluster.objects.create(
        organisation=world.organisation, canonical=note, created_at=now
    )
    ClusterMember.objects.create(cluster=cluster, memory=note, link="certain", statement=0)
    decision = Decision.objects.create(
        run=run, cluster=cluster, target=world.team, verdict="review", score=0.5, reasons=[],
        inputs={"members": [note.pk]}, evidence_hash="", policy_version=0, engine_version="1",
        created_at=now,
    )  # fmt: skip
    candidate = Candidate.objects.create(
        cluster=cluster, target=world.team, decision=decision, text=note.text, members_hash="",
        status="rejected", reviewer=alice, reason=f"No {needle}.", created_at=now, decided_at=now,
    )  # fmt: skip
    CandidateMember.objects.create(
        candidate=candidate, memory=note, revision=note.revision, person=alice, link="certain",
        independent=True,
    )  # fmt: skip
    Screening.objects.create(
        memory=note, revision=note.revision, codes=["secret.pin"], state="disputed",
        plea=f"It is no pin, {needle}.", created_at=now,
    )  # fmt: skip
    claim = f"The claim {needle}."
    for subject, answer in ((note.text, {"claims": [claim]}), (claim, {"score": 0.5})):
        Opinion.objects.create(
            organisation=world.organisation, task="t", version=1, model="m",
            subject=hashlib.sha256(subject.encode()).hexdigest(), answer=answer, created_at=now,
        )  # fmt: skip
    ruling = Ruling.objects.create(
        organisation=world.organisation, said="together", candidate=candidate, reviewer=alice,
        reason=f"One fact, {needle}.", created_at=now,
    )  # fmt: skip
    RulingNote.objects.create(
        ruling=ruling, memory=note, content_hash=note.content_hash, second=False
    )
    Policy.objects.create(
        space=world.team, version=99, values={}, reason=f"Since {needle}.", author=alice,
        created_at=now,
    )  # fmt: skip
    Report.objects.create(
        memory=note, people=2, opened_at=now, closed_at=now, closed_by=alice, decision="kept",
        reason=f"Fine, {needle}.",
    )  # fmt: skip
    return candidate


def _archive(world: World, needle: str) -> None:
    """What the archivist holds: a proposal in her words, a draft of a model, her reasons."""
    now = clock.now()
    alice, space = world.alice, world.personal(world.alice)
    note = Memory.objects.get(text=f"Edited {needle} once.")
    proposal = Proposal.objects.create(
        space=space, kind="summary", maker="model", status="rejected", text=f"She says {needle}.",
        claims=[{"text": f"She says {needle}.", "cites": [0]}], lead=note, members_hash="",
        reviewer=alice, reason=f"Not {needle}.", created_at=now, decided_at=now,
    )  # fmt: skip
    proposal.sources.create(memory=note, revision=1, content_hash=note.content_hash)
    change = Change.objects.create(
        space=space, kind="merge", maker="rules", result=note, state="undone", undone_by=alice,
        undone_at=now, reason=f"Apart: {needle}.", created_at=now,
    )  # fmt: skip
    change.sources.create(memory=note, revision=1, content_hash=note.content_hash)
    brief = Brief.objects.create(
        space=space, maker="extract", claims=[{"text": f"She says {needle}.", "cites": [0]}],
        fingerprint="", refreshed_at=now, checked_at=now,
    )  # fmt: skip
    brief.sources.create(memory=note, place=0, revision=1)
    Written.objects.create(
        space=space, task="summary", model="m", digest="0" * 64, created_at=now,
        answer={"claims": [{"text": needle, "cites": [0]}]},
    )  # fmt: skip
    ArchivistPolicy.objects.create(
        space=space, version=99, values={}, reason=f"Since {needle}.", author=alice, created_at=now
    )
