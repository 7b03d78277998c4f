"""The graph on the desk: an entity with what relates it and when, and claims that contradict."""

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as say_in
from django.utils.translation import gettext_lazy as _

from apps.audit.services import events
from apps.desk import words
from apps.desk.actors import actor_of
from apps.desk.base import DeskAdmin
from apps.desk.graph_forms import DecisionForm, LookForm, MergeForm, SplitForm
from apps.desk.templatetags.desk import ago
from apps.desk.text import excerpt, without_hidden
from apps.graph.models import Change, Entity, Relation
from apps.graph.services import changes, conflicts, timelines, views, walks
from apps.graph.services.walks import Surroundings
from apps.kernel.admin import display
from apps.kernel.errors import Error, LimitExceeded
from apps.memories.models import Memory

_DRAWN = 40  # nodes of a picture; more of them is a tangle
_MOMENTS = 50
_CHANGES = 20
_LONGEST = 28  # letters of a name in the picture


class EntityAdmin(DeskAdmin):
    """Entities that a memory or a document the person reads speaks of, by name."""

    section = _("Entities")
    list_display = ("called", "kind", "since")
    list_display_links = ("called",)
    search_fields = ("name", "type")
    ordering = ("normalised", "pk")
    actions = None
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entity]:
        """Those that stand for themselves; the others are names of these."""
        return super().get_queryset(request).filter(merged_into__isnull=True)

    def pages(self) -> list[URLPattern]:
        return [
            path("<uuid:public_id>/merge", self.posted(self.merge), name=self.url_name("merge")),
            path("<uuid:public_id>/split", self.posted(self.split), name=self.url_name("split")),
            path(
                "<uuid:public_id>/undo/<uuid:change>",
                self.posted(self.undo),
                name=self.url_name("undo"),
            ),
        ]

    @display(description=_("Name"), ordering="normalised")
    def called(self, entity: Entity) -> SafeString:
        return excerpt(str(entity), 120)

    @display(description=_("Type"), ordering="type")
    def kind(self, entity: Entity) -> SafeString:
        return excerpt(entity.type, 40)

    @display(description=_("Known for"), ordering="created_at")
    def since(self, entity: Entity) -> str:
        return ago(entity.created_at)

    def found(self, request: HttpRequest, public_id: UUID) -> Entity:
        """Of one that was merged into another, that other one, if the person sees it."""
        rows = Entity.objects.visible_to(actor_of(request))
        entity: Entity = _or_missing(rows.filter(public_id=public_id).first())
        return views.nodes(actor_of(request), [entity.group])[entity.group]

    def show(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        """What is around it, what happened to it, and what was done to its names."""
        return self._page(request, self.found(request, public_id))

    def merge(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        """From now on this one stands for another one, too."""
        entity = self.found(request, public_id)
        form = MergeForm(request.POST, actor=actor_of(request), entity=entity)
        if not form.is_valid():
            return self._page(request, entity, merge_form=form, status=400)
        other = form.cleaned_data["other"]
        return self._done(
            request, entity, say_in("They are one now."),
            lambda: changes.merge(actor=actor_of(request), kept=entity, other=other),
        )  # fmt: skip

    def split(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        """Some memories speak of another thing of this name."""
        entity = self.found(request, public_id)
        form = SplitForm(request.POST, memories=self._told(request, entity))
        if not form.is_valid():
            return self._page(request, entity, split_form=form, status=400)
        chosen = form.cleaned_data["memories"]
        return self._done(
            request, entity, say_in("They speak of another one now."),
            lambda: changes.split(actor=actor_of(request), entity=entity, memories=chosen),
        )  # fmt: skip

    def undo(self, request: HttpRequest, public_id: UUID, change: UUID) -> HttpResponse:
        """Take a merge or a split back."""
        entity = self.found(request, public_id)
        rows = Change.objects.visible_to(actor_of(request))
        row: Change = _or_missing(rows.filter(public_id=change).first())
        return self._done(
            request, entity, say_in("It is as it was."),
            lambda: changes.undo(actor=actor_of(request), change=row),
        )  # fmt: skip

    def _done(self, request: HttpRequest, entity: Entity, said: str, deed: Any) -> HttpResponse:
        try:
            deed()
        except Error as error:
            return self._page(request, entity, refusal=error)
        self.say(request, said)
        return redirect(self.url("change", entity.public_id))

    def _told(self, request: HttpRequest, entity: Entity) -> list[Memory]:
        rows = timelines.memories(actor_of(request), entity).order_by("-occurred_at", "-pk")
        return list(rows[:_MOMENTS])

    def _page(
        self,
        request: HttpRequest,
        entity: Entity,
        *,
        refusal: Error | None = None,
        merge_form: MergeForm | None = None,
        split_form: SplitForm | None = None,
        status: int = 200,
    ) -> HttpResponse:
        actor = actor_of(request)
        look = LookForm(request.GET)
        around = self._around(request, entity, look)
        told = self._told(request, entity)
        moments = timelines.of(
            actor=actor, entity=entity, window=timelines.Window(), limit=_MOMENTS
        )
        self._record(request, moments, told)
        return self.page(
            request,
            "desk/entity.html",
            title=str(entity),
            status=status,
            entity=entity,
            aliases=views.aliases(actor, entity),
            look=look,
            around=around,
            picture=_picture(entity, around),
            moments=moments,
            changes=_changes(actor, entity),
            merge_form=merge_form or MergeForm(actor=actor, entity=entity),
            split_form=split_form or SplitForm(memories=told),
            refusal=refusal,
        )

    def _around(self, request: HttpRequest, entity: Entity, look: LookForm) -> Surroundings:
        """Nearest first; of a walk that takes too long only the thing itself."""
        try:
            return walks.around(
                actor=actor_of(request), entity=entity, depth=look.depth_asked, limit=_DRAWN,
                filters=walks.Filters(as_of=look.moment),
            )  # fmt: skip
        except LimitExceeded:
            return Surroundings([views.Node(entity)], [], truncated=True)

    def _record(
        self, request: HttpRequest, moments: list[timelines.Moment], told: list[Memory]
    ) -> None:
        """Words of memories and documents stand on the page."""
        memories = [*told, *(one.memory for one in moments if one.memory)]
        sections = [one.section for one in moments if one.section]
        shown = {
            "memory": [one.public_id for one in memories],
            "document": [one.revision.document.public_id for one in sections],
        }
        for noun, ids in shown.items():
            if ids:
                events.record(
                    action=f"{noun}.read",
                    by=actor_of(request).by,
                    object_type=noun,
                    object_ids=dict.fromkeys(ids),
                    detail={"view": "desk.entity"},
                )


class RelationAdmin(DeskAdmin):
    """Claims that contradict one that stands, newest first; a reviewer's word decides."""

    section = _("Contradictions")
    list_display = ("claim", "holds", "age")
    list_display_links = ("claim",)
    ordering = ("-pk",)
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Relation]:
        rows = super().get_queryset(request).filter(status="conflicting", ended_at__isnull=True)
        return rows.select_related("subject", "object")

    def pages(self) -> list[URLPattern]:
        return [
            path("<uuid:public_id>/decide", self.posted(self.decide), name=self.url_name("decide"))
        ]

    @display(description=_("Claim"))
    def claim(self, relation: Relation) -> SafeString:
        return format_html(
            '<span class="d-says" dir="auto">{} <span class="d-quiet">{}</span> {}</span>',
            excerpt(str(relation.subject), 60),
            relation.type,
            excerpt(str(relation.object), 60),
        )

    @display(description=_("Holds"))
    def holds(self, relation: Relation) -> str:
        return words.interval(relation.valid)

    @display(description=_("Known for"), ordering="recorded_at")
    def age(self, relation: Relation) -> str:
        return ago(relation.recorded_at)

    def found(self, request: HttpRequest, public_id: UUID) -> Relation:
        """Also one that was decided: its page says so."""
        rows = Relation.objects.visible_to(actor_of(request))
        relation: Relation = _or_missing(rows.filter(public_id=public_id).first())
        return relation

    def show(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        return self._page(request, self.found(request, public_id))

    def decide(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        """It stands and what contradicts it does not, or it is rejected."""
        relation = self.found(request, public_id)
        form = DecisionForm(request.POST)
        if not form.is_valid():
            return self._page(request, relation, status=400)
        accept = form.cleaned_data["word"] == "accept"
        try:
            conflicts.decide(actor=actor_of(request), relation=relation, accept=accept)
        except Error as error:
            return self._page(request, self.found(request, public_id), refusal=error)
        self.say(request, say_in("It stands now.") if accept else say_in("It is rejected."))
        return redirect(self.url("changelist"))

    def _page(
        self,
        request: HttpRequest,
        relation: Relation,
        *,
        refusal: Error | None = None,
        status: int = 200,
    ) -> HttpResponse:
        actor = actor_of(request)
        same = Relation.objects.visible_to(actor).live().filter(
            subject_group=relation.subject_group, type=relation.type, realm=relation.realm,
            functional=True, valid__overlap=relation.valid,
        )  # fmt: skip
        others = same.exclude(object_group=relation.object_group).order_by("pk")[:_CHANGES]
        return self.page(
            request,
            "desk/relation.html",
            title=_("Contradictions"),
            status=status,
            relation=relation,
            claims=views.edges(actor, [relation]),
            others=views.edges(actor, others),
            refusal=refusal,
        )


def _or_missing(row: Any) -> Any:
    """The row.

    Raises:
        Http404: there is none that the person may see.
    """
    if row is None:
        raise Http404(say_in("There is no such thing."))
    return row


def _changes(actor: Any, entity: Entity) -> list[Change]:
    groups = Entity.objects.visible_to(actor).of_groups([entity.group]).values("pk")
    rows = Change.objects.visible_to(actor).filter(Q(kept__in=groups) | Q(other__in=groups))
    return list(rows.order_by("-pk")[:_CHANGES])


def _picture(entity: Entity, around: Surroundings) -> dict[str, Any]:
    """Nodes and edges for the script; names as text, which it only draws."""
    nodes = [
        {
            "id": str(one.entity.public_id),
            "label": _label(str(one.entity)),
            "distance": one.distance,
            "address": reverse("desk:graph_entity_change", args=[one.entity.public_id]),
        }
        for one in around.nodes
    ]
    edges = [
        {
            "id": str(edge.relation.public_id),
            "source": str(edge.subject.public_id),
            "target": str(edge.object.public_id),
            "label": edge.relation.type,
            "open": edge.relation.status == "conflicting",
        }
        for edge in around.edges
    ]
    return {"centre": str(entity.public_id), "nodes": nodes, "edges": edges}


def _label(name: str) -> str:
    plain = without_hidden(" ".join(name.split()))
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1]}…"
