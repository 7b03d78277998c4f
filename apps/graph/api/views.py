"""`/graph/...`: entities, what relates them, and when."""

from typing import Any

import django_filters
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.audit.api.reads import RecordsReads
from apps.audit.services import events
from apps.canon.models import Section
from apps.graph.api import serializers as shapes
from apps.graph.core.names import normalise
from apps.graph.models import Change, Entity, Relation
from apps.graph.services import (
    answers,
    changes,
    conflicts,
    exports,
    personal,
    timelines,
    types,
    views,
    walks,
)
from apps.kernel.errors import Invalid, NotFound
from apps.kernel.pagination import IdPagination
from apps.kernel.views import BaseViewSet
from apps.memories.models import Memory
from apps.spaces import access


class EntityFilter(django_filters.FilterSet):  # type: ignore[misc]  # it has no types
    """By type, by whole name, or by how a name begins."""

    type = django_filters.CharFilter()
    name = django_filters.CharFilter(method="with_name", label="The whole name, in any spelling.")
    prefix = django_filters.CharFilter(method="with_prefix", label="How the name begins.")

    class Meta:
        model = Entity
        fields: list[str] = []

    def with_name(self, queryset: Any, _: str, value: str) -> Any:
        return queryset.filter(normalised=normalise(value))

    def with_prefix(self, queryset: Any, _: str, value: str) -> Any:
        return queryset.filter(normalised__startswith=normalise(value))


class EntityViewSet(RecordsReads, mixins.ListModelMixin, BaseViewSet[Entity]):
    """Entities that a memory the asker may read speaks of."""

    reads = "entity"
    queryset = Entity.objects.all()
    serializer_class = shapes.EntityOut
    filterset_class = EntityFilter
    pagination_class = IdPagination
    scopes = {"merge": "review", "split": "review"}

    @extend_schema(responses={200: shapes.OneEntityOut})
    def retrieve(self, request: Request, id: str) -> Response:
        """One entity; of something merged into another, that other one."""
        entity = self._standing()
        told = {"entity": entity, "aliases": views.aliases(self.actor, entity)}
        return Response(shapes.OneEntityOut(told).data)

    @extend_schema(parameters=[shapes.AroundIn], responses={200: shapes.SurroundingsOut})
    @action(detail=True, methods=["get"], pagination_class=None, filterset_class=None)
    def neighbours(self, request: Request, id: str) -> Response:
        """What lies within `depth` hops, nearest first."""
        asked = self._asked(shapes.AroundIn)
        found = walks.around(
            actor=self.actor,
            entity=self.get_object(),
            depth=asked.validated_data["depth"],
            limit=asked.validated_data["limit"],
            filters=asked.filters(),
        )
        return Response(shapes.SurroundingsOut(found).data)

    @extend_schema(parameters=[shapes.RelatedIn], responses={200: shapes.FoundOut})
    @action(detail=True, methods=["get"], pagination_class=None, filterset_class=None)
    def related(self, request: Request, id: str) -> Response:
        """What it has most to do with, also by way of others: personalised PageRank."""
        asked = self._asked(shapes.RelatedIn)
        found = walks.related(
            actor=self.actor,
            seeds=[self.get_object()],
            limit=asked.validated_data["limit"],
            filters=asked.filters(),
        )
        return Response(shapes.FoundOut({"results": found}).data)

    @extend_schema(parameters=[shapes.PathIn], responses={200: shapes.SurroundingsOut})
    @action(detail=True, methods=["get"], pagination_class=None, filterset_class=None)
    def path(self, request: Request, id: str) -> Response:
        """A shortest way to another entity, in its order; 404 when there is none."""
        first, asked = self.get_object(), self._asked(shapes.PathIn)
        found = walks.way(
            actor=self.actor,
            first=first,
            last=_named(self.actor, asked.validated_data["to"], "to"),
            longest=asked.validated_data["longest"],
            filters=asked.filters(),
        )
        if found is None:
            raise NotFound("There is no way of that length.")
        return Response(shapes.SurroundingsOut(found).data)

    @extend_schema(parameters=[shapes.WindowIn], responses={200: shapes.TimelineOut})
    @action(detail=True, methods=["get"], pagination_class=None, filterset_class=None)
    def timeline(self, request: Request, id: str) -> Response:
        """Memories that speak of it, and relations as they begin and end; newest first."""
        asked = self._asked(shapes.WindowIn).validated_data
        window = timelines.Window(asked.get("since"), asked.get("until"))
        moments = timelines.of(
            actor=self.actor, entity=self.get_object(), window=window, limit=asked["limit"]
        )
        _record_memories(self.actor, [one.memory for one in moments if one.memory], "timeline")
        _record_canon(self.actor, [one.section for one in moments if one.section], "timeline")
        return Response(shapes.TimelineOut({"results": moments}).data)

    @extend_schema(request=shapes.MergeEntitiesIn, responses={200: shapes.EntityChangeOut})
    @action(detail=True, methods=["post"], filterset_class=None)
    def merge(self, request: Request, id: str) -> Response:
        """From now on this entity stands for the other one, too. For reviewers."""
        kept = self.get_object()
        other = _named(self.actor, self.parsed(shapes.MergeEntitiesIn)["other"], "other")
        change = changes.merge(actor=self.actor, kept=kept, other=other)
        return Response(shapes.EntityChangeOut(change).data)

    @extend_schema(request=shapes.SplitEntityIn, responses={200: shapes.EntityChangeOut})
    @action(detail=True, methods=["post"], filterset_class=None)
    def split(self, request: Request, id: str) -> Response:
        """These memories speak of another thing of the same name. For reviewers."""
        entity, ids = self.get_object(), set(self.parsed(shapes.SplitEntityIn)["memories"])
        memories = list(Memory.objects.visible_to(self.actor).filter(public_id__in=ids))
        if len(memories) != len(ids):
            raise Invalid("memories names one that does not exist.", attr="memories")
        change = changes.split(actor=self.actor, entity=entity, memories=memories)
        return Response(shapes.EntityChangeOut(change).data)

    def filter_queryset(self, queryset: Any) -> Any:
        """List filters are for the list only, which leaves out what was merged."""
        if self.action != "list":
            return queryset
        return super().filter_queryset(queryset)

    def _standing(self) -> Entity:
        entity: Entity = self.get_object()
        return views.nodes(self.actor, [entity.group])[entity.group]

    def _asked(self, shape: Any) -> Any:
        return _asked(self.request, shape)


