"""The objects that the rows of the permission table speak of, and the six who ask."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from rest_framework.test import APIClient

from apps.accounts.actors import of_user
from apps.accounts.services import tokens, users
from apps.audit.models import AuditEvent
from apps.canon.models import ChangeProposal
from apps.canon.services import merging, proposals, rules
from apps.captures.services import captures
from apps.consolidation.models import Proposal
from apps.consolidation.services import policies as archivist
from apps.consolidation.services import runs as consolidation
from apps.curation.models import (
    Candidate,
    CandidateMember,
    Cluster,
    CurationRun,
    Decision,
    Screening,
)
from apps.curation.services import policies
from apps.decay.models import DecayRun
from apps.governance.models import Erasure, LegalHold, RetentionRule, RetentionRun
from apps.graph.models import Entity, Evidence, PersonalGraph, Reading, Relation, RelationType
from apps.graph.services import changes
from apps.kernel import clock
from apps.memories.models import Memory
from apps.memories.services import evidence
from apps.recall.core.questions import Question
from apps.recall.services import recall
from apps.spaces.models import Space, Switch
from tests.conftest import World

ASKERS = ("alice", "bob", "charlie", "reader", "writer", "anonymous")


@dataclass(frozen=True)
class Stage:
    """`ids` maps names such as "note in team" to public ids; `clients` one client per asker.

    `reader` and `writer` are Alice's agents, with the scopes read, and read and write.
    """

    ids: dict[str, str]
    clients: dict[str, APIClient]

    def fill(self, value: Any) -> Any:
        """`value` with every string "$name" in it replaced by the id of that name."""
        if isinstance(value, dict):
            return {name: self.fill(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        if isinstance(value, str) and value.startswith("$"):
            return self.ids[value[1:]]
        return value


def build(world: World, write: Callable[..., Any], client_of: Callable[..., APIClient]) -> Stage:
    """One note, agent, token and outcome of Alice, and her spaces."""
    alice = world.alice
    spaces = {"personal": world.personal(alice), "team": world.team, "root": world.root}
    ids = {name: str(space.public_id) for name, space in spaces.items()}
    for name, space in spaces.items():
        ids[f"note in {name}"] = str(write(alice, f"Kept in {name}.", space=space).public_id)
    agent = users.create_agent(owner=alice, name="Alice's agent")
    plain = {}
    for asker, scopes in (("reader", ["read"]), ("writer", ["read", "write"])):
        token, plain[asker] = tokens.issue(user=agent, name=asker, scopes=scopes)
        ids[f"{asker}'s token"] = str(token.public_id)
    outcome = evidence.report_outcome(actor=of_user(alice), task="A task", success=True)
    asked = recall.ask(actor=of_user(alice), question=Question(query="Kept in team?"))
    ids["recall"] = str(asked.recall_id)
    ids |= {"agent": str(agent.public_id), "outcome": str(outcome.public_id)}
    ids["bob"] = str(world.bob.public_id)
    ids |= {
        name: str(public_id) for name, public_id in _curation(world, write, spaces["team"]).items()
    }
    ids |= {name: str(public_id) for name, public_id in _marks(world, write).items()}
    ids |= {name: str(id) for name, id in _canon(world, spaces["team"]).items()}
    about = captures.About(title="A session")
    kept = captures.capture(actor=of_user(alice), data=b"We agreed on red.", about=about)
    upload = captures.begin(actor=of_user(alice), about=about)
    ids |= {"capture": str(kept.capture.public_id), "upload": str(upload.public_id)}
    ids |= {name: str(public_id) for name, public_id in _archivist(world, write).items()}
    ids |= {name: str(public_id) for name, public_id in _graph(world).items()}
    ids["alice"] = str(alice.public_id)
    ids |= {name: str(public_id) for name, public_id in _governance(world).items()}
    first = AuditEvent.objects.of_organisation(world.organisation.public_id).earliest("id")
    ids["event"] = str(first.public_id)
    clients = {
        "alice": client_of(alice),
        "bob": client_of(world.bob),
        "charlie": client_of(world.charlie),
        "reader": client_of(plain["reader"]),
        "writer": client_of(plain["writer"]),
        "anonymous": client_of(None),
    }
    return Stage(ids, clients)


def _curation(world: World, write: Callable[..., Any], target: Space) -> dict[str, UUID]:
    """A finished run that proposed notes of Bob's to his team, and the team's policy."""
    now = clock.now()
    run = CurationRun.objects.create(
        organisation=world.organisation, state="done", created_at=now, finished_at=now
    )
    candidate, other = (
        _proposed(world, target, run, [write(world.bob, text) for text in texts])
        for texts in (("Worth knowing.", "Worth asking."), ("Worth telling.",))
    )
    member = candidate.members.order_by("pk")[1]
    policy = policies.change(
        actor=of_user(world.alice), space=target, values={}, reason="To have one."
    )
    return {
        "candidate": candidate.public_id,
        "member": member.public_id,
        "other candidate": other.public_id,
        "run": run.public_id,
        "policy": policy.public_id,
    }


def _proposed(world: World, target: Space, run: CurationRun, notes: Sequence[Memory]) -> Candidate:
    """A request to publish the first of Bob's notes."""
    now = clock.now()
    cluster = Cluster.objects.create(
        organisation=world.organisation, canonical=notes[0], created_at=now
    )
    decision = Decision.objects.create(
        run=run,
        cluster=cluster,
        target=target,
        verdict="review",
        score=0.5,
        reasons=[],
        inputs={},
        evidence_hash="",
        policy_version=0,
        engine_version="1",
        created_at=now,
    )
    candidate = Candidate.objects.create(
        cluster=cluster,
        target=target,
        decision=decision,
        text=notes[0].text,
        members_hash="",
        created_at=now,
    )
    for note in notes:
        CandidateMember.objects.create(
            candidate=candidate,
            memory=note,
            revision=1,
            person=world.bob,
            link="certain",
            independent=True,
        )
    return candidate


