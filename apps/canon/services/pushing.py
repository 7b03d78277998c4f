"""Pushing mirrors to remotes, and bringing back what others changed there.

Pending work is what a mirror has and its remote was not given; nothing here is part of a merge.
Main is what was merged: what others put on a branch is fetched and proposed first, and only what
was proposed is replaced, and only if nobody pushed meanwhile.
"""

import io
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db.models import F, Q
from dulwich.client import SendPackResult
from dulwich.repo import Repo

from apps.accounts.actors import of_user
from apps.accounts.models import User
from apps.canon.core import packs
from apps.canon.core.remotes import Remote
from apps.canon.models import Mirror, PushState
from apps.canon.services import gitting, hosting, inflow, mirrors, verification, wire
from apps.canon.services.gitting import Grown
from apps.kernel import clock, locks
from apps.kernel.errors import Error, NotFound
from apps.spaces.models import Space

logger = structlog.get_logger(__name__)

_HEADS, _FETCHED = b"refs/heads/", b"refs/heads/remote/"
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=6)
LOOKED_EVERY = timedelta(minutes=5)  # at what others changed


class _MovedError(Exception):
    """Somebody pushed while the hub was looking."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """What became of a push.

    Attributes:
        state: as the mirror keeps it.
        head: commit that the remote has of the hub; "" for none.
        proposed: proposals opened for what others changed there.
        error: why not, in the hub's own words.
        request_url: of the open pull request; "" without one.
    """

    state: str
    head: str = ""
    proposed: int = 0
    error: str = ""
    request_url: str = ""


@dataclass(slots=True)
class _Work:
    """One remote in hand."""

    space: Space
    mirror: Mirror
    remote: Remote
    repo: Repo
    wire: wire.GitWire
    grown: list[Grown]
    proposed: int = 0

    def tip_of(self, refs: dict[Any, Any], branch: str) -> bytes:
        """Where a branch of the remote is; b"" for nowhere."""
        return bytes(refs.get(_HEADS + branch.encode()) or b"")

    def is_known(self, tip: bytes) -> bool:
        """Nothing to bring back: the hub's own commit, or one whose changes were proposed."""
        own = {each.commit for each in self.grown}
        refs: Any = self.repo.refs
        return not tip or tip in own or inflow.PULLED + tip in refs


def remote_of(space: Space) -> Remote | None:
    """The configured remote of a space."""
    return next((each for each in settings.CANON_REMOTES if each.space == space.public_id), None)


def push(*, space: Space) -> Pushed:
    """Give the remote what the mirror has; look at what others changed there.

    Never raises for what the remote does: it is kept with the mirror, for later.

    Raises:
        NotFound: no remote is configured, or the space has no repository yet.
    """
    remote = remote_of(space)
    if remote is None:
        raise NotFound("No remote is configured for this space.")
    with locks.session_lock(f"canon:mirror:{space.pk}") as held:
        if not held:
            return Pushed(PushState.WAITING, error="Another process writes this repository.")
        with mirrors.opened(space) as repo:
            mirror = Mirror.objects.filter(space=space).first()
            if repo is None or mirror is None:
                raise NotFound("This space has no repository yet.")
            _put_off(mirror)
            return _kept(mirror, _tried(space, mirror, remote, repo))


def push_all() -> dict[str, int]:
    """Push every space that is due; how many by state."""
    counts: dict[str, int] = {}
    for space in due():
        state = push(space=space).state
        counts[state] = counts.get(state, 0) + 1
    return counts


def due() -> list[Space]:
    """Spaces with a remote that lacks something, or was not looked at for a while."""
    configured = [remote.space for remote in settings.CANON_REMOTES]
    now = clock.now()
    waiting = Q(push_due__isnull=True) | Q(push_due__lte=now)
    behind = ~Q(pushed=F("head")) | Q(pushed_at__isnull=True)
    rows = Mirror.objects.filter(behind | Q(looked_at__lte=now - LOOKED_EVERY), waiting)
    rows = rows.filter(space__public_id__in=configured).exclude(head="").order_by("space")
    return [row.space for row in rows.select_related("space")]


def _tried(space: Space, mirror: Mirror, remote: Remote, repo: Repo) -> Pushed:
    try:
        with wire.client(remote) as http, wire.translated():
            _, grown = gitting.expected(space)
            work = _Work(space, mirror, remote, repo, wire.git(http, remote), grown)
            told = _pushed(work)
            if told.state == PushState.PUSHED and remote.requests:
                return _requested(work, http, told)
            return told
    except wire.Refused as error:
        return Pushed(PushState.REFUSED, mirror.pushed, error=error.detail)
    except Error as error:
        return Pushed(PushState.WAITING, mirror.pushed, error=error.detail)
    except _MovedError:
        return Pushed(PushState.WAITING, mirror.pushed, error="Somebody pushed at the same time.")


