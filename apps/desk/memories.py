"""Memories that the person may read: one by one, with history and where each came from."""

from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as say_in
from django.utils.translation import gettext_lazy as _

from apps.accounts.actors import Actor
from apps.canon.services.escalation import propose_from_memory
from apps.desk import escalation, words
from apps.desk.actors import actor_of
from apps.desk.ancestry import Ancestry, Box
from apps.desk.base import DeskAdmin
from apps.desk.text import excerpt, without_hidden
from apps.desk.times import moment
from apps.kernel.admin import display
from apps.kernel.errors import Error
from apps.memories.models import Memory, Provenance

_MOST = 12  # on each side of the picture


class MemoryAdmin(DeskAdmin):
    """What the person's spaces hold; nothing of anybody else's personal space."""

    section = _("Memories")
    list_display = ("says", "where", "kind_told", "status_told", "by", "when")
    list_display_links = ("says",)
    list_filter = ("status", "kind", "source")
    search_fields = ("text",)
    search_help_text = _("Words as they stand in the memory; by meaning, agents ask /recall")
    ordering = ("-created_at", "-pk")
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Memory]:
        rows: QuerySet[Memory] = super().get_queryset(request)
        return rows.select_related("space", "owner", "author")

    def pages(self) -> list[URLPattern]:
        return [
            path(
                "<uuid:public_id>/escalate",
                self.posted(self.escalate),
                name=self.url_name("escalate"),
            )
        ]

    @display(description=_("What it says"))
    def says(self, memory: Memory) -> SafeString:
        return format_html('<span class="d-says" dir="auto">{}</span>', excerpt(memory.text))

    @display(description=_("Space"), ordering="space__name")
    def where(self, memory: Memory) -> SafeString:
        return excerpt(memory.space.name, 60)

    @display(description=_("Kind"), ordering="kind")
    def kind_told(self, memory: Memory) -> str:
        return words.told(words.MEMORY, memory.kind)

    @display(description=_("Status"), ordering="status")
    def status_told(self, memory: Memory) -> SafeString:
        label = words.told(words.MEMORY, memory.status)
        return format_html('<span class="d-pill {}">{}</span>', PILLS.get(memory.status, ""), label)

    @display(description=_("Owner"), ordering="owner__name")
    def by(self, memory: Memory) -> SafeString:
        return excerpt(memory.owner.name, 60)

    @display(description=_("Kept"), ordering="created_at")
    def when(self, memory: Memory) -> SafeString:
        return moment(memory.created_at)

    def show(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        memory: Memory = self.found(request, public_id)
        revisions = memory.revisions.select_related("recorded_by").order_by("-number")
        return self.page(
            request,
            "desk/memory.html",
            title=say_in("Memory"),
            memory=memory,
            pill=PILLS.get(memory.status, ""),
            metadata=sorted((str(name), str(value)) for name, value in memory.metadata.items()),
            revisions=revisions,
            ancestry=_ancestry(memory, actor_of(request)),
            contributors=_contributors(memory),
            proposals=escalation.proposals_of(actor_of(request), memory),
            for_canon=escalation.fits(memory),
            escalate_form=escalation.EscalateForm(prefix="escalate"),
            escalate_to=self.url("escalate", memory.public_id),
        )

    def escalate(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        """Open a proposal for canon with it as the source, or say why not."""
        memory: Memory = self.found(request, public_id)
        form = escalation.EscalateForm(request.POST, prefix="escalate")
        if not form.is_valid():
            self.say(request, say_in("The title or the reason is too long."), failed=True)
            return redirect(self.url("change", public_id))
        try:
            proposal = propose_from_memory(
                actor=actor_of(request), memory=memory.public_id, **form.cleaned_data
            )
        except Error as error:
            self.say(request, error.detail, failed=True)
            return redirect(self.url("change", public_id))
        self.say(request, say_in("A proposal for canon is open; somebody else reviews it."))
        return redirect(escalation.address_of(proposal))


PILLS = {
    "active": "d-pill-good",
    "quarantined": "d-pill-bad",
    "superseded": "d-pill-warn",
    "retracted": "d-pill-bad",
}


def _ancestry(memory: Memory, actor: Actor) -> Ancestry:
    """What it was derived from on the left, what was derived from it on the right."""
    ids = memory.provenance.exclude(source_memory=None).values_list("source_memory_id", flat=True)
    derived = Provenance.objects.filter(source_memory=memory).values_list("memory_id", flat=True)
    left, right = list(dict.fromkeys(ids)), list(dict.fromkeys(derived))
    readable = Memory.objects.visible_to(actor).select_related("space")
    known = {row.pk: row for row in readable.filter(pk__in=[*left, *right])}
    return Ancestry(
        middle=_box(memory),
        left=[_box(known.get(pk)) for pk in left[:_MOST]],
        right=[_box(known.get(pk)) for pk in right[:_MOST]],
        more_left=max(0, len(left) - _MOST),
        more_right=max(0, len(right) - _MOST),
    )


def _box(memory: Memory | None) -> Box:
    if memory is None:
        return Box(say_in("Not yours to read"), "", None)
    said = without_hidden(" ".join(memory.text.split()))
    return Box(said, without_hidden(memory.space.name), memory.public_id)


def _contributors(memory: Memory) -> list[str]:
    names = memory.provenance.exclude(contributor=None).values_list("contributor__name", flat=True)
    return list(names.order_by("contributor__name").distinct())
