"""What models were asked and what that cost, by day, purpose and model; and the budgets."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from apps.desk import words
from apps.desk.actors import actor_of
from apps.desk.base import DeskAdmin
from apps.kernel.errors import Error
from apps.usage.models import Budget, Purpose
from apps.usage.services import figures
from apps.usage.services.figures import Figure


class DaysForm(forms.Form):
    """Which days; what is left empty is the last 30."""

    since = forms.DateField(
        required=False, label=_("From"), widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        required=False, label=_("To"), widget=forms.DateInput(attrs={"type": "date"})
    )


class UsageAdmin(DeskAdmin):
    """One page of figures: the books themselves are not listed row by row."""

    section = _("Use of models")

    def get_urls(self) -> list[URLPattern]:
        return [path("", self.guarded(self.usage), name=self.url_name("changelist"))]

    def usage(self, request: HttpRequest) -> HttpResponse:
        """The table; its days stand in the address."""
        form = DaysForm(request.GET)
        found: list[Figure] = []
        refusal: Error | None = None
        if form.is_valid():
            days = {name: day for name, day in form.cleaned_data.items() if day}
            try:
                found = figures.seen_by(actor_of(request), **days)
            except Error as error:
                refusal = error
        budgets = Budget.objects.visible_to(actor_of(request)).select_related("space").in_force()
        return self.page(
            request,
            "desk/usage.html",
            title=self.section,
            form=form,
            rows=[(one, words.label(Purpose(one.purpose).label)) for one in found],
            total=_total(found),
            budgets=budgets,
            refusal=refusal,
        )


def _total(found: list[Figure]) -> dict[str, Any]:
    """Sums of all rows."""
    return {
        "calls": sum(one.calls for one in found),
        "failed": sum(one.failed for one in found),
        "tokens": sum(one.tokens_in + one.tokens_out for one in found),
        "cost": sum(one.cost or 0 for one in found),
        "unpriced": sum(one.unpriced for one in found),
    }
