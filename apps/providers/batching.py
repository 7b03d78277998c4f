"""Items into requests of bearable size, and a request into the message a model gets."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Generic

from apps.providers.protocol import AnswerT, Item, ItemT, Task

# About 6,000 tokens of English, 24,000 of Chinese at worst: within what any current model takes
MAX_CHARACTERS = 24_000
# Two texts at the hub's limit; such an item goes alone, a longer one not at all
MAX_ITEM_CHARACTERS = 80_000


@dataclass(frozen=True)
class Batches(Generic[ItemT]):
    """Requests to make, in order, and items too long for any."""

    batches: tuple[tuple[ItemT, ...], ...]
    too_long: tuple[ItemT, ...]


def split(task: Task[ItemT, AnswerT], items: Sequence[ItemT]) -> Batches[ItemT]:
    """Fill batches in the order of `items`, up to `task.batch` items and MAX_CHARACTERS each."""
    batches: list[list[ItemT]] = []
    too_long: list[ItemT] = []
    room = 0
    for item in items:
        size = len(_written(asdict(item)))
        if size > MAX_ITEM_CHARACTERS:
            too_long.append(item)
            continue
        if not batches or size > room or len(batches[-1]) == task.batch:
            batches.append([])
            room = MAX_CHARACTERS
        batches[-1].append(item)
        room -= size
    return Batches(tuple(tuple(batch) for batch in batches), tuple(too_long))


def messages(task: Task[ItemT, AnswerT], items: Sequence[Item]) -> list[dict[str, str]]:
    """The conversation that asks for `items`: the task's instruction, then one JSON object."""
    question = {
        "task": task.name,
        "version": task.version,
        "items": [asdict(item) for item in items],
    }
    return [
        {"role": "system", "content": task.prompt},
        {"role": "user", "content": _written(question)},
    ]


def estimated_tokens(text: str) -> int:
    """Tokens `text` is likely to take: four ASCII characters make one, any other character is one.

    Errs upwards for most languages; meant for budgets where the service tells nothing.
    """
    ascii_characters = len(text) if text.isascii() else len(text.encode("ascii", "ignore"))
    return -(-ascii_characters // 4) + len(text) - ascii_characters


def _written(value: object) -> str:
    # Letters as themselves: escaped, Korean would take six times the tokens
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace").decode()  # half a surrogate pair cannot be sent
