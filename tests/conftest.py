"""Alice, Bob (her team), Charlie (a stranger), and their agents, on real Postgres and Redis."""

import asyncio
import gc
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pgtrigger
import pytest
from django.conf import settings as live
from django.db import connection
from django.test import TransactionTestCase
from hypothesis import HealthCheck, settings
from rest_framework.test import APIClient

from apps.accounts.actors import Actor, of_token, of_user
from apps.accounts.models import AgentToken, User
from apps.accounts.services import tokens, users
from apps.audit.querysets import AuditEventQuerySet
from apps.audit.services.events import SYSTEM
from apps.audit.sql import APPEND_ONLY
from apps.canon import querysets as canon
from apps.captures.querysets import CaptureQuerySet
from apps.consolidation import querysets as consolidation
from apps.curation import querysets as curation
from apps.decay import querysets as decay
from apps.governance import querysets as governance
from apps.graph import querysets as graph
from apps.graph.triggers import DEFERRED
from apps.kernel import clock, isolation
from apps.memories.models import Memory, MemoryRevision
from apps.memories.querysets import MemoryQuerySet, OutcomeQuerySet
from apps.memories.services import backlog, encoders, memories
from apps.memories.services.drafts import Draft
from apps.recall import querysets as recall
from apps.recall.services import reach
from apps.spaces.models import Organisation, Space
from apps.spaces.querysets import SwitchQuerySet
from apps.spaces.services import grants, organisations, tree
from apps.usage import querysets as usage
from tests import sweeping
from tests.services import TEMPLATE

