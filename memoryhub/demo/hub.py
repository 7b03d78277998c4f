"""A hub over HTTP, as whoever holds a token sees it."""

from collections.abc import Callable, Iterator
from time import monotonic, sleep
from typing import Any

import httpx

_PAUSE = 0.2  # seconds between two looks at what a worker does


class RefusedError(RuntimeError):
    """The hub refused; `code` says why, as its answer does."""

    def __init__(self, text: str, code: str) -> None:
        super().__init__(text)
        self.code = code


class Hub:
    """The API of a hub that runs; every call says with which token."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self._http = httpx.Client(base_url=f"{base_url}/api/v1", timeout=60)

    def get(self, token: str, path: str, params: dict[str, Any] | None = None) -> Any:
        """What a GET answers.

        Raises:
            RuntimeError: the hub refused; says what and why.
        """
        return _checked(self._http.get(path, params=params, headers=_headers(token)))

    def post(self, token: str, path: str, body: dict[str, Any], key: str = "") -> Any:
        """What a POST answers; with `key` it is sent once, however often it is called.

        Raises:
            RuntimeError: as `get`.
        """
        headers = _headers(token) | ({"Idempotency-Key": key} if key else {})
        return _checked(self._http.post(path, json=body, headers=headers))

    def pages(self, token: str, place: str, **params: str) -> Iterator[dict[str, Any]]:
        """Every row of a list."""
        url: str | None = place
        query: dict[str, str] | None = {**params, "page_size": "200"}
        while url:
            page = self.get(token, url, query)
            yield from page["results"]
            url, query = page["next"], None

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


def until(look: Callable[[], Any], *, seconds: float, what: str) -> Any:
    """What `look` gives once it gives something: work that the worker does meanwhile.

    Raises:
        TimeoutError: it gave nothing for so long.
    """
    deadline = monotonic() + seconds
    while monotonic() < deadline:
        if found := look():
            return found
        sleep(_PAUSE)
    raise TimeoutError(f"{what}; is the worker alive?")


def _headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _checked(response: httpx.Response) -> Any:
    if response.is_error:
        request = response.request
        text = f"{request.method} {request.url.path} answered {response.status_code}: "
        raise RefusedError(f"{text}{response.text[:300]}", _code(response))
    return response.json()


def _code(response: httpx.Response) -> str:
    try:
        return str(response.json()["errors"][0]["code"])
    except (ValueError, LookupError, TypeError):
        return ""
