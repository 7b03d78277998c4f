"""What commands show on a terminal."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import OutputWrapper
from rich.console import Console
from rich.progress import Progress, ProgressColumn


@contextmanager
def bar(stderr: OutputWrapper, *columns: ProgressColumn) -> Iterator[Progress]:
    """A bar on standard error where that is a terminal; elsewhere it shows nothing."""
    console = Console(file=stderr)  # type: ignore[arg-type]  # it has what rich asks for
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        yield progress


def plain(text: str) -> str:
    """A model's words may hold what steers a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
