"""What commands share: parts such as `audit verify`, and errors told in one sentence."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from apps.kernel.errors import Error

Arguments = Callable[[CommandParser], None]


@contextmanager
def told_in_a_sentence() -> Iterator[None]:
    """Inside, an error of the hub or of a file ends the command with its sentence and status 1."""
    try:
        yield
    except Error as error:
        raise CommandError(error.detail) from error
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"The file cannot be used: {error}") from error


class PartedCommand(BaseCommand):
    """A command of several parts, each a method: `verify` is `_verify(options)`.

    `console` prints to standard output, without colours and wrapping of its own.
    """

    console: Console

    @staticmethod
    def add_parts(parser: CommandParser, parts: Mapping[str, tuple[str, Arguments | None]]) -> None:
        """Declare the parts by name: what `--help` says, and what adds their arguments."""
        chosen: Any = parser.add_subparsers(dest="what", required=True, metavar="what")
        for name, (text, add) in parts.items():
            part = chosen.add_parser(name, help=text, description=text)
            if add is not None:
                add(part)

    def handle(self, *args: Any, what: str, **options: Any) -> None:
        self.console = Console(
            file=self.stdout,  # type: ignore[arg-type]  # it has what rich asks for
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
        with told_in_a_sentence():
            getattr(self, f"_{what}")(options)
