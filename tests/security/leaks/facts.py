"""What the world of a story is made of, as plain rows, and what its markers tell.

A marker is something that can be recognised in an answer: an id, or a word that stands in one place
of the world only. Each marker is told by facts.
"""

from collections.abc import Mapping
from dataclasses import dataclass

PERMISSIONS_OF = {
    "viewer": frozenset({"read"}),
    "member": frozenset({"read", "write"}),
    "reviewer": frozenset({"read", "write", "review"}),
    "curator": frozenset({"read", "write", "review", "manage"}),
}
EVERY_SCOPE = frozenset({"read", "write", "review", "manage"})
GOVERNING = frozenset({"erasure", "hold", "retention_rule", "retention_run"})
IN_A_SPACE = frozenset({
    "report", "candidate", "canon", "archivist_run", "archivist_change", "archivist_proposal",
})  # fmt: skip
# Inherited from spaces that one need not read, and so for the organisation
INHERITED = frozenset({"policy", "canon_rules", "archivist_policy", "switch"})
CONTENT = (
    frozenset({"words", "mark", "feedback", "outcome", "capture"})
    | GOVERNING | IN_A_SPACE | INHERITED
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