def _pushed(work: _Work) -> Pushed:
    refs: Any = work.wire.get_refs(b"").refs
    branches = dict.fromkeys((work.remote.branch, work.remote.target))
    tips = {branch: work.tip_of(refs, branch) for branch in branches}
    foreign = {branch: tip for branch, tip in tips.items() if not work.is_known(tip)}
    if foreign and not _brought_back(work, foreign):
        return Pushed(
            PushState.DIVERGED, work.mirror.pushed,
            error="Others changed the remote; `manage.py canon pull --as` proposes what they did.",
        )  # fmt: skip
    head = work.mirror.head.encode()
    # What is not there yet is begun with what was merged: a request needs something to be against
    first = not tips[work.remote.branch]
    wanted = [work.remote.branch] if first else [work.remote.target]
    _send(work, {branch: tips[branch] for branch in wanted}, head)
    return Pushed(PushState.PUSHED, head.decode(), proposed=work.proposed)


def _brought_back(work: _Work, foreign: dict[str, bytes]) -> bool:
    """Fetch what others pushed and propose it; False when nobody is named to propose it."""
    _fetch(work, list(foreign.values()))
    left = {branch: tip for branch, tip in foreign.items() if not _says_the_same(work, tip)}
    if not left:
        return True
    refs: Any = work.repo.refs
    for branch, tip in left.items():
        refs[_FETCHED + branch.encode()] = tip
    person = User.objects.filter(email__iexact=work.remote.proposer, is_active=True).first()
    if not work.remote.proposer or person is None:
        return False
    work.proposed = len(inflow.pull(actor=of_user(person), space=work.space).opened)
    return True


def _says_the_same(work: _Work, tip: bytes) -> bool:
    """Whether a commit of others changes no file, as when they merge what they were given."""
    if inflow.changed(work.space, work.repo, work.grown, tip.decode()):
        return False
    refs: Any = work.repo.refs
    refs[inflow.PULLED + tip] = tip
    return True


def _fetch(work: _Work, tips: list[bytes]) -> None:
    def wanted(refs: Any, **_: Any) -> Any:
        return [tip for tip in tips if tip in refs.values()]

    client: Any = work.wire
    pack = io.BytesIO()
    client.fetch_pack(b"", wanted, work.repo.get_graph_walker(), pack.write)
    packs.check(pack.getvalue())
    if pack.tell():
        pack.seek(0)
        work.repo.object_store.add_thin_pack(pack.read, None)


def _send(work: _Work, seen: dict[str, bytes], head: bytes) -> None:
    """Point branches of the remote at `head`, if they are still where they were seen.

    Raises:
        _MovedError: they are not.
        wire.Refused: the remote keeps a branch from it.
    """

    def updated(refs: Any) -> Any:
        if any(work.tip_of(refs, branch) != tip for branch, tip in seen.items()):
            raise _MovedError
        return {_HEADS + branch.encode(): head for branch in seen}

    store: Any = work.repo.object_store
    done: SendPackResult = work.wire.send_pack(b"", updated, store.generate_pack_data)
    if any((done.ref_status or {}).values()):
        raise wire.Refused("The remote keeps its branch from being pushed to.")


def _requested(work: _Work, http: Any, told: Pushed) -> Pushed:
    """With an open pull request, unless what was pushed is part of the branch already."""
    refs: Any = work.wire.get_refs(b"").refs
    base = work.tip_of(refs, work.remote.branch)
    if told.head in verification.ancestors(work.repo, base.decode()):
        return told
    request = hosting.opened(http, work.remote, _wording(work, base))
    return Pushed(told.state, told.head, told.proposed, request_url=request.url)


def _wording(work: _Work, base: bytes) -> hosting.Wording:
    """Which documents; titles and reasons stay in the hub and in the commits."""
    before = verification.ancestors(work.repo, base.decode())
    fresh = [each.merge for each in work.grown if each.commit.decode() not in before]
    lines = [f"- `{merge.path}`, revision {merge.number}" for merge in fresh]
    body = "\n".join(["Merged in the hub, with approvals as trailers of each commit:", "", *lines])
    title = f"Canon: {len(fresh)} change{'' if len(fresh) == 1 else 's'}"
    return hosting.Wording(title, body[:60_000])


def _put_off(mirror: Mirror) -> None:
    """A remote that ends the process, or keeps it until its time is over, is not the next again."""
    tries = mirror.push_attempts + 1
    Mirror.objects.filter(pk=mirror.pk).update(
        push_attempts=tries, push_due=clock.now() + _wait(tries)
    )


def _wait(tries: int) -> timedelta:
    doubled: timedelta = _FIRST_WAIT * 2 ** min(tries, 12)
    return min(_LONGEST_WAIT, doubled)


def _kept(mirror: Mirror, told: Pushed) -> Pushed:
    now = clock.now()
    failed = told.state in {PushState.WAITING, PushState.REFUSED}
    if told.state != mirror.push_state:
        logger.info("canon_push", space=str(mirror.space.public_id), state=told.state)
    mirror.push_state, mirror.push_error = told.state, told.error[:200]
    mirror.push_attempts = mirror.push_attempts + 1 if failed else 0
    mirror.push_due = now + _wait(mirror.push_attempts) if failed else None
    mirror.looked_at = now
    if told.state == PushState.PUSHED:
        mirror.pushed, mirror.pushed_at = told.head, now
        mirror.request_url = told.request_url
    elif told.state == PushState.DIVERGED:
        mirror.push_due = now + LOOKED_EVERY
    mirror.save(
        update_fields=[
            "push_state", "push_error", "push_attempts", "push_due", "looked_at", "pushed",
            "pushed_at", "request_url",
        ]
    )  # fmt: skip
    return told
