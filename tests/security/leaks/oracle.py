"""Who may know what, as the documentation says it: plain sets, nothing of the application is asked.

A marker is something that can be recognised in an answer: an id, or a word that stands in one place
of the world only. Each marker is told by facts; whoever may know one of them may see the marker.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

PERMISSIONS_OF = {
    "viewer": frozenset({"read"}),
    "member": frozenset({"read", "write"}),
    "reviewer": frozenset({"read", "write", "review"}),
    "curator": frozenset({"read", "write", "review", "manage"}),
}
EVERY_SCOPE = frozenset({"read", "write", "review", "manage"})
_GOVERNING = frozenset({"erasure", "hold", "retention_rule", "retention_run"})
_IN_A_SPACE = frozenset({
    "report", "candidate", "canon", "archivist_run", "archivist_change", "archivist_proposal",
})  # fmt: skip
# Inherited from spaces that one need not read, and so for the organisation
_INHERITED = frozenset({"policy", "canon_rules", "archivist_policy", "switch"})
CONTENT = (
    frozenset({"words", "mark", "feedback", "outcome", "capture"})
    | _GOVERNING | _IN_A_SPACE | _INHERITED
)  # what row-level security guards  # fmt: skip


@dataclass(frozen=True)
class Asker:
    """A credential: `person` answers for `user`, which is that person or one of its agents.

    `spaces` are row ids the token is limited to; None for no limit. `token` is its row id.
    """

    label: str
    person: int = 0
    user: int = 0
    scopes: frozenset[str] = EVERY_SCOPE
    spaces: frozenset[int] | None = None
    token: int | None = None

    @property
    def is_agent(self) -> bool:
        """An agent acts."""
        return self.user != self.person


@dataclass(frozen=True)
class Person:
    """Somebody of an organisation (None once left); `role` there is member, auditor or admin."""

    organisation: int | None
    role: str
    active: bool


@dataclass(frozen=True)
class Space:
    """`shares`: of a personal space, whether curation may read it."""

    kind: str
    organisation: int
    above: int | None
    person: int | None
    shares: bool


@dataclass(frozen=True)
class Note:
    """A memory. `offered`: nothing in the row itself keeps it from promotion."""

    space: int
    owner: int
    status: str
    sensitivity: str
    revision: int
    offered: bool


@dataclass(frozen=True)
class Candidate:
    """A request: revision shown by note, and the note it was published as."""

    target: int
    shown: Mapping[int, int]
    published: int | None


@dataclass(frozen=True)
class Mark:
    """What the screen found in a revision of a note."""

    note: int
    revision: int
    state: str


@dataclass(frozen=True)
class Said:
    """Something a person said or asked, by `user`; about a note, or None."""

    person: int
    user: int
    note: int | None = None


@dataclass(frozen=True)
class Token:
    """A token of a user; `person` answers for it."""

    person: int
    scopes: frozenset[str]
    spaces: frozenset[int] | None


@dataclass(frozen=True)
class Fact:
    """What a marker tells: something of `kind`, by its row id.

    Attributes:
        organisation: row id of the tenant; None for what belongs to none.
        number: of a note's words, the revision that has them; of a proposal, the wider space.
        is_id: an id, which the audit names; else words, of which the audit has none...
        is_reason: ...but the reasons that people gave.
    """

    kind: str
    ref: int
    organisation: int | None
    number: int = 0
    is_id: bool = True
    is_reason: bool = False


@dataclass
class Ledger:
    """The world as it is: rows by id, and the facts that each marker tells."""

    people: dict[int, Person] = field(default_factory=dict)
    agents: dict[int, int] = field(default_factory=dict)
    spaces: dict[int, Space] = field(default_factory=dict)
    roles: dict[tuple[int, int], str] = field(default_factory=dict)  # by person and space
    notes: dict[int, Note] = field(default_factory=dict)
    candidates: dict[int, Candidate] = field(default_factory=dict)
    marks: dict[int, Mark] = field(default_factory=dict)
    said: dict[tuple[str, int], Said] = field(default_factory=dict)  # by kind and row
    named_by: dict[int, set[int]] = field(default_factory=dict)  # outcomes by the note they name
    evident: dict[tuple[str, int], set[int]] = field(default_factory=dict)  # notes by kind, row
    cited: dict[tuple[str, int], set[int]] = field(default_factory=dict)  # spaces whose canon says
    captures: dict[int, tuple[int, int]] = field(default_factory=dict)  # person and space
    tokens: dict[int, Token] = field(default_factory=dict)
    acted_in: dict[int, set[int]] = field(default_factory=dict)  # spaces by agent
    facts: dict[str, set[Fact]] = field(default_factory=dict)
    # What was worked out once: a ledger is not changed after it was taken
    _spaces_of: dict[tuple[Asker, str], frozenset[int]] = field(default_factory=dict, compare=False)
    _seen: dict[tuple[Asker, str], bool] = field(default_factory=dict, compare=False)
    _begun: dict[str, set[str]] = field(default_factory=dict, compare=False)

    def joined(self, parts: Iterable["Ledger"]) -> "Ledger":
        """With what the parts tell; sets of theirs are shared, and so never changed."""
        for part in parts:
            for one in fields(part):
                if one.compare:
                    _join(getattr(self, one.name), getattr(part, one.name))
        return self

    # --- what a credential may do -------------------------------------------------------------
    def allowed(self, asker: Asker, permission: str) -> frozenset[int]:
        """Spaces where the asker has the permission."""
        found = self._spaces_of.get((asker, permission))
        if found is None:
            found = frozenset(self._allowed(asker, permission))
            self._spaces_of[asker, permission] = found
        return found

    def _allowed(self, asker: Asker, permission: str) -> set[int]:
        person = self.people.get(asker.person)
        if person is None or not person.active or person.organisation is None:
            return set()
        if permission not in asker.scopes or (
            asker.is_agent and permission in {"review", "manage"}
        ):
            return set()
        found = {
            pk
            for pk, space in self.spaces.items()
            if space.organisation == person.organisation and self._held(asker, pk, permission)
        }
        return found if asker.spaces is None else found & asker.spaces

    def _held(self, asker: Asker, pk: int, permission: str) -> bool:
        """By one's own space, by a role in it, or as an administrator, who reads nothing by it."""
        space = self.spaces[pk]
        if space.kind == "personal":
            return space.person == asker.person and permission in {"read", "write"}
        if permission in PERMISSIONS_OF.get(self.roles.get((asker.person, pk), ""), ()):
            return True
        return permission == "manage" and self.people[asker.person].role == "admin"

    def audits(self, asker: Asker, organisation: int | None) -> bool:
        """Auditors and administrators in person, or by a token of their own that manages."""
        person = self.people.get(asker.person)
        return (
            person is not None
            and person.active
            and not asker.is_agent
            and "manage" in asker.scopes
            and person.role in {"auditor", "admin"}
            and person.organisation == organisation is not None
        )

    def administers(self, asker: Asker, organisation: int | None) -> bool:
        """Administrators in person, by a credential that manages and is not limited to spaces."""
        return (
            self.audits(asker, organisation)
            and self.people[asker.person].role == "admin"
            and asker.spaces is None
        )

    def reviews_above(self, asker: Asker, note: Note) -> bool:
        """Reviews a space above the note's, a personal one whose person shares for promotion."""
        return self._reviews_over(asker, note.space)

    def _reviews_over(self, asker: Asker, pk: int) -> bool:
        space = self.spaces[pk]
        if space.kind != "personal" or not space.shares or not self._is_active(space.person):
            return False
        reviewed, above = self.allowed(asker, "review"), space.above
        while above is not None:
            if above in reviewed:
                return True
            above = self.spaces[above].above
        return False

    def _is_active(self, person: int | None) -> bool:
        return person is not None and self.people[person].active

    def reads_note(self, asker: Asker, pk: int) -> bool:
        """Whether the memory itself is the asker's to read."""
        note = self.notes[pk]
        if note.status == "erased" or note.space not in self.allowed(asker, "read"):
            return False
        if note.status != "retracted" or note.owner == asker.person:
            return True
        return note.sensitivity == "normal" and note.space in self.allowed(asker, "review")

    def offered(self, pk: int) -> bool:
        """Whether its person offers the note to curation right now."""
        note = self.notes[pk]
        space = self.spaces[note.space]
        shared = space.kind == "personal" and space.shares and self.people[note.owner].active
        return note.offered and shared

    # --- what a marker tells ------------------------------------------------------------------
    def may_see(self, asker: Asker, marker: str) -> bool:
        """Whether the asker may know one of the things that the marker tells."""
        known = self._seen.get((asker, marker))
        if known is None:
            known = any(self.may_know(asker, fact) for fact in self.facts.get(marker, ()))
            self._seen[asker, marker] = known
        return known

    def begun_by(self, digits: str) -> set[str]:
        """Ids that begin with these twelve digits, as ETags name them."""
        if not self._begun:
            for marker in self.facts:
                if "-" in marker:
                    self._begun.setdefault(marker.replace("-", "")[:12], set()).add(marker)
        return self._begun.get(digits, set())

    def may_know(self, asker: Asker, fact: Fact) -> bool:
        """Whether the fact is the asker's to know."""
        if (fact.is_id or fact.is_reason) and self.audits(asker, fact.organisation):
            return True
        rule = RULES.get(fact.kind)
        assert rule is not None, (
            f"An answer shows an id of {fact.kind}, and the oracle has no rule who may know it:"
            " add one to RULES in tests/security/leaks/oracle.py."
        )
        return rule(self, asker, fact)

    def in_reach(self, asker: Asker, marker: str) -> bool:
        """Whether row-level security alone may show these words. It is as wide as spaces are:
        within one the application alone knows what was retracted and who said what."""
        return any(
            fact.is_id or fact.kind not in CONTENT or self._reached(asker, fact)
            for fact in self.facts.get(marker, ())
        )

    def _reached(self, asker: Asker, fact: Fact) -> bool:
        if self.may_know(asker, fact):
            return True
        if fact.kind == "outcome":
            return self.said["outcome", fact.ref].person == asker.person
        if fact.kind in _INHERITED:
            own = self.people.get(asker.person)
            return own is not None and own.organisation == fact.organisation is not None
        if fact.kind == "capture":
            person, space = self.captures[fact.ref]
            return person == asker.person and self._near(asker, space)
        return fact.kind not in _GOVERNING and self._near_by(asker, fact)

    def _near_by(self, asker: Asker, fact: Fact) -> bool:
        """Told in a space where the asker may do anything, or that it reviews from above."""
        if fact.kind in _IN_A_SPACE:
            target = self.candidates[fact.ref].target if fact.kind == "candidate" else fact.ref
            return self._near(asker, target) or self._reviews_over(asker, target)
        note = self.marks[fact.ref].note if fact.kind == "mark" else fact.ref
        said = self.said.get(("feedback", fact.ref)) if fact.kind == "feedback" else None
        note = said.note if said and said.note is not None else note
        kept = self.notes[note]
        return self._near(asker, kept.space) or self.reviews_above(asker, kept)

    def _near(self, asker: Asker, space: int) -> bool:
        """A shared space at or below one where the asker may do anything, or one's own."""
        permitted = frozenset().union(*(self.allowed(asker, each) for each in EVERY_SCOPE))
        at: int | None = space
        while at is not None and self.spaces[space].kind != "personal":
            if at in permitted:
                return True
            at = self.spaces[at].above
        return space in permitted

    def why_not(self, marker: str) -> str:
        """Who could know it, in words."""
        return "; ".join(
            sorted(
                f"{fact.kind} {fact.ref}: {(RULES[fact.kind].__doc__ or '').strip()}"
                for fact in self.facts[marker]
            )
        )


