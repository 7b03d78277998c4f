"""The world as the tables hold it, read raw: facts only, no rule of who may know them.

Roles in spaces are not read: the fuzz keeps its own record of what was given and taken.
"""

import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import Model, UUIDField

from apps.accounts.models import AgentToken, User
from apps.audit.models import AuditEvent
from apps.canon.models import ChangeProposal, Comment, Document, ReviewRules
from apps.captures.models import Capture, CapturePart
from apps.consolidation.models import ArchivistPolicy, Change, ConsolidationRun, Proposal
from apps.curation.models import (
    Candidate,
    CandidateMember,
    Cluster,
    CurationRun,
    Decision,
    Policy,
    Screening,
)
from apps.decay.models import DecayRun
from apps.governance.models import Erasure, LegalHold, RetentionRule, RetentionRun
from apps.graph import models as graph
from apps.identity.models import GroupMapping, ScimToken
from apps.kernel import clock
from apps.memories.models import Memory, MemoryRevision, Outcome, OutcomeUse
from apps.recall.models import Feedback, RecallUse, Report
from apps.spaces.models import Membership, Organisation, Space, Switch
from tests.security.leaks import facts
from tests.security.leaks.facts import Fact
from tests.security.leaks.oracle import Ledger

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
CANARY = re.compile(r"zq[bcfgkmpqtvwxz]{8}")
_LETTERS = "bcfgkmpqtvwxz"  # no stemmer of any language takes these for an ending
_count = 0


def canary() -> str:
    """A word that was never said before."""
    global _count  # noqa: PLW0603  one process, one count
    _count += 1
    left, letters = _count, ""
    for _ in range(8):
        left, digit = divmod(left, len(_LETTERS))
        letters = _LETTERS[digit] + letters
    return f"zq{letters}"


def raw(model: type[Model]) -> Any:
    """Every row of a table, whoever asks."""
    return model._base_manager.order_by("pk")


