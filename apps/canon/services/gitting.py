"""Merges as git objects: the same merges make the same objects, byte for byte, anywhere."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dulwich.index import commit_tree
from dulwich.object_store import MemoryObjectStore
from dulwich.objects import Blob, Commit

from apps.canon.core import commits
from apps.canon.core.commits import Merge
from apps.canon.models import Revision
from apps.spaces.models import Space

MAIN = b"refs/heads/main"
_FILE = 0o100644


@dataclass(frozen=True, slots=True)
class Grown:
    """A merge and its commit, 40 hex digits."""

    merge: Merge
    commit: bytes


def merges(space: Space, *, after: int = 0) -> Iterator[Merge]:
    """Merges of a space in their order, those beyond position `after`."""
    rows = Revision.objects.filter(space=space, position__gt=after).order_by("position")
    for row in rows.select_related("document").iterator(chunk_size=200):
        yield Merge(
            path=row.document.path,
            content=None if row.retires else row.content,
            number=row.number,
            title=row.title,
            sha256=row.sha256,
            seconds=int(row.merged_at.timestamp()),
            witness=row.witness,
        )


def files(space: Space, *, until: int) -> dict[str, str]:
    """Contents by path after the merge at position `until`."""
    rows = Revision.objects.filter(space=space, position__lte=until)
    newest = (
        rows.order_by("document_id", "-number").distinct("document_id").select_related("document")
    )
    return {row.document.path: row.content for row in newest if not row.retires}


def grow(
    store: Any,
    found: Iterable[Merge],
    *,
    parent: bytes = b"",
    before: Mapping[str, str] | None = None,
) -> Iterator[Grown]:
    """Write a commit for each merge into `store`, one upon the other.

    Args:
        store: an object store of dulwich.
        found: merges in their order.
        parent: commit that the first one follows; b"" for none.
        before: contents by path at `parent`.
    """
    entries = {path: _kept(store, content) for path, content in (before or {}).items()}
    for merge in found:
        if merge.content is None:
            entries.pop(merge.path, None)
        else:
            entries[merge.path] = _kept(store, merge.content)
        tree = commit_tree(
            store, [(path.encode(), sha, _FILE) for path, sha in sorted(entries.items())]
        )
        parent = _committed(store, merge, tree, parent)
        yield Grown(merge, parent)


def expected(space: Space) -> tuple[MemoryObjectStore, list[Grown]]:
    """The whole repository as the database says it should be, in memory."""
    store = MemoryObjectStore()
    return store, list(grow(store, merges(space)))


def _kept(store: Any, content: str) -> Any:
    blob = Blob.from_string(content.encode())
    store.add_object(blob)
    return blob.id


def _committed(store: Any, merge: Merge, tree: Any, parent: bytes) -> bytes:
    commit: Any = Commit()
    commit.tree = tree
    commit.parents = [parent] if parent else []
    commit.author, commit.committer = merge.author.encode(), merge.committer.encode()
    commit.author_time = commit.commit_time = merge.seconds
    commit.author_timezone = commit.commit_timezone = 0
    commit.message = commits.message(merge).encode()
    store.add_object(commit)
    return bytes(commit.id)