def _join(whole: dict[Any, Any], part: Mapping[Any, Any]) -> None:
    for key, told in part.items():
        whole[key] = whole[key] | told if isinstance(told, set) and key in whole else told


Rule = Callable[[Ledger, Asker, Fact], bool]


def _note(ledger: Ledger, asker: Asker, fact: Fact) -> bool:
    """The id of a memory is for readers of its space, whoever is shown its mark, reviewers who
    published it, and whoever named it."""
    note = ledger.notes[fact.ref]
    return (
        note.space in ledger.allowed(asker, "read")
        or any(mark.note == fact.ref and _sees_mark(ledger, asker, mark)
               for mark in ledger.marks.values())
        or any(one.published == fact.ref and one.target in ledger.allowed(asker, "review")
               for one in ledger.candidates.values())
        or any(_said(ledger, asker, ledger.said["outcome", pk])
               for pk in ledger.named_by.get(fact.ref, ()))
    )  # fmt: skip


def _words(ledger: Ledger, asker: Asker, fact: Fact) -> bool:
    """Words of a memory are for its readers; for reviewers while its person offers it and a request
    shows them or its owner disputes a mark."""
    if ledger.reads_note(asker, fact.ref):
        return True
    note = ledger.notes[fact.ref]
    if not ledger.offered(fact.ref):
        return False
    disputed = any(
        mark.note == fact.ref and mark.state == "disputed" and mark.revision == note.revision
        for mark in ledger.marks.values()
    )
    if disputed and fact.number == note.revision and ledger.reviews_above(asker, note):
        return True
    reviewed = ledger.allowed(asker, "review")
    return any(
        one.target in reviewed and one.shown.get(fact.ref) == fact.number
        for one in ledger.candidates.values()
    )


