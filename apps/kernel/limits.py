"""Sizes that input may have. Each check names the field and the limit (422)."""

import json
from collections.abc import Iterable, Mapping, Sequence

from apps.kernel.errors import Invalid, LimitExceeded

TEXT_BYTES = 32 * 1024
METADATA_BYTES = 16 * 1024
METADATA_DEPTH = 8
TAGS = 50
TAG_CHARACTERS = 100
BULK_ITEMS = 1000
BULK_TEXT_BYTES = 4 * 1024 * 1024


def check_text(value: str, *, attr: str = "text", limit: int = TEXT_BYTES) -> str:
    """`value` unchanged when its UTF-8 form has at most `limit` bytes.

    Raises:
        LimitExceeded: it has more.
    """
    size = len(value.encode())
    if size > limit:
        raise LimitExceeded(f"{attr} has {size:,} bytes; the limit is {limit:,} bytes.", attr=attr)
    return value


def check_metadata(value: Mapping[str, object], *, attr: str = "metadata") -> Mapping[str, object]:
    """`value` unchanged when its JSON is small and shallow enough.

    Raises:
        LimitExceeded: more than 16 KiB of JSON or nested deeper than 8 levels.
        Invalid: a number that JSON cannot hold.
    """
    if _depth(value) > METADATA_DEPTH:
        raise LimitExceeded(f"{attr} is nested deeper than {METADATA_DEPTH} levels.", attr=attr)
    try:
        size = len(json.dumps(value, ensure_ascii=False, allow_nan=False).encode())
    except ValueError as error:
        raise Invalid(f"{attr} has a number that is not finite.", attr=attr) from error
    if size > METADATA_BYTES:
        raise LimitExceeded(
            f"{attr} has {size:,} bytes as JSON; the limit is {METADATA_BYTES:,} bytes.", attr=attr
        )
    return value


def check_tags(value: Sequence[str], *, attr: str = "tags") -> Sequence[str]:
    """`value` unchanged when there are at most 50 tags of at most 100 characters.

    Raises:
        LimitExceeded: too many, or one is too long.
    """
    if len(value) > TAGS:
        raise LimitExceeded(f"{attr} has {len(value)} entries; the limit is {TAGS}.", attr=attr)
    longest = max((len(tag) for tag in value), default=0)
    if longest > TAG_CHARACTERS:
        raise LimitExceeded(
            f"a tag has {longest} characters; the limit is {TAG_CHARACTERS}.", attr=attr
        )
    return value


def check_bulk(count: int, *, attr: str = "items") -> None:
    """At most 1,000 items in one bulk write.

    Raises:
        LimitExceeded: there are more.
    """
    if count > BULK_ITEMS:
        raise LimitExceeded(
            f"{attr} has {count:,} entries; the limit is {BULK_ITEMS:,}.", attr=attr
        )


def check_bulk_text(texts: Iterable[str], *, attr: str = "items") -> None:
    """At most 4 MiB of text in one bulk write.

    Raises:
        LimitExceeded: there is more.
    """
    size = sum(len(text.encode()) for text in texts)
    if size > BULK_TEXT_BYTES:
        raise LimitExceeded(
            f"{attr} have {size:,} bytes of text; the limit is {BULK_TEXT_BYTES:,} bytes.",
            attr=attr,
        )


def _depth(value: object) -> int:
    """Nesting depth of JSON data; a scalar is 0. Stops counting past the limit."""
    deepest, stack = 0, [(value, 0)]
    while stack:
        item, depth = stack.pop()
        children: Sequence[object] = ()
        if isinstance(item, Mapping):
            children = list(item.values())
        elif isinstance(item, list | tuple):
            children = item
        if isinstance(item, Mapping | list | tuple):
            depth += 1
        deepest = max(deepest, depth)
        if deepest > METADATA_DEPTH:
            return deepest
        stack.extend((child, depth) for child in children)
    return deepest
