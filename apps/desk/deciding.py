"""From a posted form to one service call on one candidate."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.db import transaction
from django.http import Http404, HttpRequest

from apps.curation.models import Candidate
from apps.curation.services import candidates, regrouping
from apps.desk.actors import actor_of
from apps.desk.forms import ApproveForm, EditForm, JoinForm, MergeForm, RejectForm, SplitForm
from apps.desk.text import without_hidden
from apps.spaces.models import Space


def blank_forms(candidate: Candidate, spaces: Sequence[Space]) -> dict[str, forms.Form]:
    """One unfilled form per verb."""
    return {
        "approve": ApproveForm(
            spaces=spaces, prefix="approve", initial={"target": str(candidate.target.public_id)}
        ),
        "reject": RejectForm(prefix="reject"),
        "edit": EditForm(prefix="edit", initial={"text": without_hidden(candidate.text)}),
        "merge": MergeForm(prefix="merge"),
        "split": SplitForm(prefix="split"),
        "join": JoinForm(prefix="join"),
    }


def form_for(verb: str, request: HttpRequest, spaces: Sequence[Space]) -> Any:
    """The form of a verb with what was posted.

    Raises:
        Http404: there is no such verb.
    """
    if verb == "approve":
        return ApproveForm(request.POST, spaces=spaces, prefix=verb)
    kinds: dict[str, type[forms.Form]] = {
        "reject": RejectForm,
        "edit": EditForm,
        "merge": MergeForm,
        "split": SplitForm,
        "join": JoinForm,
    }
    if verb not in kinds:
        raise Http404("There is no such thing.")
    return kinds[verb](request.POST, prefix=verb)


def carry_out(verb: str, form: Any, request: HttpRequest, candidate: Candidate) -> str:
    """Do it, guarded by the revision the reviewer saw; returns what to tell.

    Raises:
        kernel.errors.Error: the service refused; nothing was changed.
    """
    data = form.cleaned_data
    seen: dict[str, Any] = {
        "actor": actor_of(request),
        "candidate": candidate,
        "expected_revision": seen_revision(request),
    }
    if verb == "approve":
        target = UUID(data["target"])
        done = candidates.approve(
            **seen, reason=data["reason"], target=target, supersedes=data["supersedes"]
        )
        return f"Published to {_where(done)}."
    if verb == "reject":
        candidates.reject(**seen, reason=form.sentence)
        return "Rejected. It comes back only when its members change."
    if verb == "merge":
        candidates.merge(**seen, into=data["into"], reason=data["reason"])
        return "Merged: its members now support the published memory."
    if verb == "split":
        regrouping.split(**seen, members=data["members"], reason=data["reason"])
        return "Split: no later run puts these notes together again."
    if verb == "join":
        regrouping.join(**seen, other=data["other"], reason=data["reason"])
        return "Joined: no later run takes these notes apart."
    return _edit(seen, text=data["text"], approve=data["approve"])


def seen_revision(request: HttpRequest) -> int:
    """The revision that was on the reviewer's screen; 0, which never holds, when it is missing."""
    given = request.POST.get("expected_revision", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0


@transaction.atomic
def _edit(seen: dict[str, Any], *, text: str, approve: bool) -> str:
    """Both or neither, when the text is published in the same breath."""
    edited = candidates.edit(**seen, text=text)
    if not approve:
        return "The text was changed; it still awaits a decision."
    revised = {**seen, "candidate": edited, "expected_revision": edited.revision}
    done = candidates.approve(**revised)
    return f"Changed and published to {_where(done)}."


def _where(candidate: Candidate) -> str:
    published = candidate.published
    return published.space.name if published else candidate.target.name
