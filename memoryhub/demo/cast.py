"""Setting the stage: people, teams, agents and their tokens. Found again on the next run.

There is no API for hiring people, in companies as here: identity comes from single sign-on or an
administrator, so this part goes through the services.
"""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from apps.accounts.models import User
from apps.accounts.services import tokens, users
from apps.audit.services.events import SYSTEM
from apps.spaces.models import Organisation, OrganisationRole, Space, SpaceRole
from apps.spaces.services import grants, organisations, tree
from memoryhub.demo.folder import Folder


@dataclass(frozen=True, slots=True)
class Cast:
    """Bearer tokens by the folder's ids: of people, of agents, and the chief reviewer's.

    Attributes:
        root: public id of the organisation's own space.
        scribe: token of whoever proposes canon there, not the chief reviewer; "" where nobody else
            is left.
        chief: address of the chief reviewer, for the desk.
        password: of the same; "" where nothing is kept between performances.
    """

    organisation: Organisation
    people: dict[str, str]
    agents: dict[str, str]
    agent_of: dict[str, str]
    team_of: dict[str, str]
    reviewer: str
    root: str
    scribe: str
    chief: str
    password: str


@transaction.atomic
def assemble(folder: Folder, *, keep_in: Path | None = None) -> Cast:
    """Create whoever is missing, with tokens.

    Args:
        folder: who there is.
        keep_in: folder whose file holds the tokens of earlier performances; they are used again
            where they still work. None: new tokens, kept nowhere.
    """
    organisation = Organisation.objects.filter(name=folder.name).first()
    if organisation is None:
        organisation = organisations.found(name=folder.name)
    root = organisations.root_of(organisation)
    people = {row["id"]: _person(organisation, row, folder) for row in folder.people}
    team_of = _settle_teams(folder, organisation, root, people)
    chief = people[folder.reviewers[0]]
    grants.grant(space=root, person=chief, role=SpaceRole.CURATOR, by=SYSTEM)
    scribe = next((person for person in people.values() if person != chief), None)
    if scribe is not None:  # who proposes canon writes where it is to stand
        grants.grant(space=root, person=scribe, role=SpaceRole.MEMBER, by=SYSTEM)
    agents = {row["id"]: _agent(people[row["owner"]], row["name"]) for row in folder.agents}
    owned: dict[str, str] = {}
    for row in folder.agents:
        owned.setdefault(row["owner"], row["id"])
    kept = _Tokens(keep_in and keep_in / f"demo-tokens-{organisation.public_id}.json")
    cast = Cast(
        organisation=organisation,
        people={key: kept.of(user) for key, user in people.items()},
        agents={key: kept.of(user) for key, user in agents.items()},
        agent_of=owned,
        team_of=team_of,
        reviewer=kept.of(chief, "demo reviewer", ["read", "review", "manage"]),
        root=str(root.public_id),
        scribe=kept.of(scribe) if scribe else "",
        chief=chief.email or "",
        password=kept.password_of(chief) if keep_in else "",
    )
    kept.keep()
    return cast


def _person(organisation: Organisation, row: dict[str, str], folder: Folder) -> User:
    """A member; the chief reviewer, who signs in at the desk, reads the audit as well."""
    person: User | None = User.objects.filter(email=row["email"].lower()).first()
    if person is None:
        person = users.create_person(email=row["email"], name=row["name"])
        chief = row["id"] == folder.reviewers[0]
        role = OrganisationRole.AUDITOR if chief else OrganisationRole.MEMBER
        organisations.join(organisation=organisation, person=person, role=role)
    return person


def _settle_teams(
    folder: Folder, organisation: Organisation, root: Space, people: dict[str, User]
) -> dict[str, str]:
    team_of: dict[str, str] = {}
    for row in folder.teams:
        team = Space.objects.filter(
            organisation=organisation, kind="team", name=row["name"]
        ).first()
        if team is None:
            team = tree.create_team(organisation=organisation, name=row["name"], parent=root)
        for member in row["members"]:
            team_of[member] = row["name"]
            reviews = member in folder.reviewers
            role = SpaceRole.REVIEWER if reviews else SpaceRole.MEMBER
            tree.settle(team=team, person=people[member], role=role)
    for key in folder.reviewers[:1]:  # the chief reviewer sees every team's queue
        for team in Space.objects.filter(organisation=organisation, kind="team"):
            grants.grant(space=team, person=people[key], role=SpaceRole.REVIEWER, by=SYSTEM)
    return team_of


def _agent(owner: User, name: str) -> User:
    agent: User | None = User.objects.filter(owner=owner, name=name).first()
    return agent or users.create_agent(owner=owner, name=name)


class _Tokens:
    """Secrets of earlier performances, used again: an idempotency key belongs to its credential."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        known = path is not None and path.exists()
        self._known: dict[str, str] = json.loads(path.read_text()) if path and known else {}

    def of(self, user: User, name: str = "demo", scopes: Sequence[str] = ("read", "write")) -> str:
        """The plain token of a user, issued when there is none that still works."""
        key = f"{user.public_id} {name}"
        known = self._known.get(key)
        if known is None or tokens.verify(known) is None:
            _, self._known[key] = tokens.issue(user=user, name=name, scopes=scopes)
        return self._known[key]

    def password_of(self, person: User) -> str:
        """The password of a person; a new one when that of before does not open any more."""
        key = f"{person.public_id} password"
        known = self._known.get(key, "")
        if not known or not person.check_password(known):
            known = self._known[key] = secrets.token_urlsafe(12)
            person.set_password(known)
            person.save(update_fields=["password"])
        return known

    def keep(self) -> None:
        """Write them down, for their owner's eyes only."""
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.touch(mode=0o600)
        self._path.write_text(json.dumps(self._known))