class ChangeViewSet(
    RecordsReads, mixins.ListModelMixin, mixins.RetrieveModelMixin, BaseViewSet[Change]
):
    """Merges and splits of entities that the asker sees, newest first."""

    reads = "change"
    queryset = Change.objects.all()
    serializer_class = shapes.EntityChangeOut
    scopes = {"undo": "review"}

    @extend_schema(request=None, responses={200: shapes.EntityChangeOut})
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, id: str) -> Response:
        """Take it back; 409 when a later change stands on it."""
        change = changes.undo(actor=self.actor, change=self.get_object())
        return Response(shapes.EntityChangeOut(change).data)


class RelationViewSet(RecordsReads, BaseViewSet[Relation]):
    """Relations; those that contradict each other wait here for reviewers."""

    reads = "relation"
    queryset = Relation.objects.all()
    serializer_class = shapes.ConflictOut
    pagination_class = IdPagination
    filterset_class = None
    scopes = {"decide": "review"}

    @extend_schema(responses={200: shapes.ConflictOut(many=True)})
    def list(self, request: Request) -> Response:
        """What contradicts a relation that stands, newest first."""
        found: Any = self.get_queryset()
        page: Any = self.paginate_queryset(found.live().conflicting())
        return self.get_paginated_response(self._shown(page))

    @extend_schema(responses={200: shapes.ConflictOut})
    def retrieve(self, request: Request, id: str) -> Response:
        """One relation."""
        return Response(self._shown([self.get_object()])[0])

    @extend_schema(request=shapes.DecisionIn, responses={200: shapes.ConflictOut})
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, id: str) -> Response:
        """A reviewer's word: it stands and what contradicts it does not, or it is rejected."""
        relation = conflicts.decide(
            actor=self.actor,
            relation=self.get_object(),
            accept=self.parsed(shapes.DecisionIn)["accept"],
        )
        return Response(self._shown([relation])[0])

    def _shown(self, rows: Any) -> Any:
        return shapes.ConflictOut(views.edges(self.actor, rows), many=True).data


