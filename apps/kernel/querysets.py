"""What every queryset in the house promises."""

from typing import Any, Protocol, Self


class VisibleTo(Protocol):
    """A queryset that can narrow itself to what an actor may see. Called first, always."""

    def visible_to(self, actor: Any) -> Self:
        """Rows the actor may see; an empty queryset when that is nothing."""
        ...
