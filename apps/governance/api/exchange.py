"""`/exports/person`, `/spaces/{id}/export` and `/imports`."""

import re
import tempfile
from collections.abc import Iterable
from io import BytesIO
from typing import IO, Any

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.governance.core import exchange
from apps.governance.services import exports, imports, reading
from apps.kernel import limits
from apps.kernel.errors import Invalid
from apps.kernel.fields import LongText
from apps.kernel.views import BaseViewSet
from apps.spaces.models import Space

LARGEST = 8 * 1024 * 1024  # bytes of a file that comes in by a request: an answer is waited for
LINES = 5_000
_NUMBER = re.compile(r"[0-9]{1,9}")
_IN_MEMORY = 1024 * 1024  # bytes; a larger page goes to a temporary file
_ANSWERS = {(200, "application/x-ndjson"): OpenApiTypes.STR}
_PARAMETERS = [
    OpenApiParameter("after", str, description="The cursor in the last line of the page before."),
    OpenApiParameter("limit", int, description="Records on the page, 1 to 1,000 (default)."),
    OpenApiParameter("as", str, enum=["jsonl", "markdown"], description="Default: jsonl."),
]


class ImportIn(serializers.Serializer[Any]):
    """A file of an export, or lines as in `POST /memories`."""

    jsonl = LongText(
        trim_whitespace=False, help_text="JSON objects, one a line: up to 5,000, and 8 MiB."
    )
    space = serializers.UUIDField(
        required=False, allow_null=True, help_text="Empty for your personal space."
    )


class ImportOut(serializers.Serializer[Any]):
    """What became of the lines."""

    created = serializers.IntegerField()
    present = serializers.IntegerField(help_text="Were there already; nothing was changed.")
    skipped = serializers.IntegerField(help_text="Other records, and what was taken back.")


class PersonExportViewSet(BaseViewSet[Any]):
    """What is the asker's."""

    scopes = {"retrieve": "manage"}
    filterset_class = None

    def get_queryset(self) -> Any:
        """Nothing is looked up here."""
        return Space.objects.none()

    @extend_schema(operation_id="export_person", parameters=_PARAMETERS, responses=_ANSWERS)
    def retrieve(self, request: Request) -> FileResponse:
        """Everything the asker and their agents keep and said, in pages; in person only."""
        after, limit, as_markdown = _asked(request)
        export = exports.of_person(actor=self.actor)
        return _page(export, after, limit, as_markdown=as_markdown)


class SpaceExportViewSet(BaseViewSet[Space]):
    """What lies in a space."""

    queryset = Space.objects.all()
    scopes = {"retrieve": "manage"}
    filterset_class = None

    @extend_schema(operation_id="export_space", parameters=_PARAMETERS, responses=_ANSWERS)
    def retrieve(self, request: Request, id: str) -> FileResponse:
        """Memories with revisions, provenance, outcomes and feedback; for who manages and reads."""
        space = self.get_object()
        after, limit, as_markdown = _asked(request)
        export = exports.of_space(actor=self.actor, space=space)
        return _page(export, after, limit, as_markdown=as_markdown)


class ImportViewSet(BaseViewSet[Any]):
    """Exports coming in."""

    serializer_class = ImportIn
    filterset_class = None

    def get_queryset(self) -> Any:
        """Nothing is looked up here."""
        return Space.objects.none()

    @extend_schema(operation_id="import_memories", request=ImportIn, responses={200: ImportOut})
    def create(self, request: Request) -> Response:
        """Write what is not there yet; errors name the line and the field, as `lines.3.text`."""
        data = self.parsed(ImportIn)
        limits.check_text(data["jsonl"], attr="jsonl", limit=LARGEST)
        lines, skipped = reading.read(data["jsonl"].split("\n"), most=LINES)
        done = imports.bring_in(
            actor=self.actor, lines=lines, space=data.get("space"), skipped=skipped
        )
        return Response(ImportOut(done).data)


def _asked(request: Request) -> tuple[str, int, bool]:
    """Cursor, records on a page, and whether as Markdown."""
    limit, form = request.query_params.get("limit", ""), request.query_params.get("as", "jsonl")
    if form not in {"jsonl", "markdown"}:
        raise Invalid("as must be jsonl or markdown.", attr="as")
    if limit and not (_NUMBER.fullmatch(limit) and 0 < int(limit) <= exports.PAGE):
        raise Invalid(f"limit must be 1 to {exports.PAGE:,}.", attr="limit")
    return request.query_params.get("after", ""), int(limit or exports.PAGE), form == "markdown"


def _page(export: exports.Export, after: str, limit: int, *, as_markdown: bool) -> FileResponse:
    """Written as a whole before the answer starts: an error is an error, not half a file."""
    told = exchange.markdown if as_markdown else exchange.line
    kind, ending = ("text/markdown", "md") if as_markdown else ("application/x-ndjson", "jsonl")
    spool = _spooled(f"{told(record)}\n".encode() for record in export.records(after, limit))
    size = spool.tell()
    spool.seek(0)
    return FileResponse(
        spool,
        as_attachment=True,
        filename=f"{export.of}-{export.id}.{ending}",
        content_type=f"{kind}; charset=utf-8",
        headers={"Content-Length": str(size), "Cache-Control": "no-store"},
    )


def _spooled(pieces: Iterable[bytes]) -> IO[bytes]:
    """The pieces in memory, or if they are many in a temporary file; the answer closes it."""
    spool: IO[bytes] = BytesIO()
    in_memory = True
    for piece in pieces:
        if in_memory and spool.tell() > _IN_MEMORY:
            larger: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  as said above
            larger.write(spool.getbuffer() if isinstance(spool, BytesIO) else b"")
            spool, in_memory = larger, False
        spool.write(piece)
    return spool
