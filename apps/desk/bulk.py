"""Deciding on many: an intermediate page says how many and asks why, then each is done alone."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as say_in
from django.utils.translation import gettext_lazy as _

from apps.curation.models import Candidate
from apps.curation.services import several
from apps.curation.services.several import AT_MOST, Ticket
from apps.desk.actors import actor_of
from apps.desk.base import DeskAdmin
from apps.desk.forms import ReasonForm, RejectForm
from apps.desk.words import OUTCOMES

_SAMPLE = 10
_TITLES: dict[str, Any] = {
    "approve": _("Approve several requests"),
    "reject": _("Reject several requests"),
}


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
        verb: Any = request.POST.get("verb", "")
        if verb not in _TITLES:
            raise Http404(say_in("There is no such thing."))
        tickets = list(_tickets(request.POST.getlist("ticket")))[:AT_MOST]
        form = _form(verb, request.POST)
        wanted = self.get_queryset(request).filter(public_id__in=[t.public_id for t in tickets])
        if not form.is_valid():
            return self._question(request, verb, tickets, wanted[:_SAMPLE], form=form)
        results = several.decide(
            actor=actor_of(request), verb=verb, tickets=tickets, **form.cleaned_data
        )
        counted = Counter(result.outcome for result in results)
        told = sorted(counted.items(), key=lambda item: (item[0] != "done", -item[1]))
        return self.page(
            request,
            "desk/bulk_results.html",
            title=_TITLES[verb],
            summary=", ".join(f"{n} {OUTCOMES.get(outcome, outcome)}" for outcome, n in told),
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
