"""From a posted form to one service call on one candidate."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.db import transaction
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as say_in

from apps.accounts.models import User
from apps.curation.models import Candidate
from apps.curation.services import candidates, leases, postponing, regrouping, undoing
from apps.desk.actors import actor_of
from apps.desk.escalation import EscalateForm
from apps.desk.forms import (
    ApproveForm,
    AskForm,
    DeferForm,
    EditForm,
    JoinForm,
    MergeForm,
    ReasonForm,
    RejectForm,
    SplitForm,
)
from apps.desk.text import without_hidden
from apps.kernel import clock
from apps.spaces.models import Space


def blank_forms(
    candidate: Candidate, spaces: Sequence[Space], colleagues: Sequence[User]
) -> dict[str, forms.Form]:
    """One unfilled form per verb that asks for something."""
    tomorrow = clock.now().date() + timedelta(days=1)
    return {
        "approve": ApproveForm(
            spaces=spaces, prefix="approve", initial={"target": str(candidate.target.public_id)}
        ),
        "reject": RejectForm(prefix="reject"),
        "edit": EditForm(prefix="edit", initial={"text": without_hidden(candidate.text)}),
        "merge": MergeForm(prefix="merge"),
        "split": SplitForm(prefix="split"),
        "join": JoinForm(prefix="join"),
        "defer": DeferForm(prefix="defer", initial={"until": tomorrow}),
        "ask": AskForm(colleagues=colleagues, prefix="ask"),
        "undo": ReasonForm(prefix="undo"),
        "escalate": EscalateForm(prefix="escalate"),
    }


def form_for(
    verb: str, request: HttpRequest, spaces: Sequence[Space], colleagues: Sequence[User]
) -> Any:
    """The form of a verb with what was posted.

    Raises:
        Http404: there is no such verb.
    """
    if verb == "approve":
        return ApproveForm(request.POST, spaces=spaces, prefix=verb)
    if verb == "ask":
        return AskForm(request.POST, colleagues=colleagues, prefix=verb)
    kinds: dict[str, type[forms.Form]] = {
        "reject": RejectForm,
        "edit": EditForm,
        "merge": MergeForm,
        "split": SplitForm,
        "join": JoinForm,
        "defer": DeferForm,
        "undo": ReasonForm,
        "release": forms.Form,
    }
    if verb not in kinds:
        raise Http404(say_in("There is no such thing."))
    return kinds[verb](request.POST, prefix=verb)


def carry_out(verb: str, form: Any, request: HttpRequest, candidate: Candidate) -> str:
    """Do it, guarded by the revision the reviewer saw; returns what to tell.

    Raises:
        kernel.errors.Error: the service refused; nothing was changed.
    """
    seen: dict[str, Any] = {
        "actor": actor_of(request),
        "candidate": candidate,
        "expected_revision": seen_revision(request),
    }
    return _VERBS[verb](seen, form)


def _approve(seen: dict[str, Any], form: Any) -> str:
    data = form.cleaned_data
    done = candidates.approve(
        **seen,
        reason=data["reason"],
        target=UUID(data["target"]),
        supersedes=data["supersedes"],
    )
    return _published(done, say_in("Published to %(space)s."))


def _reject(seen: dict[str, Any], form: Any) -> str:
    candidates.reject(**seen, **form.cleaned_data)
    return say_in("Rejected. It comes back only when its members change.")


def _merge(seen: dict[str, Any], form: Any) -> str:
    candidates.merge(**seen, **form.cleaned_data)
    return say_in("Merged: its members now support the published memory.")


def _split(seen: dict[str, Any], form: Any) -> str:
    regrouping.split(**seen, **form.cleaned_data)
    return say_in("Split: no later run puts these notes together again.")


def _join(seen: dict[str, Any], form: Any) -> str:
    regrouping.join(**seen, **form.cleaned_data)
    return say_in("Joined: no later run takes these notes apart.")


def _defer(seen: dict[str, Any], form: Any) -> str:
    done = postponing.defer(**seen, until=form.moment, reason=form.cleaned_data["reason"])
    return say_in("Put off until %(day)s.") % {"day": f"{done.deferred_until:%Y-%m-%d}"}


def _ask(seen: dict[str, Any], form: Any) -> str:
    colleague = UUID(form.cleaned_data["colleague"])
    done = postponing.ask(**seen, colleague=colleague, reason=form.cleaned_data["reason"])
    name = done.assignee.name if done.assignee else ""
    return say_in("Left to %(name)s, with your question.") % {"name": name}


def _undo(seen: dict[str, Any], form: Any) -> str:
    undoing.undo(**seen, reason=form.cleaned_data["reason"])
    return say_in("Taken back: it awaits a decision again.")


def _release(seen: dict[str, Any], _: Any) -> str:
    leases.release(actor=seen["actor"], candidate=seen["candidate"])
    return say_in("Let go: others may judge it.")


def seen_revision(request: HttpRequest) -> int:
    """The revision that was on the reviewer's screen; 0, which never holds, when it is missing."""
    given = request.POST.get("expected_revision", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0


@transaction.atomic
def _edit(seen: dict[str, Any], form: Any) -> str:
    """Both or neither, when the text is published in the same breath."""
    edited = candidates.edit(**seen, text=form.cleaned_data["text"])
    if not form.cleaned_data["approve"]:
        return say_in("The text was changed; it still awaits a decision.")
    revised = {**seen, "candidate": edited, "expected_revision": edited.revision}
    return _published(candidates.approve(**revised), say_in("Changed and published to %(space)s."))


def _published(done: Candidate, told: str) -> str:
    if done.published is None:
        return say_in("Your approval is noted; another reviewer has to approve it, too.")
    return told % {"space": done.published.space.name}


_VERBS: dict[str, Callable[[dict[str, Any], Any], str]] = {
    "approve": _approve,
    "reject": _reject,
    "edit": _edit,
    "merge": _merge,
    "split": _split,
    "join": _join,
    "defer": _defer,
    "ask": _ask,
    "undo": _undo,
    "release": _release,
}
