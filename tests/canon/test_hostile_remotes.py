"""A git host that means harm: what it sends is bounded, and stops nobody else's push."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import call_command
from dulwich.objects import Blob, Commit, Tag, Tree

from apps.canon.models import ChangeProposal, Mirror
from apps.canon.services import inflow, mirrors, pushing, verification, wire
from apps.kernel import clock
from apps.kernel.errors import LimitExceeded
from tests.canon.conftest import text
from tests.canon.test_push import Host, canon, configure, host  # noqa: F401

_DOCUMENT = text("Planted").encode()


def kept(at: Host, *objects: Any) -> Any:
    """The last of them, in the host's repository."""
    for each in objects:
        at.repo.object_store.add_object(each)
    return objects[-1]


def tree(at: Host, *entries: tuple[bytes, int, bytes]) -> Any:
    made: Any = Tree()
    for name, mode, sha in entries:
        made.add(name, mode, sha)
    return kept(at, made)


def point(at: Host, tip: bytes, branch: str = "main") -> None:
    refs: Any = at.repo.refs
    refs[f"refs/heads/{branch}".encode()] = tip


def commit(at: Host, content: Any) -> bytes:
    """A commit of that tree on the host's main."""
    made: Any = Commit()
    made.tree, made.parents, made.message = content.id, [at.tip().encode()], b"Better\x1b[2J"
    made.author = made.committer = b"Mallory <m@example.org>"
    made.author_time = made.commit_time = 1_700_000_000
    made.author_timezone = made.commit_timezone = 0
    point(at, kept(at, made).id)
    return bytes(made.id)


def bomb(at: Host) -> Any:
    """Ten folders of ten folders of ... of ten folders: a dozen objects, ten billion paths."""
    found = tree(at, (b"a.md", 0o100644, kept(at, Blob.from_string(_DOCUMENT)).id))
    for _ in range(10):
        found = tree(at, *((f"d{n}".encode(), 0o40000, found.id) for n in range(10)))
    return found


def many(at: Host) -> Any:
    blob = kept(at, Blob.from_string(_DOCUMENT)).id
    return tree(at, *((f"f{n}.md".encode(), 0o100644, blob) for n in range(inflow.MOST + 1)))


def deep(at: Host) -> Any:
    found = tree(at, (b"a.md", 0o100644, kept(at, Blob.from_string(_DOCUMENT)).id))
    for _ in range(3_000):
        found = tree(at, (b"d", 0o40000, found.id))
    return found


def large(at: Host) -> Any:
    return tree(at, (b"a.md", 0o100644, kept(at, Blob.from_string(b"\0" * (1 << 25))).id))


def odd(at: Host) -> Any:
    """Out of the folder, a link, another repository, and a document behind an escape code."""
    blob = kept(at, Blob.from_string(_DOCUMENT)).id
    link = kept(at, Blob.from_string(b"/etc/passwd")).id
    return tree(
        at, (b"../up.md", 0o100644, blob), (b"link.md", 0o120000, link),
        (b"sub", 0o160000, b"1" * 40), (b"x\x1b[2J.md", 0o100644, blob),
        (b"legal.md", 0o100644, kept(at, Blob.from_string(text("Legal").encode())).id),
    )  # fmt: skip


@pytest.fixture
def pushed(world, host, configure, canon):  # noqa: F811
    configure(proposer=world.bob.email)
    pushing.push(space=world.team)
    return Mirror.objects.get().head


@pytest.fixture
def requesting(host, configure, canon):  # noqa: F811
    configure(requests="github")


@pytest.mark.usefixtures("pushed")
@pytest.mark.parametrize(
    ("made", "state", "says"),
    [
        (bomb, "waiting", "more than 50,000 files and folders"),
        (many, "waiting", "proposals from git wait for reviewers"),
        (deep, "refused", "speaks no git"),
        (large, "refused", "not unpacked: an object has at most 16,777,216 bytes"),
    ],
)
def test_a_commit_that_is_made_to_be_too_much(made, state, says, world, host):  # noqa: F811
    tip = commit(host, made(host))
    told = pushing.push(space=world.team)
    assert (told.state, says in told.error) == (state, True), told
    assert (Mirror.objects.get().push_error, told.proposed) == (told.error, 0)
    assert ChangeProposal.objects.open().count() == 0
    assert host.tip() == tip.decode(), "nothing of theirs is lost"