class Snapshot:
    """Takes ledgers of a world that changes; reads again only the tables that changed meanwhile.

    Of one transaction and of what is undone in it: a row's version is told by where it stands.
    """

    def __init__(self) -> None:
        self.ledger = Ledger()  # the part that is being read
        self.parts: dict[str, Ledger] = {}
        self.prints: dict[str, Any] = {}
        self.home: dict[int, int] = {}  # organisation by user, which outlasts their membership
        self.by_public_id: dict[uuid.UUID, int] = {}  # organisation row by its public id
        self.agents: set[int] = set()
        self.expires: datetime | None = None  # when the next memory does
        self.last_event = 0

    def copied(self) -> "Snapshot":
        """One that knows the same; what either sees from now on the other does not."""
        other = Snapshot()
        for name, value in vars(self).items():
            setattr(other, name, value if isinstance(value, Ledger) else copy(value))
        if events := self.parts.get("_events"):
            told = {marker: set(found) for marker, found in events.facts.items()}
            other.parts["_events"] = Ledger(facts=told)
        return other

    def take(self, roles: Mapping[tuple[int, int], str]) -> Ledger:
        """The world as it is now.

        Args:
            roles: by person and space; the fuzz's own record.
        """
        prints = _fingerprints()
        changed = {table for table, told in prints.items() if self.prints.get(table) != told}
        if changed & _tables(_PEOPLE):
            self._forget()
        for name, models in _PARTS.items():
            if name not in self.parts or changed & _tables(models) or self._is_late(name):
                self._read(name, Ledger())
        self._read("_events", self.parts.get("_events", Ledger()))
        self.prints = prints
        return Ledger(roles=dict(roles)).joined(self.parts.values())

    def _forget(self) -> None:
        """All of it: every part names people and their organisations."""
        self.last_event = 0
        self.parts.clear()
        self.home.clear()
        self.by_public_id.clear()
        self.agents.clear()

    def _is_late(self, name: str) -> bool:
        return name == "_notes" and self.expires is not None and self.expires <= clock.now()

    def _read(self, name: str, part: Ledger) -> None:
        self.ledger = self.parts[name] = part
        getattr(self, name)()

    def tell(self, fact: Fact, *markers: object) -> None:
        """The markers tell this fact: an id by itself, a text by the canary words in it."""
        for marker in markers:
            words = [str(marker)] if isinstance(marker, uuid.UUID) else words_of(marker)
            for word in words:
                self.ledger.facts.setdefault(word, set()).add(fact)

    def _spaces(self) -> None:
        for row in raw(Organisation):
            self.by_public_id[row.public_id] = row.pk
            self.tell(Fact("organisation", -row.pk, row.pk), row.public_id)
        for row in raw(Space):
            self.ledger.spaces[row.pk] = facts.Space(
                row.kind, row.organisation_id, row.parent_id, row.person_id, row.shares
            )
            self.tell(Fact("space", row.pk, row.organisation_id), row.public_id)
            self.tell(Fact("space", row.pk, row.organisation_id, is_id=False), row.name)
            if row.person_id:
                self.home[row.person_id] = row.organisation_id

    def _users(self) -> None:
        belongs = {row.person_id: row for row in raw(Membership)}
        for row in raw(User):
            home = self.home.get(row.owner_id or row.pk) or self._kept_by_the_hub(row)
            if row.owner_id:
                self.agents.add(row.pk)
                self.ledger.agents[row.pk] = row.owner_id
                self.tell(Fact("agent", row.pk, home), row.public_id, row.name)
                continue
            member = belongs.get(row.pk)
            self.ledger.people[row.pk] = facts.Person(
                member.organisation_id if member else None,
                member.role if member else "",
                row.is_active,
            )
            self.tell(Fact("person", row.pk, home), row.public_id, row.name)
            self.tell(Fact("email", row.pk, home, is_id=False), row.email)

    def _kept_by_the_hub(self, row: User) -> int | None:
        """The organisation whose archivist this is, or its keeper, who is in no organisation."""
        if not row.owner_id:
            named = ID.search(row.email or "")
            home = self.by_public_id.get(uuid.UUID(named[0])) if named else None
            if home is not None:
                self.home[row.pk] = home
        return self.home.get(row.owner_id or row.pk)

    def _tokens(self) -> None:
        for row in raw(AgentToken).select_related("user"):
            person = row.user.owner_id or row.user_id
            spaces = None if row.spaces is None else frozenset(self._rows_of(row.spaces))
            self.ledger.tokens[row.pk] = facts.Token(person, frozenset(row.scopes), spaces)
            self.tell(Fact("token", row.pk, self.home.get(person)), row.public_id, row.name)

    def _rows_of(self, public_ids: Iterable[uuid.UUID]) -> Iterator[int]:
        wanted = set(public_ids)
        return (row.pk for row in raw(Space) if row.public_id in wanted)

    def _notes(self) -> None:
        now, self.expires = clock.now(), None
        for row in raw(Memory):
            expired = row.expires_at is not None and row.expires_at <= now
            if row.expires_at is not None and not expired:
                self.expires = min(self.expires or row.expires_at, row.expires_at)
            private = "private" in row.tags or row.kind == "preference"
            offered = row.status == "active" and row.sensitivity == "normal"
            self.ledger.notes[row.pk] = facts.Note(
                row.space_id, row.owner_id, row.status, row.sensitivity, row.revision,
                offered and not private and not expired,
            )  # fmt: skip
            self.tell(Fact("note", row.pk, row.organisation_id), row.public_id)
            words = Fact("words", row.pk, row.organisation_id, row.revision, is_id=False)
            self.tell(words, row.text, row.tags, row.metadata, row.session_id)
            self.tell(words, *_named(row.metadata.get("capture")))
            self._acted(row.author_id, row.space_id)

    def _revisions(self) -> None:
        for row in raw(MemoryRevision).select_related("memory"):
            home = row.memory.organisation_id
            words = Fact("words", row.memory_id, home, row.number, is_id=False)
            self.tell(words, row.text, row.tags, row.metadata, row.reason)
            self.tell(words, *_named(row.metadata.get("capture")), *_named(row.reason))
            self._acted(row.recorded_by_id, row.memory.space_id)

    def _acted(self, user: int | None, space: int) -> None:
        if user in self.agents:
            self.ledger.acted_in.setdefault(user, set()).add(space)

    def _marks(self) -> None:
        for row in raw(Screening).select_related("memory"):
            self.ledger.marks[row.pk] = facts.Mark(row.memory_id, row.revision, row.state)
            home = row.memory.organisation_id
            self.tell(Fact("mark", row.pk, home), row.public_id)
            self.tell(Fact("mark", row.pk, home, is_id=False), row.plea)
            self.tell(Fact("mark", row.pk, home, is_id=False, is_reason=True), row.reason)

    def _candidates(self) -> None:
        shown: dict[int, dict[int, int]] = {}
        for member in raw(CandidateMember).select_related("candidate__target", "memory"):
            shown.setdefault(member.candidate_id, {})[member.memory_id] = member.revision
            home = member.candidate.target.organisation_id
            self.tell(Fact("candidate", member.candidate_id, home), member.public_id)
        for row in raw(Candidate).select_related("target"):
            home = row.target.organisation_id
            self.ledger.candidates[row.pk] = facts.Candidate(
                row.target_id, shown.get(row.pk, {}), row.published_id
            )
            self.tell(Fact("candidate", row.pk, home), row.public_id)
            self.tell(Fact("candidate", row.pk, home, is_id=False), row.text)
            self.tell(Fact("candidate", row.pk, home, is_id=False, is_reason=True), row.reason)

    def _engine(self) -> None:
        for run in raw(CurationRun):
            self.tell(Fact("run", run.pk, run.organisation_id), run.public_id)
        for fading in raw(DecayRun):
            self.tell(Fact("decay_run", fading.pk, fading.organisation_id), fading.public_id)
        for decision in raw(Decision).select_related("run"):
            home = decision.run.organisation_id
            self.tell(Fact("decision", decision.pk, home), decision.public_id)
        for cluster in raw(Cluster):
            self.tell(Fact("cluster", cluster.pk, cluster.organisation_id), cluster.public_id)

    def _policies(self) -> None:
        for row in raw(Policy).select_related("space"):
            home = row.space.organisation_id
            self.tell(Fact("policy", row.space_id, home), row.public_id)
            self.tell(Fact("policy", row.space_id, home, is_id=False, is_reason=True), row.reason)

    def _canon(self) -> None:
        for row in raw(Document):
            self.tell(Fact("document", row.space_id, row.organisation_id), row.public_id)
        for row in raw(ChangeProposal):
            space, home = row.space_id, row.organisation_id
            self.tell(Fact("canon", space, home), row.public_id)
            self.tell(Fact("canon", space, home, is_id=False), row.content, row.path)
            reasons = Fact("canon", space, home, is_id=False, is_reason=True)
            self.tell(reasons, row.reason, row.decision)
            self._acted(row.author_id, space)
        for row in raw(Comment).select_related("proposal"):
            space, home = row.proposal.space_id, row.proposal.organisation_id
            self.tell(Fact("canon", space, home), row.public_id)
            self.tell(Fact("canon", space, home, is_id=False), row.text)
            self._acted(row.author_id, space)
        for row in raw(ReviewRules).select_related("space"):
            home = row.space.organisation_id
            self.tell(Fact("canon_rules", row.space_id, home), row.public_id)
            why = Fact("canon_rules", row.space_id, home, is_id=False, is_reason=True)
            self.tell(why, row.reason)

    def _said(self) -> None:
        said = self.ledger.said
        for task in raw(Outcome):
            said["outcome", task.pk] = facts.Said(task.person_id, task.reporter_id)
            self.tell(Fact("outcome", task.pk, task.organisation_id), task.public_id)
            self.tell(Fact("outcome", task.pk, task.organisation_id, is_id=False), task.task)
        for asked in raw(RecallUse):
            said["recall", asked.pk] = facts.Said(asked.person_id, asked.user_id)
            self.tell(Fact("recall", asked.pk, asked.organisation_id), asked.public_id)
        for word in raw(Feedback).select_related("memory"):
            said["feedback", word.pk] = facts.Said(word.person_id, word.user_id, word.memory_id)
            home = word.memory.organisation_id
            self.tell(Fact("feedback", word.pk, home, is_id=False), word.note)

    def _uses(self) -> None:
        rows = dict(raw(Memory).values_list("public_id", "pk"))
        for use in raw(OutcomeUse):
            if use.named in rows:  # also of another organisation: it is said back as it was named
                self.ledger.named_by.setdefault(rows[use.named], set()).add(use.outcome_id)

    def _captures(self) -> None:
        for row in raw(Capture):
            self.ledger.captures[row.pk] = (row.owner_id, row.space_id)
            self.tell(Fact("capture", row.pk, row.organisation_id), row.public_id)
            words = Fact("capture", row.pk, row.organisation_id, is_id=False)
            self.tell(words, row.title, row.session_id)
            for data in row.parts.values_list("data", flat=True):
                self.tell(words, bytes(data).decode(errors="replace"))

    def _reports(self) -> None:
        for row in raw(Report).select_related("memory"):
            home = row.memory.organisation_id
            self.tell(Fact("report", row.memory.space_id, home), row.public_id)
            reason = Fact("report", row.memory.space_id, home, is_id=False, is_reason=True)
            self.tell(reason, row.reason)

    def _archivist(self) -> None:
        for kind, model in (
            ("archivist_run", ConsolidationRun),
            ("archivist_change", Change),
            ("archivist_proposal", Proposal),
            ("archivist_policy", ArchivistPolicy),
        ):
            for row in raw(model).select_related("space"):
                home, wider = row.space.organisation_id, getattr(row, "target_id", None) or 0
                self.tell(Fact(kind, row.space_id, home, wider), row.public_id)
                said = Fact(kind, row.space_id, home, wider, is_id=False)
                self.tell(said, getattr(row, "text", ""))
                reason = Fact(kind, row.space_id, home, wider, is_id=False, is_reason=True)
                self.tell(reason, getattr(row, "reason", ""))

    def _graph(self) -> None:
        evident, cited = self.ledger.evident, self.ledger.cited
        for row in raw(graph.Evidence):
            of = ("entity", row.entity_id) if row.entity_id else ("relation", row.relation_id)
            if row.memory_id:
                evident.setdefault(of, set()).add(row.memory_id)
            else:
                cited.setdefault(of, set()).add(row.space_id)
        for kind, model in (
            ("entity", graph.Entity),
            ("relation", graph.Relation),
            ("change", graph.Change),
        ):
            for row in raw(model):
                self.tell(Fact(kind, row.pk, row.organisation_id), row.public_id)
        for row in raw(graph.Change):
            for told in (evident, cited):
                both = (told.get(("entity", pk), set()) for pk in (row.kept, row.other))
                told["change", row.pk] = set().union(*both)

    def _governance(self) -> None:
        for kind, model in (
            ("erasure", Erasure), ("hold", LegalHold), ("retention_run", RetentionRun),
        ):  # fmt: skip
            for row in raw(model):
                self._governed(kind, row.organisation_id, row)
        for rule in raw(RetentionRule).select_related("space"):
            self._governed("retention_rule", rule.space.organisation_id, rule)
        for mapping in raw(GroupMapping):
            self._governed("mapping", mapping.organisation_id, mapping, mapping.group)
        for token in raw(ScimToken):
            self._governed("scim_token", token.organisation_id, token, token.name)
        for switch in raw(Switch):
            told = Fact("switch", 0, switch.organisation_id)
            self.tell(told, switch.public_id, switch.reason, switch.lift_reason)

    def _governed(self, kind: str, home: int, row: Any, *words: str) -> None:
        self.tell(Fact(kind, 0, home), row.public_id)
        self.tell(Fact(kind, 0, home, is_id=False), *words)
        reasons = (getattr(row, name, "") for name in ("reason", "release_reason"))
        self.tell(Fact(kind, 0, home, is_id=False, is_reason=True), *reasons)

    def _events(self) -> None:
        """Those that came since; what is told of one never changes."""
        columns = ("pk", "organisation", "public_id", "action", "object_ids")
        rows = raw(AuditEvent).filter(pk__gt=self.last_event)
        for pk, organisation, public_id, action, object_ids in rows.values_list(*columns):
            home = self.by_public_id.get(organisation)
            self.tell(Fact("event", 0, home), public_id)
            if action == "access.deny":  # names what was asked about, whatever that is
                self.tell(Fact("denied", 0, home), *object_ids)
            self.last_event = pk


