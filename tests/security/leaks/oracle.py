"""Who may know what, in plain sets: nothing of the application is asked.

Whoever may know one of the facts that a marker tells may see the marker.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from tests.security.leaks.facts import (
    CONTENT,
    EVERY_SCOPE,
    GOVERNING,
    IN_A_SPACE,
    INHERITED,
    PERMISSIONS_OF,
    Asker,
    Candidate,
    Fact,
    Mark,
    Note,
    Person,
    Said,
    Space,
    Token,
)
from tests.security.leaks.rules import RULES


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
            " add one to RULES in tests/security/leaks/rules.py."
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
        if fact.kind in INHERITED:
            own = self.people.get(asker.person)
            return own is not None and own.organisation == fact.organisation is not None
        if fact.kind == "capture":
            person, space = self.captures[fact.ref]
            return person == asker.person and self._near(asker, space)
        return fact.kind not in GOVERNING and self._near_by(asker, fact)

    def _near_by(self, asker: Asker, fact: Fact) -> bool:
        """Told in a space where the asker may do anything, or that it reviews from above."""
        if fact.kind in IN_A_SPACE:
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
