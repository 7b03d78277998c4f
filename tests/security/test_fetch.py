"""Fetching for others: never from inside, whatever the name says and however often it changes."""

import ipaddress
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.kernel.errors import Invalid, LimitExceeded, Unavailable
from apps.kernel.fetch import fetch, is_public
from tests.local_server import LocalServer, QuietHandler

HERE = (ipaddress.ip_network("127.0.0.0/8"),)
PRIVATE = [
    "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::", "2001:0:4136:e378:8000:63bf:80ff:fffe",
]  # fmt: skip


class Handler(QuietHandler):
    """Answers by path; remembers the `Host` headers it was asked with."""

    hosts: list[str] = []

    def do_GET(self) -> None:
        self.hosts.append(self.headers["Host"])
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to/"))
            self.end_headers()
            return
        size = 5000 if self.path == "/large" else 5
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.end_headers()
        self.wfile.write(b"a" * size)


@pytest.fixture
def port() -> Iterator[int]:
    Handler.hosts = []
    with LocalServer(Handler) as server:
        yield server.server_port


def here(host: str, port: int) -> list[str]:
    """Every name is this machine, and what is an address stays one."""
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        return ["127.0.0.1"]


@pytest.mark.parametrize("address", PRIVATE)
def test_no_private_address_is_public(address):
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "8.8.8.8", "2606:4700:4700::1111", "64:ff9b::101:101"]
)
def test_public_ones_are(address):
    assert is_public(ipaddress.ip_address(address))


@given(st.ip_addresses(v=4))
def test_wrapping_an_address_changes_nothing(address):
    wrapped = ipaddress.ip_address(f"::ffff:{address}")
    translated = ipaddress.IPv6Address(int(ipaddress.IPv6Address("64:ff9b::")) + int(address))
    assert is_public(wrapped) == is_public(translated) == is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://localhost/", "http://[::1]/", "http://0/", "http://2130706433/",
        "http://169.254.169.254/latest/meta-data/", "https://[::ffff:10.0.0.1]/",
    ],
)  # fmt: skip
def test_the_inside_is_refused_by_the_system_s_resolver_too(url):
    with pytest.raises((Invalid, Unavailable)):
        fetch(url, limit=10)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "gopher://h/", "ftp://h/", "//h/", "h", "http://u:p@h/", "http://h:22/",
        "http://h:6379/", "http:///", "http://[bad/",
    ],
)  # fmt: skip
def test_only_plain_web_addresses_are_fetched(url):
    with pytest.raises((Invalid, Unavailable)):
        fetch(url, limit=10, allowed=HERE, resolve=here)


def test_it_fetches_from_the_address_that_was_judged_under_the_name(port):
    got = fetch(f"http://docs.example:{port}/a", limit=10, ports=[port], allowed=HERE, resolve=here)
    assert (got.status, got.media_type, got.body) == (200, "text/plain", b"aaaaa")
    assert got.url == f"http://docs.example:{port}/a"
    assert Handler.hosts == [f"docs.example:{port}"]


def test_one_private_address_among_public_ones_is_enough(port):
    with pytest.raises(Invalid, match="public internet"):
        fetch("http://h/", limit=10, resolve=lambda _host, _port: ["1.1.1.1", "10.0.0.1"])


def test_a_name_that_changes_between_judging_and_connecting_gains_nothing(port):
    """Rebinding: the second answer would be inside. There is no second question."""
    answers = [["127.0.0.1"], ["10.0.0.1"]]
    asked = []

    def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        return answers[len(asked) - 1]

    got = fetch(f"http://h:{port}/", limit=10, ports=[port], allowed=HERE, resolve=resolve)
    assert got.status == 200
    assert asked == ["h"]


def test_a_redirect_is_judged_like_the_first_address(port):
    def resolve(host: str, _port: int) -> list[str]:
        return ["10.0.0.1"] if host == "inside.example" else ["127.0.0.1"]

    with pytest.raises(Invalid, match="public internet"):
        fetch(
            f"http://h:{port}/to/http://inside.example:{port}/", limit=10, ports=[port],
            allowed=HERE, resolve=resolve,
        )  # fmt: skip
    with pytest.raises((Invalid, Unavailable)):
        fetch(
            f"http://h:{port}/to/file:///etc/passwd", limit=10, ports=[port], allowed=HERE,
            resolve=resolve,
        )  # fmt: skip


def test_a_redirect_within_the_site_keeps_its_name(port):
    got = fetch(
        f"http://docs.example:{port}/to//there", limit=10, ports=[port], allowed=HERE, resolve=here
    )
    assert got.status == 200
    assert Handler.hosts == [f"docs.example:{port}"] * 2 or got.url.startswith("http://there")


def test_redirects_end(port):
    path = "/to/" * 5 + "/x"
    with pytest.raises(Unavailable, match="TooManyRedirects"):
        fetch(f"http://h:{port}{path}", limit=10, ports=[port], allowed=HERE, resolve=here)


def test_a_body_is_read_to_the_limit_and_no_further(port):
    with pytest.raises(LimitExceeded, match="100 bytes"):
        fetch(f"http://h:{port}/large", limit=100, ports=[port], allowed=HERE, resolve=here)


def test_an_address_that_does_not_answer_is_unavailable():
    with pytest.raises(Unavailable):
        fetch("http://h:1/", limit=1, timeout=1, ports=[1], allowed=HERE, resolve=here)
