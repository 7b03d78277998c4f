"""Alice and Robin review the team's canon, Bob writes in it, and a folder for repositories."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from apps.accounts.actors import of_user
from apps.accounts.models import User
from apps.accounts.services import users
from apps.canon.models import ChangeProposal, Revision
from apps.canon.services import merging, proposals
from apps.spaces.services import organisations, tree
from tests.conftest import PASSWORD, World


def text(title: str, body: str = "Take it back within 30 days.") -> str:
    """A document."""
    return f"---\ntitle: {title}\n---\n\n{body}\n"


@pytest.fixture(autouse=True)
def repositories(settings: Any, tmp_path: Path) -> Path:
    settings.CANON_MIRROR_DIR = tmp_path / "canon"
    return tmp_path / "canon"


@pytest.fixture
def robin(world: World) -> User:
    """A second reviewer of the team."""
    person = users.create_person(email="robin@example.org", name="Robin", password=PASSWORD)
    organisations.join(organisation=world.organisation, person=person)
    tree.settle(team=world.team, person=person, role="reviewer")
    return person


@pytest.fixture
def propose(world: World) -> Callable[..., ChangeProposal]:
    """`propose(path, content, by=..., **fields)`: Bob does, to the team, if not said otherwise."""

    def make(path: str, content: str = "", **fields: Any) -> ChangeProposal:
        actor = of_user(fields.pop("by", world.bob))
        space = fields.pop("space", world.team).public_id
        draft = proposals.Draft(space=space, path=path, content=content, **fields)
        return proposals.propose(actor=actor, draft=draft)

    return make


@pytest.fixture
def approve() -> Callable[..., ChangeProposal]:
    """`approve(proposal, person)`: of its present bytes."""

    def give(proposal: ChangeProposal, person: User) -> ChangeProposal:
        return proposals.approve(actor=of_user(person), proposal=proposal, sha256=proposal.sha256)

    return give


@pytest.fixture
def publish(
    world: World, propose: Callable[..., ChangeProposal], approve: Callable[..., Any]
) -> Callable[..., Revision]:
    """`publish(path, content)`: Bob proposes, Alice approves and merges."""

    def make(path: str, content: str = "", **fields: Any) -> Revision:
        proposal = propose(path, content, **fields)
        approve(proposal, world.alice)
        return merging.merge(actor=of_user(world.alice), proposal=proposal)

    return make