def _sees_mark(ledger: Ledger, asker: Asker, mark: Mark) -> bool:
    note = ledger.notes[mark.note]
    own = note.owner == asker.person and note.space in ledger.allowed(asker, "read")
    return own or ledger.reviews_above(asker, note)


def _mark(ledger: Ledger, asker: Asker, fact: Fact) -> bool:
    """A mark is for its owner, and for reviewers above while the owner shares for promotion."""
    return _sees_mark(ledger, asker, ledger.marks[fact.ref])


def _space(ledger: Ledger, asker: Asker, fact: Fact) -> bool:
    """A space is for whoever may do something there; the id of a personal one also for who sees a
    mark, and of any for whose token was limited to it."""
    if any(fact.ref in ledger.allowed(asker, permission) for permission in EVERY_SCOPE):
        return True
    return fact.is_id and (
        any(
            ledger.notes[mark.note].space == fact.ref and _sees_mark(ledger, asker, mark)
            for mark in ledger.marks.values()
        )
        or any(
            fact.ref in (token.spaces or ()) and _sees_token(asker, token)
            for token in ledger.tokens.values()
        )
    )


def _candidate(ledger: Ledger, asker: Asker, fact: Fact) -> bool:
    """A request and its text are for reviewers of its target."""
    return ledger.candidates[fact.ref].target in ledger.allowed(asker, "review")


