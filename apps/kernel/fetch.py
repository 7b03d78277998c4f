"""Fetching what somebody else chose, without lending them the hub's place in the network.

Everything that fetches what a person, an agent or a document names goes through `fetch`. A host
name is resolved here, every address it has must be public, and the connection goes to the address
that was judged: a name that resolves differently a moment later (DNS rebinding) changes nothing.
Redirects are requests like the first and judged like it. Certificates are checked against the name.

Exempt are addresses that only the operator sets, in the environment: the models' base URLs
(`EMBEDDING_API_BASE`, `LLM_BASE_URL`, `RERANK_BASE_URL`) may well be in a private network.
"""

import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic

import httpx

from apps.kernel.errors import Invalid, LimitExceeded, Unavailable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str, int], Sequence[str]]

PORTS = (80, 443)
_REDIRECTS = 3
LONGEST = 300.0  # seconds that a body may take to come
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")  # IPv4 behind a NAT64 gateway, RFC 6052


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came back: the last address, its status, media type and body."""

    url: str
    status: int
    media_type: str
    body: bytes


def is_public(address: Address) -> bool:
    """Whether an address is somewhere on the internet, looking through IPv4 wrapped in IPv6."""
    if isinstance(address, ipaddress.IPv6Address):
        wrapped = _wrapped(address)
        if wrapped is not None:
            return is_public(wrapped)
    return address.is_global and not (address.is_multicast or address.is_reserved)


def fetch(
    url: str,
    *,
    limit: int,
    timeout: float = 10.0,
    ports: Sequence[int] = PORTS,
    allowed: Sequence[Network] = (),
    resolve: Resolve | None = None,
) -> Fetched:
    """GET `url`, following at most 3 redirects, without cookies, credentials or proxies.

    Args:
        limit: the most bytes of body, after decompression.
        timeout: seconds for connecting and for each read.
        ports: the only ports that may be asked.
        allowed: private networks that the operator allows beside the public ones.
        resolve: host and port -> addresses, as text; the system's resolver when None.

    Raises:
        Invalid: no http(s) address, another port, credentials in it, or a host that is not public.
        LimitExceeded: the body is larger than `limit`.
        Unavailable: it cannot be resolved or does not answer, or redirects for ever.
    """
    with client(ports=ports, allowed=allowed, timeout=timeout, resolve=resolve) as asking:
        try:
            with asking.stream("GET", url, follow_redirects=True) as response:
                return Fetched(
                    url=str(response.url),
                    status=response.status_code,
                    media_type=response.headers.get("Content-Type", "").partition(";")[0].strip(),
                    body=body(response, limit),
                )
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise Invalid("This is no http or https address.") from error
        except httpx.HTTPError as error:
            raise Unavailable(f"It could not be fetched: {type(error).__name__}.") from error


def client(
    *,
    ports: Sequence[int] = PORTS,
    allowed: Sequence[Network] = (),
    timeout: float = 10.0,
    resolve: Resolve | None = None,
) -> httpx.Client:
    """A client that connects to judged addresses only, for protocols of more than one GET.

    It follows no redirect unless asked and uses no proxy; credentials go where the caller sends
    them. Read answers by `body`. A request raises Invalid or Unavailable as `fetch` does, and
    httpx's own errors.
    """
    return httpx.Client(
        transport=_Guarded(ports, allowed, resolve or _resolved),
        timeout=timeout,
        max_redirects=_REDIRECTS,
        trust_env=False,
    )


class _Guarded(httpx.HTTPTransport):
    """Connects to addresses that were judged, never to names."""

    def __init__(self, ports: Sequence[int], allowed: Sequence[Network], resolve: Resolve) -> None:
        super().__init__(trust_env=False)
        self._ports, self._allowed, self._resolve = tuple(ports), tuple(allowed), resolve

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The request goes to the address; `Host` and the certificate keep to the name.

        A request of its own: a redirect is read relative to the one that was asked for.
        """
        url = request.url
        if url.scheme not in {"http", "https"} or url.userinfo:
            raise Invalid("Only http and https addresses without credentials are fetched.")
        port = url.port or (443 if url.scheme == "https" else 80)
        if port not in self._ports:
            raise Invalid(f"Port {port} is not fetched from.")
        inner = httpx.Request(
            request.method,
            url.copy_with(host=self._judged(url.host, port)),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": url.host},
        )
        return super().handle_request(inner)

    def _judged(self, host: str, port: int) -> str:
        """The first address of the host; all of them must be allowed, so none is a lottery."""
        found = [ipaddress.ip_address(each) for each in self._resolve(host, port)]
        if not found:
            raise Unavailable("The host has no address.")
        for address in found:
            inside = any(address in network for network in self._allowed)
            if not inside and not is_public(address):
                raise Invalid("The host is not on the public internet.")
        return str(found[0])


def _wrapped(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that this one leads to, if it does."""
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    if address.teredo:
        return address.teredo[1]
    if address in _TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def _resolved(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unavailable("The host name cannot be resolved.") from error
    return [str(each[4][0]).partition("%")[0] for each in found]


def body(response: httpx.Response, limit: int, *, seconds: float = LONGEST) -> bytes:
    """The body of an answer, read piece by piece: what is announced may be less than what comes.

    Args:
        limit: bytes, after decompression.
        seconds: for all of it; a timeout of a read is none for who sends a byte at a time.

    Raises:
        LimitExceeded: it has more than `limit` bytes.
        Unavailable: it took longer than `seconds`.
    """
    read, until = bytearray(), monotonic() + seconds
    for piece in response.iter_bytes():
        read += piece
        if monotonic() > until:
            raise Unavailable(f"The answer takes longer than {seconds:g} seconds.")
        if len(read) > limit:
            raise LimitExceeded(f"The answer is larger than {limit:,} bytes.")
    return bytes(read)
