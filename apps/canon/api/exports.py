"""`/canon/export`: canon as the files that tools read."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.actors import Actor
from apps.audit.services import events
from apps.canon.core.exporting import FORMATS
from apps.canon.services import exports
from apps.kernel.fields import Choice


class ExportIn(serializers.Serializer[Any]):
    """Which documents, and as what."""

    tool = Choice(choices=FORMATS, default="agents", help_text="Who reads it.")
    space = serializers.ListField(child=serializers.UUIDField(), default=list)
    tag = serializers.ListField(child=serializers.CharField(max_length=100), default=list)
    path = serializers.CharField(
        max_length=200, default="", allow_blank=True, help_text="A folder or a document."
    )
    budget = serializers.IntegerField(
        min_value=1, default=None, allow_null=True, help_text="The most bytes of all files."
    )


class FileOut(serializers.Serializer[Any]):
    """A file to write."""

    path = serializers.CharField()
    content = serializers.CharField()


class DocumentLeftOut(serializers.Serializer[Any]):
    """A document that did not fit, and the bytes it would have taken."""

    path = serializers.CharField()
    bytes = serializers.IntegerField()


class ExportOut(serializers.Serializer[Any]):
    """Files in the order of their paths, the documents in them, and what was left out."""

    bytes = serializers.IntegerField()
    files = FileOut(many=True)
    included = serializers.ListField(child=serializers.CharField())
    left_out = DocumentLeftOut(many=True)


class ExportView(APIView):
    """Canon that the asker reads, as files."""

    @extend_schema(parameters=[ExportIn], responses={200: ExportOut})
    def get(self, request: Request) -> Response:
        """Documents that hold today; the same documents give the same bytes."""
        params = request.query_params
        given: dict[str, Any] = {name: params[name] for name in params}
        given |= {name: params.getlist(name) for name in ("space", "tag") if name in params}
        serializer = ExportIn(data=given)
        serializer.is_valid(raise_exception=True)
        data = serializer.validated_data
        actor: Actor = request.auth  # type: ignore[assignment]
        wanted = exports.Wanted(
            form=data["tool"],
            spaces=data["space"],
            tags=data["tag"],
            path=data["path"],
            budget=data["budget"],
        )
        found = exports.export(wanted=wanted, actor=actor)
        events.record(
            action="canon.export",
            by=actor.by,
            object_type="document",
            detail={"documents": len(found.included), "left_out": len(found.left_out)},
        )
        return Response(ExportOut(found).data)
