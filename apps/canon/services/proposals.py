"""Proposing changes, editing, discussing and approving them, and turning them down."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from apps.audit.services import events
from apps.canon.core import documents, paths
from apps.canon.models import (
    Approval,
    Change,
    ChangeProposal,
    Comment,
    Document,
    Origin,
    ProposalSource,
    ProposalStatus,
)
from apps.canon.services import checks, drafting, rules
from apps.kernel import clock, limits
from apps.kernel.errors import Conflict, Forbidden, Invalid, PreconditionFailed
from apps.memories.models import Memory
from apps.spaces import access
from apps.spaces.models import Space, SpaceKind
from apps.spaces.services import writing

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

REASON_BYTES = 4 * 1024


class NotOpen(Conflict):
    """This proposal was merged or turned down already."""

    code = "proposal_closed"


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody proposes.

    Attributes:
        space: public id of the shared space that the document is for.
        path: of the document; "" for one made of the title.
        content: the whole file; "" to make it from `memories` and `title`, at the end of the
            document where one stands at `path`.
        title: of a document that is made from memories.
        reason: why, for who reviews it.
        memories: public ids of shared memories it is made from.
        retire: take the document at `path` out of canon.
        origin: where the words come from.
        base: number of the revision it was written against; None for the newest.
        request: public id of the promotion request that the memories came from.
    """

    space: UUID
    path: str = ""
    content: str = ""
    title: str = ""
    reason: str = ""
    memories: Sequence[UUID] = ()
    retire: bool = False
    origin: str = Origin.EDIT
    base: int | None = None
    request: UUID | None = None


@transaction.atomic
def propose(*, actor: "Actor", draft: Draft) -> ChangeProposal:
    """Open a proposal: a new document, other words for one, or its end.

    Raises:
        Invalid: no such shared space or memory, a path that breaks a rule or is taken, content that
            is no document; `attr` names the field.
        LimitExceeded: too many memories, or a reason that is too long.
        Forbidden, ReadOnly: the space takes no writes from this actor.
    """
    space = writing.writable_space(actor, draft.space)
    if space.kind == SpaceKind.PERSONAL:
        raise Invalid("Canon stands in a team's or the organisation's space.", attr="space")
    limits.check_text(draft.reason, attr="reason", limit=REASON_BYTES)
    sources = drafting.sources(actor, draft.memories)
    proposal = _built(actor, space, draft, sources)
    proposal.save()
    ProposalSource.objects.bulk_create(
        ProposalSource(proposal=proposal, memory=memory, revision=memory.revision)
        for memory in sources
    )
    record("canon.propose", actor, proposal)
    return proposal


@transaction.atomic
def revise(
    *,
    actor: "Actor",
    proposal: ChangeProposal,
    content: str,
    expected_sha256: str = "",
) -> ChangeProposal:
    """Other bytes, written against what stands now. Approvals of the old bytes say nothing of them.

    Raises:
        Forbidden: somebody else's proposal.
        NotOpen: it was merged or turned down.
        PreconditionFailed: it changed since `expected_sha256`.
        Invalid: the content is no document, or the proposal is to retire one.
    """
    locked = lock(actor, proposal, expected_sha256)
    _check_author(actor, locked)
    writing.check_open(locked.space)
    if locked.change == Change.RETIRE:
        raise Invalid("Who retires a document proposes no words.", attr="content")
    locked.content = drafting.canonical(content)
    locked.sha256 = documents.digest(locked.content)
    if locked.document is not None:
        locked.base = locked.document.head
    locked.updated_at = clock.now()
    locked.save()
    record("canon.revise", actor, locked)
    return locked


@transaction.atomic
def comment(*, actor: "Actor", proposal: ChangeProposal, text: str) -> Comment:
    """Say something about a proposal, also when it is closed.

    Raises:
        Invalid, LimitExceeded: blank or too long.
        Forbidden, ReadOnly: the space takes no writes from this actor.
    """
    writing.writable_space(actor, proposal.space.public_id)
    if not text.strip():
        raise Invalid("text must not be blank.", attr="text")
    limits.check_text(text)
    said = Comment.objects.create(
        proposal=proposal, author=actor.user, text=text, created_at=clock.now()
    )
    record("canon.comment", actor, proposal)
    return said


@transaction.atomic
def approve(*, actor: "Actor", proposal: ChangeProposal, sha256: str) -> ChangeProposal:
    """Stand by the bytes of this hash.

    Raises:
        Forbidden: the actor does not review the space, or wrote the proposal.
        NotOpen: it was merged or turned down.
        PreconditionFailed: its bytes are others by now.
        ReadOnly: the space takes no writes.
    """
    locked = lock(actor, proposal, sha256)
    check_reviews(actor, locked)
    writing.check_open(locked.space)
    if actor.principal.pk in {locked.author_id, locked.owner_id}:
        raise Forbidden("Nobody approves what they proposed.")
    known = Approval.objects.filter(proposal=locked, person=actor.user, sha256=locked.sha256)
    if not known.exists():
        Approval.objects.create(
            proposal=locked, person=actor.user, sha256=locked.sha256, created_at=clock.now()
        )
        record("canon.approve", actor, locked)
    return locked