def _of_reviewers(ledger: Ledger, asker: Asker, fact: Fact) -> bool:
    """What stands in a space's policy or report is for its reviewers."""
    return fact.ref in ledger.allowed(asker, "review")


def _canon(ledger: Ledger, asker: Asker, fact: Fact) -> bool:
    """Documents, proposals, what is said of them and the rules are for readers of the space."""
    return fact.ref in ledger.allowed(asker, "read")


def _engine(ledger: Ledger, asker: Asker, fact: Fact) -> bool:
    """Runs and decisions, without words, are for whoever reviews somewhere in the organisation."""
    reviewed = ledger.allowed(asker, "review")
    return any(ledger.spaces[pk].organisation == fact.organisation for pk in reviewed)


def _said(ledger: Ledger, asker: Asker, said: Said) -> bool:
    return said.person == asker.person and (asker.spaces is None or said.user == asker.user)


def _own(ledger: Ledger, asker: Asker, fact: Fact) -> bool:
    """What a person asked or reported is for that person and its agents; for a credential that is
    limited to spaces, what its own user did."""
    return _said(ledger, asker, ledger.said[fact.kind, fact.ref])


def _capture(ledger: Ledger, asker: Asker, fact: Fact) -> bool:
    """A transcript is for its person and that person's agents, whoever reviews the space."""
    person, space = ledger.captures[fact.ref]
    return person == asker.person and space in ledger.allowed(asker, "read")


def _feedback(ledger: Ledger, asker: Asker, fact: Fact) -> bool:
    """Feedback is for who gave it, who answers for the memory and who reviews its space."""
    said = ledger.said["feedback", fact.ref]
    assert said.note is not None
    note = ledger.notes[said.note]
    if note.space not in ledger.allowed(asker, "read"):
        return False
    return asker.person in {said.person, note.owner} or note.space in ledger.allowed(
        asker, "review"
    )


