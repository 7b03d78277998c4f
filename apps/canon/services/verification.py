"""One run that finds tampering on either side: the database against itself, its audit and git."""

from collections.abc import Iterator
from dataclasses import dataclass

from dulwich.errors import ChecksumMismatch, ObjectFormatException
from dulwich.object_store import MemoryObjectStore
from dulwich.objects import Blob, Commit
from dulwich.repo import Repo

from apps.audit.models import AuditEvent
from apps.canon.core import documents
from apps.canon.models import Document, Revision
from apps.canon.services import gitting, mirrors
from apps.canon.services.gitting import Grown
from apps.kernel.errors import LimitExceeded
from apps.spaces.models import Space

ENTRIES = 50_000  # files and folders of a commit that is read


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was merged.

    Attributes:
        code: stable; `database.*` or `git.*`.
        path: of the document, or "".
        detail: in words, without content.
    """

    code: str
    path: str
    detail: str


def verify(*, space: Space) -> list[Finding]:
    """Everything that differs between a space's revisions, approvals, audit and repository."""
    store, grown = gitting.expected(space)
    return [*_database(space), *_git(space, store, grown)]


def _database(space: Space) -> Iterator[Finding]:
    rows = Revision.objects.filter(space=space).select_related("document").order_by("position")
    merged = _merged(space)
    place = 0
    for place, row in enumerate(rows.iterator(chunk_size=200), start=1):
        named = f"revision {row.number}"
        if row.position != place:
            yield Finding("database.order", row.document.path, f"{named} is at {row.position}")
        if documents.digest(row.content) != row.sha256:
            yield Finding("database.hash", row.document.path, f"{named} is not what its hash says")
        if not _approved(row):
            yield Finding("database.approval", row.document.path, f"nobody approved {named}")
        if merged.get(row.position) != row.sha256:
            yield Finding("database.audit", row.document.path, f"the audit knows no such {named}")
    if set(merged) - set(range(1, place + 1)):
        yield Finding("database.missing", "", "the audit knows merges that are not there")
    yield from _heads(space)


def _approved(row: Revision) -> bool:
    """Somebody gave their word for these bytes; to end a document names its last bytes."""
    meant = row.witness.get("approved", "")
    if not row.retires and meant != row.sha256:
        return False
    return row.proposal.approvals.filter(sha256=meant).exists()


def _merged(space: Space) -> dict[int, str]:
    """Hashes by position, as the audit has them."""
    rows = AuditEvent.objects.filter(action="canon.merge", space=space.public_id)
    return {each["position"]: each["sha256"] for each in rows.values_list("detail", flat=True)}


def _heads(space: Space) -> Iterator[Finding]:
    for document in Document.objects.filter(space=space).select_related("head"):
        newest = document.revisions.order_by("-number").first()
        if newest is None or newest.pk != document.head_id:
            yield Finding("database.head", document.path, "does not point at its newest revision")


def _git(space: Space, store: MemoryObjectStore, grown: list[Grown]) -> Iterator[Finding]:
    with mirrors.opened(space) as repo:
        if repo is None:
            if grown:
                yield Finding("git.missing", "", "there is no repository")
            return
        yield from _objects(repo, store, grown)
        yield from _tip(repo, grown)


def _objects(repo: Repo, store: MemoryObjectStore, grown: list[Grown]) -> Iterator[Finding]:
    """Every object that should be there is, byte for byte."""
    for sha in store:
        kept = store[sha]
        try:
            there = repo.object_store[sha]
            same = there.type_num == kept.type_num and there.as_raw_string() == kept.as_raw_string()
            detail = "has other bytes than its name says"
        except KeyError:
            same, detail = False, "is not there"
        except (ChecksumMismatch, ObjectFormatException, OSError, ValueError) as error:
            same, detail = False, f"cannot be read ({type(error).__name__})"
        if not same:
            yield Finding(
                "git.object", _path(store, sha, grown), f"object {sha.decode()[:10]} {detail}"
            )


def _path(store: MemoryObjectStore, sha: bytes, grown: list[Grown]) -> str:
    """The document that an object belongs to, if it is of one."""
    kept = store[sha]  # type: ignore[index]
    if isinstance(kept, Commit):
        return next((each.merge.path for each in grown if each.commit == sha), "")
    if isinstance(kept, Blob):
        text = kept.as_raw_string().decode()
        return next((each.merge.path for each in grown if each.merge.content == text), "")
    return ""


def _tip(repo: Repo, grown: list[Grown]) -> Iterator[Finding]:
    """Where main is, and what differs in its files."""
    wanted, head = (grown[-1].commit.decode() if grown else ""), mirrors.head_of(repo)
    if head == wanted:
        return
    known = {each.commit.decode() for each in grown}
    if head in known or not head:
        yield Finding("git.behind", "", f"main is at {head[:10] or 'nothing'}, not {wanted[:10]}")
        return
    ahead = wanted in ancestors(repo, head)
    code, what = (
        ("git.ahead", "has commits of others") if ahead else ("git.rewritten", "is another")
    )
    yield Finding(code, "", f"main {what}: {head[:10]} instead of {wanted[:10]}")
    try:
        there, here = contents(repo, head), _files(grown)
    except LimitExceeded as error:
        yield Finding("git.file", "", error.detail)
        return
    for path in sorted(there.keys() | here.keys()):
        if there.get(path) != here.get(path):
            yield Finding("git.file", path, "differs from what was merged")


def ancestors(repo: Repo, head: str) -> set[str]:
    """Commits that a commit rests on, itself included; as far as they can be read."""
    found: set[str] = set()
    left = [head]
    while left:
        at = left.pop()
        if at in found:
            continue
        found.add(at)
        commit = _read(repo, at)
        if isinstance(commit, Commit):
            left += [parent.decode() for parent in commit.parents]
    return found


def contents(repo: Repo, commit: str) -> dict[str, bytes]:
    """Files of a commit by path; a name that is no text, and what cannot be read, is left out.

    Raises:
        LimitExceeded: it has more than `ENTRIES` files and folders. A few objects can say so.
    """
    found = _read(repo, commit)
    if not isinstance(found, Commit):
        return {}
    files: dict[str, bytes] = {}
    known: dict[bytes, bytes | None] = {}  # many files may be one object
    walk = repo.object_store.iter_tree_contents(found.tree, include_trees=True)
    for number, entry in enumerate(walk):
        if number > ENTRIES:
            raise LimitExceeded(f"The commit has more than {ENTRIES:,} files and folders.")
        if entry.sha not in known:
            blob = _read(repo, entry.sha.decode())
            known[entry.sha] = blob.as_raw_string() if isinstance(blob, Blob) else None
        content = known[entry.sha]
        if content is not None and entry.path is not None:
            files[entry.path.decode(errors="replace")] = content
    return files


def _read(repo: Repo, sha: str) -> object:
    try:
        return repo.object_store[sha.encode()]  # type: ignore[index]
    except (KeyError, ChecksumMismatch, ObjectFormatException, OSError, ValueError):
        return None


def _files(grown: list[Grown]) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for each in grown:
        if each.merge.content is None:
            files.pop(each.merge.path, None)
        else:
            files[each.merge.path] = each.merge.content.encode()
    return files