@transaction.atomic
def withdraw(*, actor: "Actor", proposal: ChangeProposal, reason: str = "") -> ChangeProposal:
    """Close it unmerged: its author withdraws it, a reviewer rejects it with a reason.

    Raises:
        Forbidden: neither its author nor a reviewer.
        Invalid: a reviewer gives no reason.
        NotOpen: it was merged or turned down.
    """
    locked = lock(actor, proposal)
    writing.check_open(locked.space)
    limits.check_text(reason, attr="reason", limit=REASON_BYTES)
    own = actor.principal.pk in {locked.author_id, locked.owner_id}
    if not own:
        check_reviews(actor, locked)
        if not reason.strip():
            raise Invalid("A rejection needs a reason.", attr="reason")
    locked.status = ProposalStatus.WITHDRAWN if own else ProposalStatus.REJECTED
    locked.decision = reason
    close(actor, locked)
    record("canon.withdraw" if own else "canon.reject", actor, locked, reason=reason)
    return locked


def lock(actor: "Actor", proposal: ChangeProposal, sha256: str = "") -> ChangeProposal:
    """The open proposal, locked and read anew.

    Raises:
        NotOpen: it was merged or turned down.
        PreconditionFailed: `sha256` is given and its bytes are others.
    """
    locked: ChangeProposal = (
        ChangeProposal.objects.visible_to(actor)
        .select_for_update(of=("self",))
        .select_related("space__organisation", "document__head", "base", "author", "owner")
        .get(pk=proposal.pk)
    )
    if not locked.is_open:
        raise NotOpen(f"This was {locked.status} already.")
    if sha256 and sha256 != locked.sha256:
        raise PreconditionFailed("Its bytes changed since you read it; read it again.")
    return locked


def check_reviews(actor: "Actor", proposal: ChangeProposal) -> None:
    """Raises Forbidden unless the actor reviews the proposal's space."""
    if not access.of(actor).allows("review", proposal.space_id):
        raise Forbidden("You do not review this space.")


def close(actor: "Actor", proposal: ChangeProposal) -> None:
    """Save a locked proposal that was decided."""
    proposal.decided_by = actor.user
    proposal.decided_at = proposal.updated_at = clock.now()
    proposal.save()


def record(action: str, actor: "Actor", proposal: ChangeProposal, *, reason: str = "") -> None:
    """Append to the audit what was done with a proposal, and to which bytes."""
    events.record(
        action=action,
        by=actor.by,
        space=proposal.space.public_id,
        object_type="proposal",
        object_ids=[proposal.public_id],
        reason=reason,
        detail={"sha256": proposal.sha256},
    )


def required(proposal: ChangeProposal) -> rules.InForce:
    """The rules that a proposal is under now."""
    return rules.of_space(proposal.space)


def _built(actor: "Actor", space: Space, draft: Draft, sources: Sequence[Memory]) -> ChangeProposal:
    known = drafting.at(space, drafting.clean(draft.path)) if draft.path else None
    content = _content(draft, sources, known)
    path = drafting.clean(draft.path) if draft.path else _suggested(content)
    known = known or drafting.at(space, path)
    now = clock.now()
    proposal = ChangeProposal(
        organisation_id=space.organisation_id,
        space=space,
        change=Change.CREATE,
        origin=_origin(draft),
        path=path,
        content=content,
        sha256=documents.digest(content),
        reason=draft.reason,
        author=actor.user,
        owner=actor.principal,
        request=draft.request,
        created_at=now,
        updated_at=now,
    )
    if known is not None:
        return _changed(proposal, known, draft)
    if draft.retire:
        raise Invalid("There is no such document in the space.", attr="path")
    if checks.taken(proposal):
        raise Invalid("Another document of the organisation has this path.", attr="path")
    return proposal


def _changed(proposal: ChangeProposal, document: Document, draft: Draft) -> ChangeProposal:
    """A proposal about a document that is there; to end it, its newest bytes are named."""
    assert document.head is not None, "documents are made with their first revision"  # noqa: S101
    proposal.document, proposal.base, proposal.path = document, document.head, document.path
    proposal.change = Change.RETIRE if draft.retire else Change.CHANGE
    if draft.base is not None:
        proposal.base = document.revisions.get(number=draft.base)
    if not draft.retire:
        return proposal
    if document.retired_at is not None:
        raise Invalid("This document is retired already.", attr="path")
    proposal.content = ""
    proposal.sha256 = documents.digest(f"retire {proposal.base.sha256}")
    return proposal


def _content(draft: Draft, sources: Sequence[Memory], known: Document | None) -> str:
    if draft.retire:
        return ""
    if draft.content:
        return drafting.canonical(draft.content)
    stands = known is not None and known.retired_at is None
    into = known.head.content if known is not None and known.head and stands else ""
    return drafting.made_of(sources, title=draft.title.strip(), into=into)


def _suggested(content: str) -> str:
    """A path made of the title."""
    if not content:
        raise Invalid("Which document is to be retired?", attr="path")
    return paths.suggest(documents.read(content).front.title)


def _origin(draft: Draft) -> str:
    if draft.request is not None:
        return Origin.REQUEST
    return Origin.MEMORY if draft.memories else draft.origin


def _check_author(actor: "Actor", proposal: ChangeProposal) -> None:
    if actor.principal.pk not in {proposal.author_id, proposal.owner_id}:
        raise Forbidden("Only its author changes a proposal; say in a comment what you miss.")
