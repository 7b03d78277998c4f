"""Plays a folder with an organisation through the services and observes what the hub did with it.

Import it after Django is set up. Nothing but people, teams, agents, memories and outcomes is read
from the folder.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from time import perf_counter
from typing import Any

from django.apps import apps
from django.db import connection

from apps.accounts.actors import Actor, of_token
from apps.accounts.services import tokens
from apps.audit.models import AuditEvent
from apps.curation.models import (
    CandidateMember,
    CandidateStatus,
    ClusterMember,
    CurationRun,
    Screening,
)
from apps.curation.services import policies, runs
from apps.memories.models import Memory, Provenance, Source
from apps.memories.services import bulk, embeddings, evidence
from apps.memories.services.drafts import Draft
from apps.spaces.models import Organisation
from apps.spaces.services import organisations
from bench.judging import Members, Observed, Place
from memoryhub.demo.cast import Cast, assemble
from memoryhub.demo.folder import Folder

_BULK = 1_000
_WATCHED = ("curation", "memories", "audit")  # applications whose rows a second run must not touch

Fingerprint = dict[tuple[str, str], str]


class AlreadyThereError(Exception):
    """The database holds an organisation of this name; its memories would mix with the folder's."""


@dataclass(slots=True)
class Played:
    """A folder in the hub.

    Attributes:
        organisation: the one made for it.
        curator: who may change its policy.
        memory_of: row id of a memory by id in the folder.
        seconds: by step: load, embed, first_run, second_run.
    """

    organisation: Organisation
    curator: Actor
    memory_of: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def timed(self, step: str, since: float) -> None:
        """Keep how long a step took, in seconds."""
        self.seconds[step] = round(perf_counter() - since, 2)


def load(folder: Folder) -> Played:
    """Create the organisation, write its memories and outcomes in their order, embed.

    Raises:
        AlreadyThereError: the database holds that organisation already.
    """
    if Organisation.objects.filter(name=folder.name).exists():
        raise AlreadyThereError(f"The database holds an organisation {folder.name!r} already.")
    started = perf_counter()
    cast = assemble(folder)
    played = Played(cast.organisation, _actor(cast.reviewer))
    public_ids = _write(folder, cast, played)
    _report(folder, cast, public_ids)
    played.timed("load", started)
    started = perf_counter()
    while embeddings.embed_pending():
        pass
    with connection.cursor() as cursor:  # a bulk load outruns autovacuum
        cursor.execute("ANALYZE memories_memory, memories_memoryindex")
    played.timed("embed", started)
    return played


def govern(played: Played, values: Mapping[str, Any]) -> None:
    """A policy of the whole organisation, as its curator would set it."""
    policies.change(
        actor=played.curator,
        space=organisations.root_of(played.organisation),
        values=values,
        reason="benchmark",
    )


def run(played: Played, step: str) -> CurationRun:
    """One curation run of the organisation, in this process."""
    started = perf_counter()
    queued = runs.queue(organisation=played.organisation)
    done = runs.execute(run_id=queued.pk)
    played.timed(step, started)
    return done


def observe(played: Played) -> Observed:
    """What the hub holds now, in the folder's ids."""
    row_of: dict[int, str] = {}
    for row, pk in played.memory_of.items():
        row_of.setdefault(pk, row)
    shared = Memory.objects.filter(organisation=played.organisation, source=Source.PROMOTION)
    sources = Provenance.objects.filter(memory__in=shared, source_memory__in=row_of)
    shown = CandidateMember.objects.filter(
        candidate__status=CandidateStatus.PENDING, memory__in=row_of
    )
    held = Screening.objects.filter(memory__in=row_of).values_list("memory_id", flat=True)
    return Observed(
        published=_grouped(sources.values_list("memory_id", "source_memory_id"), row_of),
        requests=_grouped(shown.values_list("candidate_id", "memory_id"), row_of),
        screened=frozenset(row_of[pk] for pk in held),
        places=_places(played.memory_of),
    )


