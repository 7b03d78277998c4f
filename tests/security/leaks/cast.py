"""Two organisations to begin with: people, teams inside teams, agents, and tokens of every cut."""

import sys
from dataclasses import dataclass, field, replace
from typing import Any

from django.core.signals import got_request_exception
from rest_framework.test import APIClient

from apps.accounts.models import AgentToken, User
from apps.accounts.services import tokens, users
from apps.audit.services.events import SYSTEM
from apps.spaces.models import Organisation, Space
from apps.spaces.services import grants, organisations, tree
from tests.security.leaks.facts import EVERY_SCOPE, Asker
from tests.security.leaks.snapshot import canary

ANYBODY = Asker("A stranger without a credential", scopes=frozenset())
_CUTS: tuple[frozenset[str], ...] = (
    frozenset({"read"}), frozenset({"read", "write"}), frozenset({"write"}),
    frozenset({"review"}), frozenset({"read", "review"}), frozenset({"read", "manage"}),
    EVERY_SCOPE,
)  # fmt: skip


class Caller(APIClient):
    """A client that only asks: Django's keeps every rendered template with its context, and builds
    the middleware anew for each client."""

    def request(self, **request: Any) -> Any:
        """The answer; what the hub did not catch is raised here."""
        failed: list[BaseException | None] = []

        def note(**_: Any) -> None:
            failed.append(sys.exc_info()[1])

        got_request_exception.connect(note)
        try:
            whole: Any = self  # the stubs know neither
            answer = self.handler(whole._base_environ(**{**request, **whole._credentials}))
        finally:
            got_request_exception.disconnect(note)
        if failed and failed[0] is not None:
            raise failed[0]
        return answer


@dataclass
class Cast:
    """Who and what there is. `roles` is the fuzz's own record: role by person and space."""

    organisations: list[Organisation] = field(default_factory=list)
    people: list[User] = field(default_factory=list)
    agents: list[User] = field(default_factory=list)
    shared: list[Space] = field(default_factory=list)
    roles: dict[tuple[int, int], str] = field(default_factory=dict)
    askers: list[Asker] = field(default_factory=lambda: [ANYBODY])
    plain: dict[int, str] = field(default_factory=dict)  # secrets by token
    names: dict[int, str] = field(default_factory=dict)  # short, for the story
    sessions: dict[Asker, str] = field(default_factory=dict)
    handler: Any = field(default_factory=lambda: APIClient().handler)  # as requests share it

    def copied(self) -> "Cast":
        """The same people; what happens to one of the two does not happen to the other."""
        held = {name: value.copy() for name, value in vars(self).items() if name != "handler"}
        return replace(self, **held)

    def client_of(self, asker: Asker) -> Caller:
        """A new one: signed in, with the token, or neither. No answer signs out the next."""
        client = Caller()
        client.handler = self.handler
        if asker.token is not None:
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {self.plain[asker.token]}")
        elif asker.person:
            if asker not in self.sessions:
                self.sessions[asker] = self._session_of(asker)
            client.cookies["sessionid"] = self.sessions[asker]
        return client

    def _session_of(self, asker: Asker) -> str:
        client = APIClient()
        client.force_login(next(one for one in self.people if one.pk == asker.person))
        return client.cookies["sessionid"].value

    def found(self, name: str) -> Organisation:
        """An organisation with its root space."""
        organisation = organisations.found(name=f"{name} {canary()}")
        self.organisations.append(organisation)
        self.shared.append(organisations.root_of(organisation))
        return organisation

    def settle(self, name: str, organisation: Organisation, role: str = "member") -> User:
        """A person of the organisation, who views its root, and the session that acts for them."""
        person = users.create_person(email=f"{canary()}@example.org", name=f"{name} {canary()}")
        organisations.join(organisation=organisation, person=person, role=role)
        self.roles[person.pk, organisations.root_of(organisation).pk] = "viewer"
        self.people.append(person)
        self.names[person.pk] = name
        self.askers.append(Asker(f"{name} in person", person.pk, person.pk))
        return person

    def team(self, name: str, above: Space) -> Space:
        """A team space."""
        team = tree.create_team(
            organisation=above.organisation, name=f"{name} {canary()}", parent=above
        )
        self.shared.append(team)
        return team

    def grant(self, person: User, space: Space, role: str) -> None:
        """Exactly this role; the first team becomes the home of the personal space."""
        if space.kind == "team":
            tree.settle(team=space, person=person, role=role)
        else:
            grants.grant(space=space, person=person, role=role, by=SYSTEM)
        self.roles[person.pk, space.pk] = role

    def agent(self, owner: User) -> User:
        """An agent, with one token that reads and writes."""
        agent = users.create_agent(owner=owner, name=f"Agent {canary()}")
        self.agents.append(agent)
        self.token(agent, frozenset({"read", "write"}))
        return agent

    def token(
        self, user: User, scopes: frozenset[str], spaces: list[Space] | None = None
    ) -> AgentToken:
        """A token, and the asker that uses it. Agents' tokens neither review nor manage."""
        wanted = scopes & {"read", "write"} if user.is_agent else scopes
        limited = None if spaces is None else [space.public_id for space in spaces]
        token, plain = tokens.issue(
            user=user, name=f"token {canary()}", scopes=wanted or {"read"}, spaces=limited
        )
        self.plain[token.pk] = plain
        self.askers.append(self._asker(user, token, spaces))
        return token

    def _asker(self, user: User, token: AgentToken, spaces: list[Space] | None) -> Asker:
        owner = user.owner_id or user.pk
        cut = "" if spaces is None else f", only {[space.name for space in spaces]}"
        whose = self.names[owner] + ("'s agent" if user.is_agent else "")
        return Asker(
            f"{whose} with a token ({' '.join(token.scopes)}{cut})",
            owner,
            user.pk,
            frozenset(token.scopes),
            None if spaces is None else frozenset(space.pk for space in spaces),
            token.pk,
        )


