"""What a caller wants remembered, before it is a memory."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from apps.kernel import limits
from apps.kernel.errors import Invalid
from apps.memories.core import text as texts
from apps.memories.models import Kind, Sensitivity, Source

PRIVATE = "private"  # a memory with this tag never leaves its space


def clean_tags(tags: Iterable[str]) -> list[str]:
    """Tags without blanks around them or repeats; `Private` in any case is `private`."""
    stripped = (tag.strip() for tag in tags)
    named = (PRIVATE if tag.casefold() == PRIVATE else tag for tag in stripped)
    return [tag for tag in dict.fromkeys(named) if tag]


@dataclass(frozen=True)
class Draft:
    """Content of one memory. `space` and `supersedes` are public ids; `space` None is one's own."""

    text: str
    kind: str = Kind.FACT
    space: UUID | None = None
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    session_id: str = ""
    language: str = ""
    importance: float = 0.5
    sensitivity: str = Sensitivity.NORMAL
    occurred_at: datetime | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    expires_at: datetime | None = None
    supersedes: UUID | None = None
    derived_from: tuple[UUID, ...] = ()
    source: str = Source.API

    @cached_property
    def content_hash(self) -> str:
        """Hash by which a repeated write is recognised."""
        return texts.content_hash(self.text)

    def check(self) -> None:
        """Refuse what no memory may be.

        Raises:
            LimitExceeded: text, metadata or tags are too large.
            Invalid: the text is blank, or valid time is empty.
        """
        if not self.text.strip():
            raise Invalid("text must not be blank.", attr="text")
        limits.check_text(self.text)
        limits.check_metadata(self.metadata)
        limits.check_tags(self.tags)
        if self.valid_from and self.valid_to and self.valid_from >= self.valid_to:
            raise Invalid("valid_to must be after valid_from.", attr="valid_to")
