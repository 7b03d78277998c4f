"""What others changed in the repository comes back as proposals; main stays what was merged."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dulwich.objects import Commit
from dulwich.repo import Repo

from apps.canon.core import documents
from apps.canon.models import ChangeProposal, Document, Mirror, Origin
from apps.canon.services import gitting, mirrors, proposals, verification
from apps.canon.services.gitting import MAIN, Grown
from apps.kernel import locks
from apps.kernel.errors import Conflict, Error, NotFound
from apps.spaces.models import Space

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

BRANCHES, PULLED = b"refs/heads/", b"refs/pulled/"
MOST = 1_000  # proposals from git that wait for reviewers
_SUBJECT = 200  # characters of a commit's first line that are quoted


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that cannot be proposed, and why."""

    path: str
    why: str


@dataclass(slots=True)
class Pulled:
    """What came of a pull: proposals that were opened, and what could not be proposed."""

    opened: list[ChangeProposal] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Changed:
    """A file of a branch: its bytes, None where it was deleted, and the revision before."""

    path: str
    content: bytes | None
    base: int | None


def pull(*, actor: "Actor", space: Space) -> Pulled:
    """Open a proposal of the actor's for each file that branches changed.

    Branches are then kept under `refs/pulled/`, main is what the database says, and the same change
    is not proposed twice. Who a commit names as its author proves nothing and is not believed.

    Raises:
        NotFound: the space has no repository.
        Conflict: another process is at it, or more than `MOST` proposals would wait.
        LimitExceeded: a branch has more files than are read.
        Forbidden, ReadOnly: the space takes no writes from this actor.
    """
    with locks.session_lock(f"canon:mirror:{space.pk}") as held:
        if not held:
            raise Conflict("Another process is writing this repository; try again.")
        with mirrors.opened(space) as repo:
            if repo is None:
                raise NotFound("This space has no repository yet.")
            store, grown = gitting.expected(space)
            told = Pulled()
            for name, tip in sorted(_branches(repo)):
                if not grown or tip != grown[-1].commit.decode():
                    _pull(actor, space, repo, grown, tip, told)
                _put_away(repo, name, tip)
            _restore(space, repo, store, grown)
            return told


def changed(space: Space, repo: Repo, grown: list[Grown], tip: str) -> list[str]:
    """Paths that a commit changes against the merge it began from."""
    return [each.path for each in _changes(space, repo, grown, tip)]


def _branches(repo: Repo) -> Iterator[tuple[bytes, str]]:
    for name, sha in repo.get_refs().items():
        if name.startswith(BRANCHES):
            yield name, sha.decode()


def _pull(
    actor: "Actor", space: Space, repo: Repo, grown: list[Grown], tip: str, told: Pulled
) -> None:
    reason = f"Changed in git, commit {tip[:10]}: {_subject(repo, tip)}"
    changes = list(_changes(space, repo, grown, tip))
    waiting = ChangeProposal.objects.filter(space=space, origin=Origin.GIT).open().count()
    if len(changes) + waiting > MOST:
        raise Conflict(
            f"{len(changes):,} files differ and {waiting:,} proposals from git wait for reviewers;"
            f" together at most {MOST:,}."
        )
    for changed in changes:
        try:
            proposal = _proposed(actor, space, changed, reason)
        except (Error, UnicodeDecodeError) as error:
            why = error.detail if isinstance(error, Error) else "The file is not UTF-8."
            told.refused.append(Refused(changed.path, why))
            continue
        if proposal is not None:
            told.opened.append(proposal)


def _changes(space: Space, repo: Repo, grown: list[Grown], tip: str) -> Iterator[_Changed]:
    """Files that differ between a branch and the merge it began from; without one, from now."""
    before = verification.ancestors(repo, tip)
    position = max(
        (at for at, each in enumerate(grown, start=1) if each.commit.decode() in before),
        default=len(grown),
    )
    here = {path: text.encode() for path, text in gitting.files(space, until=position).items()}
    there = verification.contents(repo, tip)
    numbers = {each.merge.path: each.merge.number for each in grown[:position]}
    for path in sorted(here.keys() | there.keys()):
        if here.get(path) != there.get(path):
            yield _Changed(path, there.get(path), numbers.get(path))


def _proposed(
    actor: "Actor", space: Space, changed: _Changed, reason: str
) -> ChangeProposal | None:
    """The proposal, or None when the very same is open or canon already."""
    content = "" if changed.content is None else changed.content.decode()
    if changed.content is not None and _is_known(space, changed.path, content):
        return None
    if changed.content is None and not _stands(space, changed.path):
        return None
    draft = proposals.Draft(
        space=space.public_id,
        path=changed.path,
        content=content,
        reason=reason,
        retire=changed.content is None,
        origin=Origin.GIT,
        base=changed.base,
    )
    return proposals.propose(actor=actor, draft=draft)


def _is_known(space: Space, path: str, content: str) -> bool:
    sha256 = documents.digest(content)
    rows = ChangeProposal.objects.filter(space=space, path=path, sha256=sha256)
    if rows.open().exists():
        return True
    return Document.objects.filter(
        space=space, path=path, head__sha256=sha256, retired_at__isnull=True
    ).exists()


def _stands(space: Space, path: str) -> bool:
    """Whether there is something to retire that nobody proposed to retire yet."""
    asked = ChangeProposal.objects.filter(space=space, path=path, change="retire")
    return (
        Document.objects.filter(space=space, path=path).standing().exists()
        and not asked.open().exists()
    )


def _put_away(repo: Repo, name: bytes, tip: str) -> None:
    refs: Any = repo.refs
    if name != MAIN:
        refs[PULLED + tip.encode()] = tip.encode()
        refs.remove_if_equals(name, tip.encode())


def _restore(space: Space, repo: Repo, store: Any, grown: list[Grown]) -> None:
    """Main is what was merged; objects that are missing are written."""
    refs: Any = repo.refs
    head = mirrors.head_of(repo)
    wanted = grown[-1].commit if grown else b""
    if head and head.encode() != wanted:
        refs[PULLED + head.encode()] = head.encode()
    for sha in store:
        if sha not in repo.object_store:
            repo.object_store.add_object(store[sha])
    if wanted:
        refs[MAIN] = wanted
    Mirror.objects.update_or_create(
        space=space, defaults={"position": len(grown), "head": wanted.decode()}
    )


def _subject(repo: Repo, tip: str) -> str:
    commit = repo.object_store[tip.encode()]  # type: ignore[index]
    if not isinstance(commit, Commit):
        return ""
    first = commit.message.decode(errors="replace").partition("\n")[0]
    return "".join(letter for letter in first if letter.isprintable())[:_SUBJECT]