# What each part is read from; every part also names people
_PEOPLE = (Organisation, Space, Membership, User)
_PARTS: dict[str, tuple[type[Model], ...]] = {
    "_spaces": _PEOPLE,
    "_users": _PEOPLE,
    "_tokens": (AgentToken,),
    "_notes": (Memory,),
    "_revisions": (MemoryRevision,),
    "_marks": (Screening,),
    "_candidates": (Candidate, CandidateMember),
    "_engine": (CurationRun, DecayRun, Decision, Cluster),
    "_policies": (Policy,),
    "_canon": (Document, ChangeProposal, Comment, ReviewRules),
    "_said": (Outcome, RecallUse, Feedback),
    "_uses": (OutcomeUse, Memory),
    "_captures": (Capture, CapturePart),
    "_reports": (Report,),
    "_archivist": (ConsolidationRun, Change, Proposal, ArchivistPolicy),
    "_graph": (graph.Evidence, graph.Entity, graph.Relation, graph.Change),
    "_governance": (
        Erasure, LegalHold, RetentionRun, RetentionRule, GroupMapping, ScimToken, Switch,
    ),
}  # fmt: skip


def _tables(models: Iterable[type[Model]]) -> set[str]:
    return {model._meta.db_table for model in models}


# Each version of a row stands elsewhere while the transaction that replaced it is open
_PRINT = """SELECT '{table}', count(*),
 coalesce(sum(hashtextextended(ctid::text || ' ' || xmin::text, 0)), 0) FROM {table}"""
_PRINTS = " UNION ALL ".join(
    _PRINT.format(table=table)
    for table in sorted(set().union(*(_tables(models) for models in _PARTS.values())))
)


def _fingerprints() -> dict[str, Any]:
    """By table, what differs when a row was added, changed or removed."""
    with connection.cursor() as cursor:
        cursor.execute(_PRINTS)
        return {table: told for table, *told in cursor.fetchall()}


def _named(text: object) -> Iterator[uuid.UUID]:
    """Ids that the hub itself wrote into a text."""
    return (uuid.UUID(found) for found in ID.findall(str(text)))


def words_of(value: object) -> list[str]:
    """Canary words in a text, a list of texts or an object of them."""
    return CANARY.findall(str(value))


def unknown(ids: Iterable[str]) -> list[tuple[str, str]]:
    """(model, id) of rows that have one of the ids as a unique id, whatever the table."""
    wanted = [uuid.UUID(text) for text in ids]
    return [
        (model._meta.label, str(id))
        for model in (apps.get_models() if wanted else ())
        for column in model._meta.concrete_fields
        if isinstance(column, UUIDField) and column.unique
        for id in raw(model)
        .filter(**{f"{column.name}__in": wanted})
        .values_list(column.name, flat=True)
    ]
