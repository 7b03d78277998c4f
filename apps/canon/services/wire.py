"""Git's own HTTP and hosts' APIs, spoken only to addresses that were judged."""

import io
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx
from dulwich.client import AbstractHttpGitClient
from dulwich.errors import (
    ApplyDeltaError,
    ChecksumMismatch,
    FileFormatException,
    GitProtocolError,
    MissingCommitError,
    NotGitRepository,
    ObjectMissing,
    RefFormatError,
    WrongObjectException,
)
from dulwich.object_store import MaxTreeDepthExceeded
from dulwich.pack import UnresolvedDeltas

from apps.canon.core.packs import PackError
from apps.canon.core.remotes import Remote
from apps.kernel import fetch
from apps.kernel.errors import Error, Unavailable

_ANSWERED = 64 * 1024 * 1024  # bytes of an answer over git
_SAID = 4 * 1024 * 1024  # bytes of an answer of an API: of some pull requests
_SECONDS = 30.0
# What reading somebody's repository raises; its errors have no base of their own
_NO_GIT = (
    ApplyDeltaError, ChecksumMismatch, FileFormatException, GitProtocolError, MaxTreeDepthExceeded,
    MissingCommitError, ObjectMissing, RefFormatError, UnresolvedDeltas, WrongObjectException,
    AssertionError, AttributeError, EOFError, LookupError, OverflowError, RecursionError, TypeError,
    ValueError, struct.error, zlib.error,
)  # fmt: skip


class Refused(Error):
    """The remote refuses this token, branch or repository."""

    code = "remote_refused"
    status = 502


def client(remote: Remote) -> httpx.Client:
    """Whom a remote's token may be told: no proxies, no redirects, no other ports."""
    return fetch.client(ports=remote.ports, allowed=remote.networks, timeout=_SECONDS)


def git(http: httpx.Client, remote: Remote) -> "GitWire":
    """The remote's repository over git's smart protocol."""
    return GitWire(http, remote)


@contextmanager
def translated() -> Iterator[None]:
    """Dulwich's errors in our words: its messages may quote the remote.

    Raises:
        Refused: the remote has no repository, speaks no git, or sends what is not unpacked.
    """
    try:
        yield
    except NotGitRepository as error:
        raise Refused("The remote has no repository there.") from error
    except PackError as error:
        raise Refused(f"What the remote sent was not unpacked: {error}.") from error
    except _NO_GIT as error:
        raise Refused(f"The remote speaks no git: {type(error).__name__}.") from error


def ask(
    http: httpx.Client,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: Mapping[str, Any] | None = None,
    params: Mapping[str, str] | None = None,
) -> Any:
    """What an API answers, as JSON.

    Raises:
        Refused: it answered with an error that trying again does not mend.
        Unavailable: it did not answer, or with an error of its own, or with something else.
    """
    try:
        with http.stream(method, url, headers=dict(headers), json=body, params=params) as answer:
            _check(answer.status_code)
            content = fetch.body(answer, _SAID)
            return httpx.Response(answer.status_code, content=content).json()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unavailable(f"The remote did not answer: {type(error).__name__}.") from error
    except (ValueError, RecursionError) as error:
        raise Unavailable("The remote's answer is no JSON.") from error


class GitWire(AbstractHttpGitClient):
    """Dulwich's client on a connection that looks where it goes."""

    def __init__(self, http: httpx.Client, remote: Remote) -> None:
        super().__init__(remote.url, dumb=False, quiet=True)
        self._http, self._remote = http, remote

    def _get_url(self, path: str | bytes) -> str:
        return f"{self._remote.url}/"

    def _http_request(
        self,
        url: str,
        headers: dict[str, str] | None = None,
        data: bytes | Iterator[bytes] | None = None,
        raise_for_status: bool = True,  # noqa: FBT001, FBT002  dulwich's signature
    ) -> tuple[Any, Callable[[int], bytes]]:
        auth = (self._remote.username, self._remote.token) if self._remote.token else None
        method = "GET" if data is None else "POST"
        try:
            with self._http.stream(method, url, headers=headers, content=data, auth=auth) as answer:
                _check(answer.status_code)
                content = io.BytesIO(fetch.body(answer, _ANSWERED))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unavailable(f"The remote did not answer: {type(error).__name__}.") from error
        return _Answer(answer.headers.get("Content-Type")), content.read


class _Answer:
    """What dulwich asks of an answer besides its body."""

    redirect_location = ""

    def __init__(self, content_type: str | None) -> None:
        self.content_type = content_type

    def close(self) -> None:
        """It was read whole."""


def _check(status: int) -> None:
    """Only the number is told: what the remote says of it is somebody's words."""
    if 300 <= status < 500 and status not in {408, 429}:
        raise Refused(f"The remote refused: it answered {status}.")
    if status >= 400:
        raise Unavailable(f"The remote answered {status}.")