class AboutViewSet(RecordsReads, BaseViewSet[Entity]):
    """What is known about something."""

    reads = "entity"
    queryset = Entity.objects.all()
    filterset_class = None
    scopes = {"retrieve": "read"}

    @extend_schema(
        operation_id="graph_about",
        parameters=[shapes.AboutIn],
        responses={200: shapes.AnswerOut},
    )
    def retrieve(self, request: Request) -> Response:
        """By name, as of a moment: its relations then, and the memories that held."""
        asked = _asked(request, shapes.AboutIn).validated_data
        found = answers.about(actor=self.actor, **asked)
        _record_memories(self.actor, [one for about in found for one in about.memories], "about")
        _record_canon(self.actor, [one for about in found for one in about.canon], "about")
        return Response(shapes.AnswerOut({"results": found}).data)


class GraphExportViewSet(BaseViewSet[Entity]):
    """The graph for other tools."""

    queryset = Entity.objects.all()
    filterset_class = None
    scopes = {"retrieve": "read"}

    @extend_schema(
        operation_id="graph_export",
        parameters=[shapes.ExportIn],
        responses={(200, "application/octet-stream"): OpenApiTypes.STR},
    )
    def retrieve(self, request: Request) -> HttpResponse:
        """GraphML, JSON-LD or Cypher statements of what the asker may know."""
        asked = _asked(request, shapes.ExportIn).validated_data
        named = asked.get("entity")
        export = exports.of(
            actor=self.actor,
            form=asked["form"],
            around=_named(self.actor, named, "entity") if named else None,
            as_of=asked.get("as_of"),
        )
        return HttpResponse(
            export.body,
            content_type=f"{export.content_type}; charset=utf-8",
            headers={
                "Content-Disposition": f'attachment; filename="{export.filename}"',
                "Cache-Control": "no-store",
            },
        )


class TypeViewSet(BaseViewSet[Entity]):
    """What types of relations mean: read by members, set by administrators."""

    queryset = Entity.objects.all()
    filterset_class = None
    pagination_class = None
    scopes = {"retrieve": "read", "partial_update": "manage"}

    @extend_schema(operation_id="graph_types", responses={200: shapes.RelationTypesOut})
    def retrieve(self, request: Request) -> Response:
        """Types of which the organisation, or the hub for it, says something."""
        found = types.of(access.of(self.actor).organisation_id)
        return Response(shapes.RelationTypesOut({"results": found}).data)

    @extend_schema(
        operation_id="graph_type_declare",
        request=shapes.RelationTypeIn,
        responses={200: shapes.RelationTypeOut},
    )
    def partial_update(self, request: Request) -> Response:
        """Whether a subject has one object of it at a time. For administrators."""
        types.administered(self.actor)
        row = types.declare(actor=self.actor, **self.parsed(shapes.RelationTypeIn))
        return Response(shapes.RelationTypeOut(row).data)


class PersonalViewSet(BaseViewSet[Entity]):
    """Whether the graph reads the asker's personal space."""

    queryset = Entity.objects.all()
    serializer_class = shapes.PersonalIn
    filterset_class = None

    @extend_schema(operation_id="graph_personal", responses={200: shapes.PersonalIn})
    def retrieve(self, request: Request) -> Response:
        """By default it does not."""
        return Response({"include": personal.chosen(self.actor)})

    @extend_schema(
        operation_id="graph_personal_choose",
        request=shapes.PersonalIn,
        responses={200: shapes.PersonalIn},
    )
    def partial_update(self, request: Request) -> Response:
        """Let it read, or take everything of it out at once."""
        include = self.parsed(shapes.PersonalIn)["include"]
        return Response({"include": personal.choose(actor=self.actor, include=include)})


def _asked(request: Request, shape: Any) -> Any:
    """The query, validated."""
    asked = shape(data=request.query_params)
    asked.is_valid(raise_exception=True)
    return asked


def _named(actor: Any, public_id: Any, attr: str) -> Entity:
    found: Entity | None = Entity.objects.visible_to(actor).filter(public_id=public_id).first()
    if found is None:
        raise Invalid(f"{attr} names an entity that does not exist.", attr=attr)
    return found


def _record_canon(actor: Any, sections: list[Section], view: str) -> None:
    """Their words were shown."""
    documents = dict.fromkeys(one.revision.document.public_id for one in sections)
    if documents:
        events.record(
            action="document.read",
            by=actor.by,
            object_type="document",
            object_ids=list(documents),
            detail={"view": f"graph.{view}"},
        )


def _record_memories(actor: Any, memories: list[Memory], view: str) -> None:
    """Their words were shown."""
    if memories:
        events.record(
            action="memory.read",
            by=actor.by,
            object_type="memory",
            object_ids=[memory.public_id for memory in memories],
            detail={"view": f"graph.{view}"},
        )
