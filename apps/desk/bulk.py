"""Deciding on many: an intermediate page says how many and asks why, then each is done alone."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from apps.curation.models import Candidate
from apps.curation.services import candidates
from apps.curation.services.candidates import AlreadyDecided
from apps.desk.actors import actor_of
from apps.desk.base import DeskAdmin
from apps.desk.forms import ReasonForm, RejectForm
from apps.kernel.errors import Error, PreconditionFailed

AT_MOST = 200
_SAMPLE = 10
_TITLES = {"approve": "Approve several requests", "reject": "Reject several requests"}


@dataclass(frozen=True, slots=True)
class Ticket:
    """A candidate as it stood on the intermediate page."""

    public_id: UUID
    revision: int

    def __str__(self) -> str:
        return f"{self.public_id}:{self.revision}"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one row; `outcome` is counted, `detail` says more."""

    candidate: Candidate
    outcome: str
    detail: str = ""


class BulkDecisions(DeskAdmin):
    """Adds the two steps to the admin of candidates."""

    def ask(self, request: HttpRequest, queryset: QuerySet[Candidate], verb: str) -> HttpResponse:
        """Step one: how many, a sample of ten, and why."""
        chosen = list(queryset[: AT_MOST + 1])
        tickets = [Ticket(row.public_id, row.revision) for row in chosen[:AT_MOST]]
        too_many = len(chosen) > AT_MOST
        return self._question(
            request, verb, tickets, chosen[:_SAMPLE], form=_form(verb), too_many=too_many
        )

    def decide_many(self, request: HttpRequest) -> HttpResponse:
        """Step two: one service call per row, and what became of each."""
        verb = request.POST.get("verb", "")
        if verb not in _TITLES:
            raise Http404("There is no such thing.")
        tickets = list(_tickets(request.POST.getlist("ticket")))[:AT_MOST]
        form = _form(verb, request.POST)
        wanted = self.get_queryset(request).filter(public_id__in=[t.public_id for t in tickets])
        if not form.is_valid():
            return self._question(request, verb, tickets, wanted[:_SAMPLE], form=form)
        reason = form.sentence if verb == "reject" else form.cleaned_data["reason"]
        rows = {row.public_id: row for row in wanted}
        results = [
            _decide(request, verb, rows[ticket.public_id], ticket.revision, reason)
            for ticket in tickets
            if ticket.public_id in rows
        ]
        counted = Counter(result.outcome for result in results)
        return self.page(
            request,
            "desk/bulk_results.html",
            title=_TITLES[verb],
            summary=", ".join(f"{n} {outcome}" for outcome, n in counted.most_common()),
            results=sorted(results, key=lambda result: result.outcome == "done"),
        )

    def _question(
        self,
        request: HttpRequest,
        verb: str,
        tickets: Sequence[Ticket],
        sample: Iterable[Candidate],
        **context: Any,
    ) -> HttpResponse:
        return self.page(
            request,
            "desk/bulk.html",
            title=_TITLES[verb],
            verb=verb,
            tickets=[str(ticket) for ticket in tickets],
            sample=list(sample),
            at_most=AT_MOST,
            **context,
        )


def _decide(
    request: HttpRequest, verb: str, candidate: Candidate, revision: int, reason: str
) -> Result:
    service = candidates.approve if verb == "approve" else candidates.reject
    try:
        service(
            actor=actor_of(request), candidate=candidate, reason=reason, expected_revision=revision
        )
    except AlreadyDecided as error:
        return Result(candidate, "already decided", error.detail)
    except PreconditionFailed as error:
        return Result(candidate, "changed", error.detail)
    except Error as error:
        return Result(candidate, "refused", error.detail)
    return Result(candidate, "done")


def _form(verb: str, posted: Any = None) -> Any:
    return RejectForm(posted) if verb == "reject" else ReasonForm(posted)


def _tickets(values: list[str]) -> Iterator[Ticket]:
    """What the intermediate page sent back; anything else is dropped."""
    for value in values:
        name, _, revision = value.partition(":")
        try:
            yield Ticket(UUID(name), int(revision))
        except ValueError:
            continue