def _archivist(world: World, write: Callable[..., Any]) -> dict[str, UUID]:
    """A finished run of the team's archivist, a change of it, and a proposal that waits."""
    for person in (world.alice, world.bob):
        write(person, "The lift needs a key after six.", space=world.team)
    run = consolidation.execute(run_id=consolidation.queue(space=world.team).pk)
    change = run.changes.get()
    proposal = Proposal.objects.create(
        space=world.team,
        kind="merge",
        maker="likeness",
        text="The yard is swept on Mondays.",
        members_hash="",
        created_at=clock.now(),
    )
    for text in ("The yard is swept on Mondays.", "On Mondays somebody sweeps the yard."):
        note = write(world.bob, text, space=world.team)
        proposal.sources.create(memory=note, revision=1, content_hash=note.content_hash)
    policy = archivist.change(
        actor=of_user(world.alice), space=world.team, values={}, reason="To have one."
    )
    return {
        "consolidation run": run.public_id,
        "change": change.public_id,
        "archivist proposal": proposal.public_id,
        "archivist policy": policy.public_id,
    }


def _marks(world: World, write: Callable[..., Any]) -> dict[str, UUID]:
    """Two marks on notes of Bob's: one as the run left it, one that he disputed."""
    found = {}
    for name, state in (("mark", "kept"), ("disputed mark", "disputed")):
        note = write(world.bob, f"Kept back: {name}.")
        mark = Screening.objects.create(
            memory=note,
            revision=1,
            codes=["secret.pin"],
            rules=1,
            state=state,
            created_at=clock.now(),
        )
        found[name] = mark.public_id
    return found