def assemble() -> Cast:
    """Aldermoor, with teams Blue (and Deep below it) and Green; and Elsewhere, which is another's.

    Ann curates the root and Blue, Bob is a member of Blue, Cyd reviews Green, Dee administers and
    Eve audits; Fin curates Elsewhere, Gus is a member of Red, Hal administers. Who administers or
    audits also reviews a team, since the desk lets nobody else in.
    """
    cast = Cast()
    ours, theirs = cast.found("Aldermoor"), cast.found("Elsewhere")
    root, other = cast.shared
    blue, green = cast.team("Blue", root), cast.team("Green", root)
    deep, red = cast.team("Deep", blue), cast.team("Red", other)
    ann, bob, cyd = (cast.settle(name, ours) for name in ("Ann", "Bob", "Cyd"))
    dee, eve = cast.settle("Dee", ours, "admin"), cast.settle("Eve", ours, "auditor")
    fin, gus = (cast.settle(name, theirs) for name in ("Fin", "Gus"))
    hal = cast.settle("Hal", theirs, "admin")
    for person, space, role in (
        (ann, blue, "curator"), (ann, root, "curator"), (bob, blue, "member"),
        (cyd, green, "reviewer"), (cyd, deep, "viewer"), (fin, other, "curator"),
        (fin, red, "reviewer"), (gus, red, "member"), (dee, green, "reviewer"),
        (eve, deep, "reviewer"), (hal, red, "reviewer"),
    ):  # fmt: skip
        cast.grant(person, space, role)
    for owner in (ann, bob, fin):
        cast.agent(owner)
    cast.token(ann, EVERY_SCOPE, [blue])
    cast.token(cyd, frozenset({"review"}))
    cast.token(fin, EVERY_SCOPE)
    return cast


def cut_of(number: int) -> frozenset[str]:
    """One of the sets of scopes that tokens are given."""
    return _CUTS[number % len(_CUTS)]
