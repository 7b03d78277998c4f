"""Bodies of plain bytes."""

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.parsers import BaseParser


class BytesParser(BaseParser):
    """The body as it is; how large it may be is the view's to say."""

    media_type = "application/octet-stream"

    def parse(  # type: ignore[override]  # DRF puts it into `data` as it is
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return bytes(stream.read())