def _canon(world: World, team: Space) -> dict[str, UUID | str]:
    """A document, an open proposal and one that Alice approved, all by Bob; the team's rules."""
    alice, bob = of_user(world.alice), of_user(world.bob)
    row = rules.change(actor=alice, space=team, values={}, reason="To have some.")

    def propose(path: str) -> ChangeProposal:
        draft = proposals.Draft(
            space=team.public_id, path=path, content=f"---\ntitle: {path}\n---\n\nWords.\n"
        )
        return proposals.propose(actor=bob, draft=draft)

    canon, approved, proposal = (propose(path) for path in ("a.md", "b.md", "c.md"))
    for each in (canon, approved):
        proposals.approve(actor=alice, proposal=each, sha256=each.sha256)
    revision = merging.merge(actor=alice, proposal=canon)
    proposals.comment(actor=bob, proposal=proposal, text="Please.")
    return {
        "document": revision.document.public_id,
        "proposal": proposal.public_id,
        "proposal's bytes": proposal.sha256,
        "approved proposal": approved.public_id,
        "rules": row.public_id,
    }


def _graph(world: World) -> dict[str, UUID]:
    """Things that Alice's notes in the team and the root speak of, a relation and a merge."""
    now = clock.now()
    notes = {
        space.pk: Memory.objects.filter(space=space, author=world.alice).earliest("pk")
        for space in (world.team, world.root)
    }
    things = {
        name: Entity.objects.create(
            organisation=world.organisation, type="code", name=name, normalised=name, created_at=now
        )
        for name in ("entity in team", "entity in root", "other entity", "third entity")
    }
    for name, thing in things.items():
        for note in notes.values():
            if name != "entity in root" or note.space_id == world.root.pk:
                _evident(note, now, entity=thing)
    ends = things["entity in team"], things["other entity"]
    relation = Relation.objects.create(
        organisation=world.organisation,
        type="located_in",
        subject=ends[0],
        object=ends[1],
        subject_group=ends[0].pk,
        object_group=ends[1].pk,
        valid=DateTimeTZRange(now, None),
        functional=True,
        recorded_at=now,
    )
    _evident(notes[world.team.pk], now, relation=relation)
    RelationType.objects.create(organisation=world.organisation, name="located_in", functional=True)
    PersonalGraph.objects.create(space=world.personal(world.dora), since=now)
    Reading.objects.create(memory=notes[world.team.pk], revision=1, next_attempt_at=now)
    third, other = (
        Entity.objects.get(pk=things[name].pk) for name in ("third entity", "other entity")
    )
    change = changes.merge(actor=of_user(world.alice), kept=third, other=other)
    named = {name: thing.public_id for name, thing in things.items()}
    return {**named, "relation": relation.public_id, "entity change": change.public_id}


def _evident(note: Memory, now: Any, **of: Any) -> None:
    Evidence.objects.create(
        space=note.space, memory=note, revision=1, confidence=1, recorded_at=now, **of
    )


def _governance(world: World) -> dict[str, UUID]:
    """An erasure of Dora's that waits, and a hold on the other team."""
    now = clock.now()
    erasure = Erasure.objects.create(
        organisation=world.organisation, person=world.dora, reason="Asked.", created_at=now
    )
    hold = LegalHold.objects.create(
        organisation=world.organisation, space=world.other_team, reason="Case.", placed_at=now
    )
    rule = RetentionRule.objects.create(
        space=world.team, version=1, action="keep", reason="Because.", created_at=now
    )
    run = RetentionRun.objects.create(
        organisation=world.organisation, dry=True, state="done", created_at=now
    )
    switch = Switch.objects.create(
        organisation=world.organisation, kind="promotion", reason="Over.", set_at=now, lifted_at=now
    )
    return {
        "switch": switch.public_id,
        "erasure": erasure.public_id,
        "hold": hold.public_id,
        "retention rule": rule.public_id,
        "retention run": run.public_id,
        "decay run": DecayRun.objects.create(
            organisation=world.organisation, state="done", moment=now, created_at=now
        ).public_id,
    }


def dumps(body: Any) -> str:
    """`body` as JSON."""
    return json.dumps(body)