@pytest.mark.usefixtures("pushed")
def test_files_that_are_no_documents_are_not_proposed(world, host):  # noqa: F811
    commit(host, odd(host))
    told = pushing.push(space=world.team)
    assert told.state == "pushed", told
    opened = {(each.path, each.change) for each in ChangeProposal.objects.open()}
    assert opened == {("playbooks/returns.md", "retire")}
    assert all("\x1b" not in each.reason for each in ChangeProposal.objects.open())


@pytest.mark.usefixtures("pushed")
def test_a_branch_that_is_no_commit(world, host):  # noqa: F811
    blob = kept(host, Blob.from_string(b"x"))
    tag: Any = Tag()
    tag.name, tag.message, tag.object = b"v1", b"", (Blob, blob.id)
    tag.tagger, tag.tag_time, tag.tag_timezone = b"M <m@example.org>", 1, 0
    for tip in (blob, kept(host, tag)):
        point(host, tip.id)
        told = pushing.push(space=world.team)
        assert told.state in {"refused", "pushed", "waiting"}, told
        assert {each.change for each in ChangeProposal.objects.open()} <= {"retire"}


@pytest.mark.usefixtures("requesting")
@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"[" * 1_000_000, "is no JSON"),
        (b'[{"number": NaN}]', "is no pull request"),
        (b'[{"number": 1, "html_url": "http://[::1"}]', ""),
        (b'[{"number": 1, "html_url": "javascript:alert(1)"}]', ""),
        (b"[" + b" " * wire._SAID + b"]", "larger than"),
    ],
    ids=["deep", "nan", "address", "script", "long"],
)
def test_what_a_host_says_of_pull_requests(answer, says, world, publish, monkeypatch):
    def told(self: Host, environ: Any, start: Any, kind: str) -> list[bytes]:
        start("200 OK", [("Content-Type", "application/json")])
        return [answer]

    monkeypatch.setattr(Host, "_api", told)
    pushing.push(space=world.team)
    publish("legal.md", text("Legal", "More."))
    mirrors.follow(space=world.team)
    done = pushing.push(space=world.team)
    assert says in done.error
    assert done.request_url == ""
    assert (done.state == "pushed") is not bool(says)


def test_no_path_of_git_is_obeyed_by_a_terminal(world, canon, capsys):  # noqa: F811
    with mirrors.opened(world.team) as opened:
        repo: Any = opened
        at: Any = SimpleNamespace(repo=repo, tip=lambda: mirrors.head_of(repo))
        commit(at, odd(at))
    with pytest.raises(SystemExit):
        call_command("canon", "verify")
    said = capsys.readouterr().out
    assert ("\x1b" in said, "\\x1b[2J.md" in said) == (False, True)


def test_a_remote_that_ends_the_worker_waits_behind_the_others(
    world,
    host,  # noqa: F811
    configure,  # noqa: F811
    canon,  # noqa: F811
    monkeypatch,
):
    def ends(*_: Any) -> None:
        raise KeyboardInterrupt

    configure()
    with monkeypatch.context() as patch:
        patch.setattr(wire.GitWire, "_http_request", ends)
        with pytest.raises(KeyboardInterrupt):
            pushing.push_all()
    mirror = Mirror.objects.get()
    assert mirror.push_due is not None
    assert (mirror.push_attempts, mirror.push_due > clock.now()) == (1, True)
    assert pushing.push_all() == {}
    Mirror.objects.update(push_due=clock.now())
    assert pushing.push_all() == {"pushed": 1}
    assert Mirror.objects.get().push_attempts == 0


def test_the_walk_of_a_bomb_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(verification, "ENTRIES", 500)
    made = Host(tmp_path / "canon.git")
    empty = tree(made)  # no file at all: what is never told must be counted, too
    for _ in range(10):
        empty = tree(made, *((f"d{at}".encode(), 0o40000, empty.id) for at in range(10)))
    root: Any = Commit()
    root.tree, root.message, root.author = empty.id, b"", b"M <m@example.org>"
    root.committer, root.author_time, root.commit_time = root.author, 1, 1
    root.author_timezone = root.commit_timezone = 0
    tip = kept(made, root).id.decode()
    with pytest.raises(LimitExceeded, match="more than 500"):
        verification.contents(made.repo, tip)
    made.repo.close()
