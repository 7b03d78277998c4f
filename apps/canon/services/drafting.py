"""What a proposal is made of: its words, its path, and the memories behind it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from apps.canon.core import documents, front, paths
from apps.canon.models import ChangeProposal, Document
from apps.kernel import isolation
from apps.kernel.errors import Invalid, LimitExceeded
from apps.memories.models import Memory, Status
from apps.spaces.models import Space, SpaceKind

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

SOURCES = 100
_MOST_ALIKE = 1_000  # paths of one title


def sources(actor: "Actor", named: Sequence[UUID]) -> list[Memory]:
    """The memories, in the order they were named: shared, active, not sensitive.

    Raises:
        LimitExceeded: too many.
        Invalid: one is none of these, or not the actor's to read.
    """
    if len(named) > SOURCES:
        raise LimitExceeded(
            f"memories has {len(named)} entries; the limit is {SOURCES}.", attr="memories"
        )
    rows = Memory.objects.visible_to(actor).filter(
        public_id__in=named, status=Status.ACTIVE, sensitivity="normal"
    )
    shared = rows.exclude(space__kind=SpaceKind.PERSONAL).select_related("space")
    found = {row.public_id: row for row in shared}
    if missing := [one for one in named if one not in found]:
        raise Invalid(f"There is no such shared memory: {missing[0]}.", attr="memories")
    return [found[one] for one in dict.fromkeys(named)]


def made_of(memories: Sequence[Memory], *, title: str, into: str = "") -> str:
    """A document of the memories' words, in their order; at the end of `into`, if there is one.

    Raises:
        Invalid: no memories, or what comes of it is no document.
    """
    if not memories:
        raise Invalid("Give the content, or memories to make it from.", attr="content")
    # A memory's words as they are; that they begin no heading or front matter is for review
    body = "\n\n".join(memory.text.strip() for memory in memories)
    if into:
        return canonical(f"{into.rstrip()}\n\n{body}\n")
    tags = tuple(sorted({tag for memory in memories for tag in memory.tags}))[:50]
    return canonical(
        front.write(front.Front(title=title or title_of(memories[0]), tags=tags), body)
    )


def title_of(memory: Memory) -> str:
    """A title for want of one: how its words begin."""
    return str(memory.text.splitlines()[0][:80].rstrip(" .,;:"))


def canonical(content: str) -> str:
    """The one form of a document.

    Raises:
        Invalid: it is none.
    """
    try:
        return documents.read(content).content
    except ValueError as error:
        raise Invalid(f"{error}.".capitalize(), attr="content") from error


def clean(path: str) -> str:
    """A path in its one spelling.

    Raises:
        Invalid: it breaks a rule.
    """
    try:
        return paths.clean(path)
    except ValueError as error:
        raise Invalid(f"{error}.".capitalize(), attr="path") from error


def free_path(space: Space, title: str) -> str:
    """A path for a document of this title that nobody has, nor asks for in an open proposal.

    Raises:
        Invalid: every path of that title is taken.
    """
    base = paths.suggest(title)
    with isolation.reaching("organisation"):
        standing = Document.objects.filter(organisation_id=space.organisation_id)
        asked = ChangeProposal.objects.filter(organisation_id=space.organisation_id).open()
        taken = {paths.key(path) for path in standing.values_list("path", flat=True)}
        taken |= {paths.key(path) for path in asked.values_list("path", flat=True)}
    for number in range(1, _MOST_ALIKE):
        path = paths.numbered(base, number)
        if paths.key(path) not in taken:
            return path
    raise Invalid("Too many documents have this title; give a path.", attr="path")


def at(space: Space, path: str) -> Document | None:
    """The document of the space at this path."""
    rows = Document.objects.filter(space=space).at(path).select_related("head")
    found: Document | None = rows.first()
    return found
