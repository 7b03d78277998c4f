"""Walking up the tree of spaces, given as the parent's id by a space's id."""

from collections.abc import Container, Iterable, Mapping


def path(space: int | None, parent_of: Mapping[int, int | None]) -> list[int]:
    """A space and those above it, nearest first; a ring ends where it closes."""
    found: list[int] = []
    while space is not None and space not in found:
        found.append(space)
        space = parent_of.get(space)
    return found


def nearest(
    space: int | None, parent_of: Mapping[int, int | None], among: Container[int]
) -> int | None:
    """The space itself or the nearest above it that is `among` some; None where none is."""
    return next((one for one in path(space, parent_of) if one in among), None)


def common_ancestor(spaces: Iterable[int], parent_of: Mapping[int, int | None]) -> int | None:
    """The nearest space strictly above all of the given ones; None when there is none."""
    return _first_shared([path(one, parent_of)[1:] for one in set(spaces)])


def nearest_shared(spaces: Iterable[int], parent_of: Mapping[int, int | None]) -> int | None:
    """The nearest space at or above all of the given ones; None when there is none."""
    return _first_shared([path(one, parent_of) for one in set(spaces)])


def at_or_below(spaces: Iterable[int], parent_of: Mapping[int, int | None]) -> set[int]:
    """The given spaces and all shared ones under them: those that have something below."""
    wanted = set(spaces)
    homes = wanted | {parent for parent in parent_of.values() if parent is not None}
    return {home for home in homes if wanted.intersection(path(home, parent_of))}


def _first_shared(paths: list[list[int]]) -> int | None:
    if not paths:
        return None
    shared = set(paths[0]).intersection(*paths[1:])
    return next((one for one in paths[0] if one in shared), None)
