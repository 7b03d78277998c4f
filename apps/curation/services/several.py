"""Deciding on many requests: each alone, under its own lock, and each is answered for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from apps.curation.models import Candidate
from apps.curation.services import candidates
from apps.curation.services.candidates import AlreadyDecided
from apps.curation.services.leases import Held
from apps.kernel.errors import Error, PreconditionFailed

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

Verb = Literal["approve", "reject"]
Outcome = Literal["done", "approved once", "already decided", "changed", "held", "refused"]
AT_MOST = 200


@dataclass(frozen=True, slots=True)
class Ticket:
    """A request as the reviewer saw it."""

    public_id: UUID
    revision: int

    def __str__(self) -> str:
        return f"{self.public_id}:{self.revision}"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one request; `outcome` is counted, `detail` says more."""

    candidate: Candidate
    outcome: Outcome
    detail: str = ""


def decide(
    *, actor: "Actor", verb: Verb, tickets: Sequence[Ticket], reason: str = "", kind: str = ""
) -> list[Result]:
    """Approve or reject what the tickets name, in their order, one transaction each.

    Requests that the actor may not see are left out, without a word.

    Args:
        actor: a reviewer.
        verb: what to do with each.
        tickets: at most `AT_MOST`; further ones are not looked at.
        reason: for every one of them.
        kind: of a rejection; see `core.rejections`.
    """
    wanted = list(tickets)[:AT_MOST]
    visible = Candidate.objects.visible_to(actor).select_related("target", "decision")
    rows = {row.public_id: row for row in visible.filter(public_id__in=_ids(wanted))}
    return [
        _decide(actor, verb, rows[ticket.public_id], ticket.revision, reason, kind)
        for ticket in wanted
        if ticket.public_id in rows
    ]


def _ids(tickets: Iterable[Ticket]) -> list[UUID]:
    return [ticket.public_id for ticket in tickets]


def _decide(
    actor: "Actor", verb: Verb, candidate: Candidate, revision: int, reason: str, kind: str
) -> Result:
    try:
        if verb == "reject":
            done = candidates.reject(
                actor=actor, candidate=candidate, reason=reason, kind=kind,
                expected_revision=revision,
            )  # fmt: skip
        else:
            done = candidates.approve(
                actor=actor, candidate=candidate, reason=reason, expected_revision=revision
            )
    except AlreadyDecided as error:
        return Result(candidate, "already decided", error.detail)
    except PreconditionFailed as error:
        return Result(candidate, "changed", error.detail)
    except Held as error:
        return Result(candidate, "held", error.detail)
    except Error as error:
        return Result(candidate, "refused", error.detail)
    return Result(candidate, "approved once" if done.status == "pending" else "done")