# How long an example takes depends on what else the machine does: no test may fail by it
settings.register_profile("hub", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("hub")

PASSWORD = "correct horse battery staple"
UNFILTERED: dict[type, tuple[str, ...]] = {
    MemoryQuerySet: ("visible_to",),
    OutcomeQuerySet: ("visible_to",),
    AuditEventQuerySet: ("visible_to",),
    curation.PolicyQuerySet: ("visible_to",),
    curation.CurationRunQuerySet: ("visible_to",),
    curation.DecisionQuerySet: ("visible_to",),
    curation.CandidateQuerySet: ("visible_to",),
    curation.ScreeningQuerySet: ("visible_to", "reviewed_by"),
    canon.DocumentQuerySet: ("visible_to",),
    canon.RevisionQuerySet: ("visible_to",),
    canon.SectionQuerySet: ("visible_to",),
    canon.ProposalQuerySet: ("visible_to",),
    canon.RulesQuerySet: ("visible_to",),
    canon.SectionIndexQuerySet: ("visible_to",),
    canon.MirrorQuerySet: ("visible_to",),
    CaptureQuerySet: ("visible_to",),
    consolidation.ArchivistPolicyQuerySet: ("visible_to",),
    consolidation.ConsolidationRunQuerySet: ("visible_to",),
    consolidation.ChangeQuerySet: ("visible_to",),
    consolidation.ArchivistProposalQuerySet: ("visible_to",),
    consolidation.BriefQuerySet: ("visible_to",),
    decay.DecayRunQuerySet: ("visible_to",),
    decay.DecayMoveQuerySet: ("visible_to",),
    governance.ErasureQuerySet: ("visible_to",),
    governance.LegalHoldQuerySet: ("visible_to",),
    governance.RetentionRuleQuerySet: ("visible_to",),
    governance.RetentionRunQuerySet: ("visible_to",),
    graph.EntityQuerySet: ("visible_to",),
    graph.RelationQuerySet: ("visible_to", "reviewed_by"),
    graph.EvidenceQuerySet: ("visible_to",),
    graph.EntityChangeQuerySet: ("visible_to",),
    recall.RecallUseQuerySet: ("visible_to",),
    recall.FeedbackQuerySet: ("visible_to",),
    recall.ReportQuerySet: ("visible_to",),
    SwitchQuerySet: ("visible_to",),
    usage.ModelCallQuerySet: ("visible_to",),
    usage.BudgetQuerySet: ("visible_to",),
}


@pytest.fixture(scope="session", autouse=True)
def _event_loop() -> Iterator[None]:
    """LiteLLM's logging asks for the thread's event loop and would leave one of its own open."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    asyncio.set_event_loop(None)
    loop.close()


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: no search for garbage need look at it."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """The test database is a copy of one that is migrated, where `services` made one."""
    if migrated := os.environ.get(TEMPLATE):
        live.DATABASES["default"].setdefault("TEST", {})["TEMPLATE"] = migrated


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_modify_db_settings: None,
    django_db_setup: None,
    django_db_blocker: Any,
) -> Iterator[None]:
    """The test database may be emptied: tests of several transactions end with a TRUNCATE, which
    the audit's tables refuse. `tests/audit` switches that on again where it tests it."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for table in APPEND_ONLY:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER audit_no_truncate")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", sweeping.take_back)
        yield


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """What processes remember for a second or two would leak from test to test, and counts of
    statements would depend on the clock."""
    monkeypatch.setattr(encoders, "REMEMBERED", 3600.0)
    monkeypatch.setattr(backlog, "REMEMBERED", 3600.0)
    encoders.forget()
    backlog.forget()


@pytest.fixture
def application_filter_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """`visible_to` lets everything through on tables with row-level security, and so does what
    recall searches: what a request still does not show, the database alone keeps from it.

    Spaces, people, agents and tokens have no row-level security and keep their filter.
    """
    for queryset, names in UNFILTERED.items():
        for name in names:
            monkeypatch.setattr(queryset, name, lambda self, _actor: self.all())
    of = reach.of

    def everywhere(actor: Actor, question: Any, now: Any) -> Any:
        found = of(actor, question, now)
        with isolation.within(None):
            spaces = list(Space.objects.values_list("pk", flat=True))
        asked = spaces if not question.filters.spaces else found.params["space_ids"]
        params = {**found.params, "space_ids": asked}
        return replace(found, params=params, readable=tuple(spaces))

    monkeypatch.setattr(reach, "of", everywhere)


@dataclass(frozen=True)
class World:
    """Two organisations. Alice curates `team`, Bob is a member of it, Dora is in another team of
    the same organisation; Charlie is alone in the other organisation."""

    organisation: Organisation
    root: Space
    team: Space
    other_team: Space
    alice: User
    bob: User
    dora: User
    charlie: User
    elsewhere: Organisation

    def personal(self, person: User) -> Space:
        """The personal space of a person."""
        space: Space = Space.objects.get(person=person)
        return space


@pytest.fixture
def world(db: None) -> World:
    if connection.in_atomic_block:  # such a test never commits, and wants to see what goes then
        with connection.cursor() as cursor:
            cursor.execute(f"SET CONSTRAINTS {', '.join(DEFERRED)} IMMEDIATE")
    organisation = organisations.found(name="Aldermoor")
    root = organisations.root_of(organisation)
    team = tree.create_team(organisation=organisation, name="Blue", parent=root)
    other_team = tree.create_team(organisation=organisation, name="Green", parent=root)
    people = {}
    for name in ("Alice", "Bob", "Dora", "Charlie"):
        email = f"{name.lower()}@example.org"
        people[name.lower()] = users.create_person(email=email, name=name, password=PASSWORD)
    for name in ("alice", "bob", "dora"):
        organisations.join(organisation=organisation, person=people[name])
    grants.grant(space=root, person=people["alice"], role="curator", by=SYSTEM)
    tree.settle(team=team, person=people["alice"], role="curator")
    tree.settle(team=team, person=people["bob"])
    tree.settle(team=other_team, person=people["dora"])
    elsewhere = organisations.found(name="Elsewhere")
    organisations.join(organisation=elsewhere, person=people["charlie"])
    return World(organisation, root, team, other_team, elsewhere=elsewhere, **people)


@pytest.fixture
def alice(world: World) -> User:
    return world.alice


@pytest.fixture
def bob(world: World) -> User:
    return world.bob


@pytest.fixture
def charlie(world: World) -> User:
    return world.charlie


@pytest.fixture
def make_agent() -> Callable[..., tuple[User, AgentToken, str]]:
    """`make_agent(owner, scopes=[...])` -> agent, token, plain token."""

    def make(
        owner: User, scopes: list[str] | None = None, **kw: Any
    ) -> tuple[User, AgentToken, str]:
        agent = users.create_agent(owner=owner, name=f"{owner.name}'s agent")
        token, plain = tokens.issue(
            user=agent, name="test", scopes=scopes or ["read", "write"], **kw
        )
        return agent, token, plain

    return make


@pytest.fixture
def actor_of() -> Callable[[User | AgentToken], Actor]:
    """The actor of a user's session or of a token."""
    return lambda who: of_user(who) if isinstance(who, User) else of_token(who)


@pytest.fixture
def write(world: World) -> Callable[..., Memory]:
    """`write(user, text, ...)` keeps a memory as that user and returns it."""

    def _write(user: User, text: str, **fields: Any) -> Memory:
        space = fields.pop("space", None)
        draft = Draft(text=text, space=space.public_id if space else None, **fields)
        return memories.remember(actor=of_user(user), draft=draft).memory

    return _write


@pytest.fixture
def aged(write: Callable[..., Memory]) -> Callable[..., Memory]:
    """`aged(user, text, days, ...)` keeps a memory as if it had been written so many days ago."""

    def make(user: User, text: str, days: int, **fields: Any) -> Memory:
        memory = write(user, text, **fields)
        then = clock.now() - timedelta(days=days)
        Memory.objects.filter(pk=memory.pk).update(created_at=then, updated_at=then)
        with pgtrigger.ignore("memories.MemoryRevision:append_only"):
            MemoryRevision.objects.filter(memory=memory).update(recorded_at=then)
        return memory

    return make


@pytest.fixture
def client_of() -> Callable[[User | str | None], APIClient]:
    """An API client: signed in as a person, with a plain token, or anonymous."""

    def make(who: User | str | None) -> APIClient:
        client = APIClient()
        if isinstance(who, User):
            client.force_login(who)
        elif who is not None:
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {who}")
        return client

    return make
