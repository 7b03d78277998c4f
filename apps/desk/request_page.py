"""What one request's page shows: the evidence, what stands beside it, and what may be done."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from apps.accounts.actors import Actor
from apps.accounts.models import User
from apps.curation.core.screen import screen
from apps.curation.models import Candidate, CandidateStatus
from apps.curation.services import candidates, exhibits, leases, undoing
from apps.desk import deciding, escalation
from apps.desk.actors import actor_of
from apps.desk.diff import Piece, diff, share_kept
from apps.desk.evidence import moments_of, signals_of, spread_of
from apps.desk.queue import (
    Neighbour,
    history_of,
    neighbours_of,
    requests_alike,
    standing_of,
    wider_spaces,
)
from apps.desk.text import without_hidden
from apps.kernel import clock
from apps.kernel.errors import Error
from apps.spaces.services import grants

_WORTH_COMPARING = 0.25  # share of letters in common below which a diff says less than both texts


def colleagues_of(candidate: Candidate, actor: Actor) -> list[User]:
    """Others who review its space."""
    return list(grants.reviewers(candidate.target).exclude(pk=actor.user.pk))


def context(
    request: HttpRequest,
    candidate: Candidate,
    *,
    verb: str = "",
    form: Any = None,
    refusal: Error | None = None,
) -> dict[str, Any]:
    """Everything the page of a request needs; `form` is one that came back, of `verb`."""
    actor = actor_of(request)
    spaces = wider_spaces(candidate, actor)
    colleagues = colleagues_of(candidate, actor)
    forms = deciding.blank_forms(candidate, spaces, colleagues) | ({verb: form} if verb else {})
    neighbours = neighbours_of(candidate, actor)
    return {
        "candidate": candidate,
        "forms": forms,
        "spaces": spaces,
        "reviewed": {space.pk for space in spaces},
        "colleagues": colleagues,
        "ticked": [str(one) for one in request.POST.getlist("split-members")],
        "open_form": verb or "approve",
        "refusal": refusal,
        "hides": without_hidden(candidate.text) != candidate.text,
        "found": [mark.code for mark in screen(candidate.text)],
        "signals": signals_of(candidate.decision.inputs),
        "neighbours": neighbours,
        "changes": changes(neighbours, candidate),
        "company": exhibits.company_of([candidate], actor)[candidate.pk],
        "alike": requests_alike(candidate, actor),
        "history": history_of(candidate),
        "for_canon": escalation.fits(candidate.published),
        "escalate_to": reverse("desk:curation_candidate_escalate", args=[candidate.public_id]),
        **_people(candidate),
        **_standing(candidate, actor),
    }


def changes(neighbours: Sequence[Neighbour], candidate: Candidate) -> list[Piece]:
    """Word by word, how the proposal comes from the nearest published memory; [] when it hardly
    does, or says the very same."""
    if not neighbours:
        return []
    pieces = diff(neighbours[0].memory.text, candidate.text)
    return pieces if _WORTH_COMPARING <= share_kept(pieces) < 1 else []


def _people(candidate: Candidate) -> dict[str, Any]:
    members = exhibits.members_of([candidate])[candidate.pk]
    return {
        "members": members,
        "rewritten": bool(members) and candidate.text not in {one.text for one in members},
        "spread": spread_of(members),
        "moments": moments_of(members),
    }


def _standing(candidate: Candidate, actor: Actor) -> dict[str, Any]:
    """Where it stands: its weight, who holds it, who approved it, what can be taken back."""
    waits = candidate.status == CandidateStatus.PENDING
    holder = leases.holder(candidate) if waits else ""
    mine = bool(holder) and candidate.held_by_id == actor.user.pk
    now = clock.now()
    return {
        "standing": standing_of(candidate) if waits else [],
        "holder": "" if mine else holder,
        "held": mine,
        "put_off": waits and (candidate.deferred_until or now) > now,
        "undoable": undoing.step(candidate),
        "approvals": exhibits.approvals_of([candidate])[candidate.pk] if waits else [],
        "approvals_needed": candidates.approvals_needed(candidate.target) if waits else 1,
    }
