"""`/captures`: transcripts of sessions, handed over to be distilled."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.audit.api.reads import RecordsReads
from apps.captures.api.parsers import BytesParser
from apps.captures.api.serializers import (
    CaptureIn,
    CaptureOut,
    CompleteIn,
    OneCaptureOut,
    PartIn,
)
from apps.captures.models import Capture
from apps.captures.services import captures
from apps.kernel.pagination import IdPagination
from apps.kernel.views import BaseViewSet

_BYTES = "application/octet-stream"


class Transcript(HttpResponse):
    """Bytes as they came; `data` is what the record of reads looks at."""

    data = None


class CaptureViewSet(RecordsReads, mixins.ListModelMixin, BaseViewSet[Capture]):
    """Transcripts of the asker and the asker's agents, newest first."""

    reads = "capture"
    queryset = Capture.objects.select_related("space", "author", "same_as")
    serializer_class = CaptureOut
    pagination_class = IdPagination
    filterset_class = None
    scopes = {
        "list": "read", "retrieve": "read", "content": "read", "create": "write", "parts": "write",
        "complete": "write", "retry": "write", "destroy": "write",
    }  # fmt: skip

    @extend_schema(responses={200: OneCaptureOut})
    def retrieve(self, request: Request, id: str) -> Response:
        """One transcript, how far it is distilled, and what was set aside."""
        return Response(OneCaptureOut(self.get_object()).data)

    @extend_schema(request=CaptureIn, responses={201: CaptureOut, 200: CaptureOut})
    def create(self, request: Request) -> Response:
        """Keep a transcript; the same bytes again answer 200 with the first. Without `text` begin
        an upload."""
        data = self.parsed(CaptureIn)
        about = CaptureIn.about(data)
        if "text" not in data:
            return self._made(captures.begin(actor=self.actor, about=about))
        found = captures.capture(actor=self.actor, data=data["text"].encode(), about=about)
        return self._made(found.capture, status=201 if found.created else 200)

    @extend_schema(
        parameters=[PartIn],
        request={_BYTES: OpenApiTypes.BINARY},
        responses={200: CaptureOut},
    )
    @action(detail=True, methods=["put"], parser_classes=[BytesParser])
    def parts(self, request: Request, id: str) -> Response:
        """Add the next bytes, up to 2 MiB, from `offset` on; the same part again is taken once."""
        capture = self.get_object()  # a stranger learns nothing of it, whatever is wrong besides
        serializer = PartIn(data=request.query_params)
        serializer.is_valid(raise_exception=True)
        body: Any = request.data  # bytes, or an empty form when there was no body
        offset = serializer.validated_data["offset"]
        found = captures.append(
            actor=self.actor, capture=capture, offset=offset, data=bytes(body or b"")
        )
        return Response(CaptureOut(found).data)

    @extend_schema(request=CompleteIn, responses={200: CaptureOut})
    @action(detail=True, methods=["post"])
    def complete(self, request: Request, id: str) -> Response:
        """End an upload; distilling begins."""
        sha256 = self.parsed(CompleteIn).get("sha256", "")
        found = captures.complete(actor=self.actor, capture=self.get_object(), sha256=sha256)
        return Response(CaptureOut(found).data)

    @extend_schema(request=None, responses={200: OneCaptureOut})
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, id: str) -> Response:
        """Distil again what was set aside, from where each chunk had come."""
        captures.retry(actor=self.actor, capture=self.get_object())
        return Response(OneCaptureOut(self.get_object()).data)

    @extend_schema(responses={(200, _BYTES): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"], pagination_class=None)
    def content(self, request: Request, id: str) -> Transcript:
        """The bytes, as they came."""
        capture = self.get_object()
        headers = {
            "Content-Disposition": f'attachment; filename="capture-{capture.public_id}"',
            "X-Content-Type-Options": "nosniff",
        }
        return Transcript(b"".join(captures.content(capture)), content_type=_BYTES, headers=headers)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:
        """Delete the transcript; memories that were made of it stay. 409 under a legal hold."""
        captures.delete(actor=self.actor, capture=self.get_object())
        return Response(status=204)

    def _made(self, capture: Capture, *, status: int = 201) -> Response:
        headers = {"Location": f"/api/v1/captures/{capture.public_id}"}
        told: Any = CaptureOut(capture).data
        return Response(told, status=status, headers=headers)