def _person(ledger: Ledger, asker: Asker, fact: Fact) -> bool:
    """A person's name and id are for the organisation, which a person may have left."""
    return asker.person == fact.ref or _within(ledger, asker, fact)


def _email(ledger: Ledger, asker: Asker, fact: Fact) -> bool:
    """An address is for its person, and for who adds people of the organisation by their address:
    administrators and whoever manages a space."""
    if asker.person == fact.ref:
        return True
    own = ledger.people.get(asker.person)
    if own is None or own.organisation != fact.organisation:
        return False
    return own.role == "admin" or bool(ledger.allowed(asker, "manage"))


def _agent(ledger: Ledger, asker: Asker, fact: Fact) -> bool:
    """An agent is for its owner, and for readers of a space where it has written."""
    acted = ledger.acted_in.get(fact.ref, set())
    return ledger.agents[fact.ref] == asker.person or bool(acted & ledger.allowed(asker, "read"))


def _sees_token(asker: Asker, token: Token) -> bool:
    if token.person != asker.person or "manage" not in asker.scopes or asker.is_agent:
        return False
    if asker.token is None:
        return True
    within = asker.spaces is None or (token.spaces is not None and token.spaces <= asker.spaces)
    return within and token.scopes <= asker.scopes


def _token(ledger: Ledger, asker: Asker, fact: Fact) -> bool:
    """A token is for its person; by a token, for one that may do no less."""
    return _sees_token(asker, ledger.tokens[fact.ref])


def _evident(ledger: Ledger, asker: Asker, fact: Fact) -> bool:
    """An entity, a relation or a change of entities is for readers of a note that speaks of it, or
    of the space whose canon does."""
    notes = ledger.evident.get((fact.kind, fact.ref), set())
    cited = ledger.cited.get((fact.kind, fact.ref), set())
    return bool(cited & ledger.allowed(asker, "read")) or any(
        ledger.reads_note(asker, note) for note in notes
    )


def _nobody(ledger: Ledger, asker: Asker, fact: Fact) -> bool:
    """Only the audit names it."""
    return False


def _archivist(ledger: Ledger, asker: Asker, fact: Fact) -> bool:
    """What the archivist did and proposes in a space, or for a wider one, is for who reads and
    reviews each of them, or owns it in person."""
    if asker.is_agent or "review" not in asker.scopes:
        return False
    return all(
        space in ledger.allowed(asker, "read")
        and space
        in ledger.allowed(
            asker, "write" if ledger.spaces[space].person == asker.person else "review"
        )
        for space in {fact.ref, fact.number or fact.ref}
    )


def _governed(ledger: Ledger, asker: Asker, fact: Fact) -> bool:
    """Erasures, holds, retention, mappings and directories' tokens are for administrators."""
    return ledger.administers(asker, fact.organisation)


def _within(ledger: Ledger, asker: Asker, fact: Fact) -> bool:
    """What is stopped in an organisation, and why, is for everybody in it."""
    own = ledger.people.get(asker.person)
    return own is not None and own.active and own.organisation == fact.organisation is not None


RULES: dict[str, Rule] = {
    "organisation": _person,
    "person": _person,
    "email": _email,
    "agent": _agent,
    "token": _token,
    "space": _space,
    "note": _note,
    "words": _words,
    "candidate": _candidate,
    "mark": _mark,
    "policy": _of_reviewers,
    "report": _of_reviewers,
    **dict.fromkeys(("document", "canon", "canon_rules"), _canon),
    "run": _engine,
    "decay_run": _engine,
    "decision": _engine,
    "cluster": _engine,
    "outcome": _own,
    "recall": _own,
    "feedback": _feedback,
    "entity": _evident,
    "relation": _evident,
    "change": _evident,
    "capture": _capture,
    "event": _nobody,
    **dict.fromkeys(
        ("archivist_run", "archivist_change", "archivist_proposal", "archivist_policy"), _archivist
    ),
    **dict.fromkeys((*_GOVERNING, "mapping", "scim_token"), _governed),
    "switch": _within,
    "denied": _nobody,
}
