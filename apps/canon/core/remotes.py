"""Where the repositories of spaces are pushed, as `CANON_REMOTES` describes it; what is wrong is
named by its field."""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

HOSTS = ("github", "gitlab")
BRANCH = "main"
PROPOSED = "memoryhub/canon"  # the branch that a pull request is made of
_HERE = {"localhost", "127.0.0.1", "::1"}
_APIS = {"github": "https://api.github.com", "gitlab": "https://gitlab.com/api/v4"}
_TEXTS = ("url", "username", "token", "branch", "requests", "api", "project", "proposer")
_FIELDS = frozenset({"space", "networks", *_TEXTS})

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class RemotesError(ValueError):
    """Says which entry and field of the setting is wrong, without its value."""


@dataclass(frozen=True, slots=True)
class Remote:
    """The remote repository of one space.

    Attributes:
        space: public id; a space has one remote.
        url: of the repository, https (http to this machine), without credentials.
        username: before the token; hosts mostly ignore it.
        token: sent to this host only.
        branch: that holds what was merged.
        requests: host whose pull requests are used, "github" or "gitlab"; "" to push to `branch`.
        api: base address of the host's API.
        project: of the repository at its host, `owner/name`.
        networks: private networks that it may lie in.
        proposer: e-mail address of who proposes what others changed there; "" for nobody: then
            `manage.py canon pull --as` does.
    """

    space: UUID
    url: str
    username: str = "memoryhub"
    token: str = ""
    branch: str = BRANCH
    requests: str = ""
    api: str = ""
    project: str = ""
    networks: tuple[Network, ...] = ()
    proposer: str = ""

    @property
    def target(self) -> str:
        """The branch that is pushed to."""
        return PROPOSED if self.requests else self.branch

    @property
    def place(self) -> str:
        """Host and path of the repository, to be shown: never credentials."""
        parts = urlsplit(self.url)
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.hostname}{port}{parts.path}"

    @property
    def ports(self) -> tuple[int, ...]:
        """The only ports that are asked."""
        return tuple({_port(address) for address in (self.url, self.api) if address})

    def __repr__(self) -> str:
        return f"Remote({self.space})"  # not the token


def read(raw: object) -> tuple[Remote, ...]:
    """Remotes of the setting.

    Raises:
        RemotesError: names entry and field.
    """
    if not isinstance(raw, Sequence) or isinstance(raw, str):
        raise RemotesError("CANON_REMOTES is a JSON list.")
    found = tuple(_remote(f"CANON_REMOTES[{at}]", entry) for at, entry in enumerate(raw))
    if len({remote.space for remote in found}) < len(found):
        raise RemotesError("CANON_REMOTES names a space twice.")
    return found


def _remote(where: str, entry: object) -> Remote:
    if not isinstance(entry, Mapping):
        raise RemotesError(f"{where} is an object.")
    if unknown := sorted(set(entry) - _FIELDS):
        raise RemotesError(f"{where} has no field {unknown[0]!a}.")
    texts = {name: _text(where, entry, name) for name in _TEXTS if name in entry}
    if texts.get("requests", "") not in {"", *HOSTS}:
        raise RemotesError(f"{where}.requests is github or gitlab.")
    url = _address(f"{where}.url", texts.pop("url", ""))
    host = texts.get("requests", "")
    api = _address(f"{where}.api", texts.pop("api", "") or _APIS[host]) if host else ""
    project = texts.pop("project", "") or urlsplit(url).path.strip("/").removesuffix(".git")
    return Remote(
        space=_space(where, entry),
        url=url,
        api=api,
        project=project,
        networks=_networks(where, entry),
        **{name: value for name, value in texts.items() if value},
    )


def _text(where: str, entry: Mapping[str, Any], name: str) -> str:
    value = entry[name]
    if not isinstance(value, str) or len(value) > 1_000 or not value.isprintable():
        raise RemotesError(f"{where}.{name} is text.")
    return value.strip()


def _space(where: str, entry: Mapping[str, Any]) -> UUID:
    try:
        return UUID(str(entry.get("space", "")))
    except ValueError as error:
        raise RemotesError(f"{where}.space is the id of a shared space.") from error


def _networks(where: str, entry: Mapping[str, Any]) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(each) for each in entry.get("networks", ()))
    except (TypeError, ValueError) as error:
        raise RemotesError(f"{where}.networks are networks as 10.0.0.0/8.") from error


def _address(where: str, value: str) -> str:
    """An address that a token may be sent to."""
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError as error:
        raise RemotesError(f"{where} is no address.") from error
    near = parts.hostname in _HERE
    if parts.scheme not in ({"http", "https"} if near else {"https"}) or not parts.hostname:
        raise RemotesError(f"{where} is an https address (http to this machine).")
    if parts.username or parts.password or parts.query or parts.fragment or port == 0:
        raise RemotesError(f"{where} has no credentials, query or fragment.")
    return value.rstrip("/")


def _port(address: str) -> int:
    parts = urlsplit(address)
    return parts.port or (443 if parts.scheme == "https" else 80)
