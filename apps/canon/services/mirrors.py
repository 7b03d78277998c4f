"""The git repository of a space: followed after each merge, made again from the database."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import structlog
from django.conf import settings
from django.db.models import Max
from dulwich.errors import NotGitRepository
from dulwich.repo import Repo

from apps.canon.models import Mirror, Revision
from apps.canon.services import gitting
from apps.canon.services.gitting import MAIN
from apps.kernel import clock, locks
from apps.kernel.errors import Conflict
from apps.spaces.models import Space

logger = structlog.get_logger(__name__)

State = Literal["current", "followed", "made", "changed", "busy"]


@dataclass(frozen=True, slots=True)
class Mirrored:
    """What became of a repository.

    Attributes:
        state: `current` nothing to do, `followed` commits were added, `made` it was made from the
            database, `changed` it holds what the hub did not write and was left alone, `busy`
            another process is at it.
        head: commit of main, 40 hex digits; "" for an empty one.
    """

    state: State
    head: str = ""


def folder(space: Space) -> Path:
    """Where the repository of a space lies."""
    return Path(settings.CANON_MIRROR_DIR) / f"{space.public_id}.git"


@contextmanager
def opened(space: Space) -> Iterator[Repo | None]:
    """The repository of a space; None when there is none yet."""
    try:
        repo = Repo(str(folder(space)))
    except NotGitRepository:
        yield None
        return
    with repo:
        yield repo


def head_of(repo: Repo) -> str:
    """The commit of main; "" for none."""
    try:
        return repo.refs[MAIN].decode()  # type: ignore[index]
    except KeyError:
        return ""


def follow(*, space: Space) -> Mirrored:
    """Bring the repository up to the database; what others changed in it is left to `pull`.

    A repository that is not there is made. Safe to call twice and at once.
    """
    with locks.session_lock(f"canon:mirror:{space.pk}") as held:
        if not held:
            return Mirrored("busy")
        mirror, _ = Mirror.objects.get_or_create(space=space)
        with opened(space) as repo:
            if repo is None:
                return _made(space, mirror)
            head = head_of(repo)
            if head != mirror.head:
                logger.warning("canon_mirror_changed", space=str(space.public_id), head=head[:10])
                return Mirrored("changed", head)
            return _followed(space, mirror, repo)


def rebuild(*, space: Space) -> Mirrored:
    """Make the repository again from the database alone; the old one is set aside beside it.

    Raises:
        Conflict: another process is at it.
    """
    with locks.session_lock(f"canon:mirror:{space.pk}") as held:
        if not held:
            raise Conflict("Another process is writing this repository; try again.")
        mirror, _ = Mirror.objects.get_or_create(space=space)
        return _made(space, mirror)


def follow_all() -> dict[str, int]:
    """Follow every space with merges that its repository lacks; how many by state."""
    counts: dict[str, int] = {}
    for space in behind():
        state = follow(space=space).state
        counts[state] = counts.get(state, 0) + 1
    return counts


def behind() -> list[Space]:
    """Spaces with merges that their repository lacks."""
    newest = Revision.objects.values("space").annotate(newest=Max("position"))
    known = dict(Mirror.objects.values_list("space", "position"))
    late = [row["space"] for row in newest if row["newest"] > known.get(row["space"], 0)]
    return list(Space.objects.filter(pk__in=late).order_by("pk"))


def with_canon() -> list[Space]:
    """Spaces that have a document, or had one."""
    return list(Space.objects.filter(documents__isnull=False).distinct().order_by("pk"))


def init(path: Path) -> Repo:
    """An empty bare repository that is the same wherever and whenever it is made."""
    path.mkdir(parents=True)
    return Repo.init_bare(str(path), default_branch=b"main")


def _followed(space: Space, mirror: Mirror, repo: Repo) -> Mirrored:
    found = gitting.merges(space, after=mirror.position)
    before = gitting.files(space, until=mirror.position)
    grown = list(gitting.grow(repo.object_store, found, parent=mirror.head.encode(), before=before))
    if not grown:
        return Mirrored("current", mirror.head)
    _point(repo, grown[-1].commit)
    _remember(mirror, mirror.position + len(grown), grown[-1].commit)
    return Mirrored("followed", mirror.head)


def _made(space: Space, mirror: Mirror) -> Mirrored:
    """Beside the old one first, then in its place: readers see one or the other."""
    place = folder(space)
    fresh = place.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    with init(fresh) as repo:
        grown = list(gitting.grow(repo.object_store, gitting.merges(space)))
        if grown:
            _point(repo, grown[-1].commit)
    if place.exists():
        aside = place.with_suffix(f".{clock.now():%Y%m%dT%H%M%S%f}.old")
        place.rename(aside)
    fresh.rename(place)
    _remember(mirror, len(grown), grown[-1].commit if grown else b"")
    return Mirrored("made", mirror.head)


def _point(repo: Repo, commit: Any) -> None:
    repo.refs[MAIN] = commit  # type: ignore[index]


def _remember(mirror: Mirror, position: int, head: bytes) -> None:
    mirror.position, mirror.head, mirror.mirrored_at = position, head.decode(), clock.now()
    mirror.save(update_fields=["position", "head", "mirrored_at"])
