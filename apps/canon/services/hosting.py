"""Pull requests at GitHub and GitLab, by their own APIs: the open one is found, else made."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from apps.canon.core.remotes import Remote
from apps.canon.services import wire
from apps.kernel.errors import Unavailable

_LONGEST = 500
_ONE = {"per_page": "1"}  # of the open ones: each is 20 KB


@dataclass(frozen=True, slots=True)
class Request:
    """An open pull request, as its host names it."""

    number: int
    url: str


@dataclass(frozen=True, slots=True)
class Wording:
    """What a new pull request says."""

    title: str
    body: str


def opened(http: httpx.Client, remote: Remote, wording: Wording) -> Request:
    """The open pull request from `remote.target` to `remote.branch`; made if there is none.

    Raises:
        wire.Refused, Unavailable: the host refused or did not answer.
    """
    return (_github if remote.requests == "github" else _gitlab)(http, remote, wording)


def _github(http: httpx.Client, remote: Remote, wording: Wording) -> Request:
    url = f"{remote.api}/repos/{quote(remote.project)}/pulls"
    headers = {
        "Authorization": f"Bearer {remote.token}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    owner = remote.project.partition("/")[0]
    asked = {"state": "open", "head": f"{owner}:{remote.target}", "base": remote.branch}
    found = wire.ask(http, "GET", url, headers=headers, params={**asked, **_ONE})
    row = _first(found) or wire.ask(
        http,
        "POST",
        url,
        headers=headers,
        body={
            "title": wording.title,
            "body": wording.body,
            "head": remote.target,
            "base": remote.branch,
        },
    )
    return _request(row, "number", "html_url")


def _gitlab(http: httpx.Client, remote: Remote, wording: Wording) -> Request:
    url = f"{remote.api}/projects/{quote(remote.project, safe='')}/merge_requests"
    headers = {"PRIVATE-TOKEN": remote.token}
    branches = {"source_branch": remote.target, "target_branch": remote.branch}
    found = wire.ask(
        http, "GET", url, headers=headers, params={"state": "opened", **branches, **_ONE}
    )
    row = _first(found) or wire.ask(
        http,
        "POST",
        url,
        headers=headers,
        body={"title": wording.title, "description": wording.body, **branches},
    )
    return _request(row, "iid", "web_url")


def _first(found: Any) -> Any:
    if not isinstance(found, list):
        raise Unavailable("The remote's answer is no list.")
    return found[0] if found else None


def _request(row: Any, number: str, url: str) -> Request:
    """What the host says is shown as a link: only an address is believed."""
    if not isinstance(row, Mapping) or not isinstance(row.get(number), int):
        raise Unavailable("The remote's answer is no pull request.")
    address = str(row.get(url, ""))
    return Request(row[number], address if _is_link(address) else "")


def _is_link(address: str) -> bool:
    try:
        scheme = urlsplit(address).scheme
    except ValueError:
        return False
    return scheme in {"http", "https"} and address.isprintable() and len(address) <= _LONGEST