def fingerprint() -> Fingerprint:
    """A digest of every watched row by table and key; runs and the events of their start aside."""
    found: Fingerprint = {}
    for label in _WATCHED:
        for model in apps.get_app_config(label).get_models():
            if model is CurationRun or (label == "audit" and model is not AuditEvent):
                continue  # what seals the events follows from them
            where = "WHERE t.action NOT LIKE 'run.%'" if label == "audit" else ""
            options = model._meta  # noqa: SLF001  public by Django's documentation
            table, key = options.db_table, options.pk.column
            with connection.cursor() as cursor:
                cursor.execute(
                    f'SELECT t."{key}"::text, md5(t::text) FROM "{table}" t {where}'  # noqa: S608
                )
                found |= {(table, row): digest for row, digest in cursor.fetchall()}
    return found


def changes(before: Fingerprint, after: Fingerprint) -> Counter[str]:
    """Rows added, removed or changed, by table."""
    keys = before.keys() | after.keys()
    return Counter(
        table for table, key in keys if before.get((table, key)) != after.get((table, key))
    )


def _write(folder: Folder, cast: Cast, played: Played) -> dict[str, Any]:
    """Memories in the folder's order: each stretch by one writer is one bulk request."""
    public_ids: dict[str, Any] = {}
    actors: dict[str, Actor] = {}
    for writer, stretch in groupby(folder.memories, key=lambda row: _writer(row, cast)):
        rows = list(stretch)
        actor = actors.setdefault(writer, _actor(writer))
        for start in range(0, len(rows), _BULK):
            part = rows[start : start + _BULK]
            results = bulk.remember_many(actor=actor, drafts=[*map(_draft, part)], atomic=True)
            for row, result in zip(part, results, strict=True):
                assert result.memory is not None, "atomic: every item was kept"  # noqa: S101
                played.memory_of[row["id"]] = result.memory.pk
                public_ids[row["id"]] = result.memory.public_id
    return public_ids


def _report(folder: Folder, cast: Cast, public_ids: Mapping[str, Any]) -> None:
    actors: dict[str, Actor] = {}
    for row in folder.outcomes:
        person = row["actor"]
        actor = actors.setdefault(person, _actor(cast.people[person]))
        evidence.report_outcome(
            actor=actor,
            task=row["task"],
            success=row["success"],
            kind=row["kind"],
            occurred_at=datetime.fromisoformat(row["occurred_at"]),
            memory_ids=[public_ids[memory] for memory in row["memory_ids"]],
        )


def _writer(row: Mapping[str, Any], cast: Cast) -> str:
    agent = row.get("agent")
    return cast.agents[agent] if agent else cast.people[row["author"]]


def _actor(plain: str) -> Actor:
    token = tokens.verify(plain)
    assert token is not None, "issued a moment ago"  # noqa: S101
    return of_token(token)


def _draft(row: Mapping[str, Any]) -> Draft:
    return Draft(
        text=row["text"],
        kind=row["kind"],
        tags=tuple(row.get("tags", ())),
        metadata=row.get("metadata", {}),
        session_id=row.get("session") or "",
        occurred_at=datetime.fromisoformat(row["occurred_at"]),
    )


def _grouped(links: Any, row_of: Mapping[int, str]) -> tuple[Members, ...]:
    found: dict[int, list[str]] = defaultdict(list)
    for item, memory in links.order_by("pk"):
        found[item].append(row_of[memory])
    return tuple(tuple(members) for members in found.values())


def _places(memory_of: Mapping[str, int]) -> dict[str, Place]:
    members = ClusterMember.objects.filter(memory__in=memory_of.values())
    place = {
        memory: Place(memory, cluster, statement)
        for memory, cluster, statement in members.values_list(
            "memory_id", "cluster_id", "statement"
        )
    }
    return {row: place.get(pk, Place(pk)) for row, pk in memory_of.items()}
