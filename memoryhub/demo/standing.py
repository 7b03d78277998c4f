"""One promoted fact becomes canon: proposed from the shared memory, approved, merged, exported.

Then what the tools read, what git says of it, and what the graph knows of the thing it names.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from dulwich.client import HttpGitClient
from dulwich.errors import NotGitRepository
from dulwich.objects import Commit
from dulwich.repo import MemoryRepo

from apps.canon.core import paths
from apps.graph.core.names import codes
from memoryhub.demo.cast import Cast
from memoryhub.demo.folder import Folder, Known
from memoryhub.demo.hub import Hub, until

_FOLDER = "playbooks"
_WAIT_SECONDS = 60
_MAIN = b"refs/heads/main"


@dataclass(frozen=True, slots=True)
class Stood:
    """What became of the fact.

    Attributes:
        known: what it is about, and as of when the graph is asked.
        text: of the promoted memory.
        document: as the API shows it, with its newest revision.
        fresh: whether it was merged by this performance.
        agents_md: the file that coding agents read.
        commit: message of the newest commit about it, with its trailers.
        cited: what a recall about it cites of canon, best first.
        about: what the graph answers, one entry per entity of the name.
    """

    known: Known
    text: str
    document: dict[str, Any]
    fresh: bool
    agents_md: str
    commit: str
    cited: Sequence[dict[str, Any]]
    about: Sequence[dict[str, Any]]


def stand_by(hub: Hub, folder: Folder, cast: Cast) -> Stood | None:
    """Make canon of one approved fact, or find that it is already; None when there is none.

    Raises:
        RuntimeError: the hub refused a step.
        TimeoutError: the worker did not do its part.
    """
    approved = hub.pages(cast.reviewer, "/candidates", status="approved")
    chosen = _chosen(approved, folder, cast.root)
    if chosen is None or not cast.scribe:
        return None
    fact, known = chosen
    path = paths.suggest(known.name, _FOLDER)
    document = _at(hub, cast, path)
    fresh = document is None
    if document is None:
        _merge(hub, cast, _proposed(hub, cast, fact, known, path))
        document = _at(hub, cast, path)
        assert document is not None, "what was merged stands"  # noqa: S101
    return Stood(
        known=known,
        text=fact["text"],
        document=document,
        fresh=fresh,
        agents_md=_agents_md(hub, cast),
        commit=_commit(hub, cast, path),
        cited=_recalled(hub, cast, known)["canon"],
        about=_about(hub, cast, known, document["id"]),
    )


def _chosen(
    approved: Iterable[dict[str, Any]], folder: Folder, root: str
) -> tuple[dict[str, Any], Known] | None:
    """A fact of the whole organisation that names something; what the folder asks about, or what
    most people said, as of its last day. The same facts give the same choice."""
    asked, last = folder.known, max(str(row["occurred_at"]) for row in folder.memories)
    named = [
        (found, asked or Known(codes(found["text"])[0], last))
        for found in approved
        if found["target"] == root
        and found["published"]
        and (asked.name in codes(found["text"]) if asked else codes(found["text"]))
    ]
    return min(named, key=lambda pair: (-_people(pair[0]), pair[0]["text"]), default=None)


def _people(found: dict[str, Any]) -> int:
    return len({member["person"]["id"] for member in found["members"]})


def _at(hub: Hub, cast: Cast, path: str) -> dict[str, Any] | None:
    listed = hub.pages(cast.scribe, "/canon/documents", path=path)
    found = next(iter(listed), None)
    return found and dict(hub.get(cast.scribe, f"/canon/documents/{found['id']}"))


def _proposed(
    hub: Hub, cast: Cast, fact: dict[str, Any], known: Known, path: str
) -> dict[str, Any]:
    """The proposal, also one that an interrupted performance left open."""
    for row in hub.pages(cast.reviewer, "/canon/proposals", space=cast.root):
        if row["path"] == path:
            return dict(row)
    body = {
        "space": cast.root,
        "path": path,
        "title": known.name,
        "memories": [fact["published"]],
        "reason": f"{_people(fact)} people found it out; everybody asks.",
    }
    return dict(hub.post(cast.scribe, "/canon/proposals", body))


def _merge(hub: Hub, cast: Cast, proposal: dict[str, Any]) -> None:
    """The reviewer reads it, stands by these bytes and merges them."""
    place = f"/canon/proposals/{proposal['id']}"
    read = hub.get(cast.reviewer, place)
    for deed in ("approve", "merge"):
        hub.post(cast.reviewer, f"{place}/{deed}", {"sha256": read["sha256"]})


def _agents_md(hub: Hub, cast: Cast) -> str:
    files = hub.get(cast.scribe, "/canon/export", {"tool": "agents"})["files"]
    return next((str(each["content"]) for each in files if each["path"] == "AGENTS.md"), "")


def _commit(hub: Hub, cast: Cast, path: str) -> str:
    """Fetched as a git client does; the worker mirrors a merge within seconds."""

    def newest() -> str:
        # No mirror answers 404 until then, which git's client reports as no repository
        try:
            return _fetched(hub, cast, path)
        except LookupError:
            return ""

    return str(until(newest, seconds=_WAIT_SECONDS, what=f"git does not know {path}"))


def _fetched(hub: Hub, cast: Cast, path: str) -> str:
    client = HttpGitClient(hub.base_url, username="demo", password=cast.scribe)
    repo = MemoryRepo()
    try:
        refs: Any = client.fetch(f"/git/{cast.root}.git", repo).refs
    except NotGitRepository as error:
        raise LookupError(path) from error
    for entry in repo.get_walker(include=[refs[_MAIN]], paths=[path.encode()], max_entries=1):
        commit: Commit = entry.commit
        return str(commit.message.decode())
    raise LookupError(path)


def _recalled(hub: Hub, cast: Cast, known: Known) -> dict[str, Any]:
    question = {"query": f"What do we know about {known.name}?", "limit": 5}
    return dict(hub.post(cast.scribe, "/recall", question))


def _about(hub: Hub, cast: Cast, known: Known, document: str) -> list[dict[str, Any]]:
    """What is known of it then, once the graph has read what became canon."""

    def told() -> list[dict[str, Any]]:
        asked = {"name": known.name, "as_of": known.as_of}
        rows: list[dict[str, Any]] = hub.get(cast.scribe, "/graph/about", asked)["results"]
        cited = [each["document"] for row in rows for each in row["canon"]]
        return rows if document in cited else []

    found = until(told, seconds=_WAIT_SECONDS, what=f"the graph does not know {known.name}")
    return list(found)
