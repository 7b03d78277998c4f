"""Whose address counts: what clients write themselves never does."""

import pytest
from django.test import RequestFactory

from apps.kernel.addresses import client_address

PEER = "192.0.2.9"


def asked(forwarded: str | None) -> str:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return client_address(RequestFactory(REMOTE_ADDR=PEER).get("/", headers=headers))


@pytest.mark.parametrize("forwarded", [None, "", "198.51.100.1", "1.1.1.1, 198.51.100.1"])
def test_without_trusted_proxies_the_peer_counts(forwarded, settings):
    settings.SECURE_PROXY_SSL_HEADER = None
    assert asked(forwarded) == PEER


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (1, "198.51.100.1", "198.51.100.1"),
        (1, "1.1.1.1, 198.51.100.1", "198.51.100.1"),
        (1, " 1.1.1.1 ,198.51.100.1 ", "198.51.100.1"),
        (2, "1.1.1.1, 198.51.100.1, 10.0.0.1", "198.51.100.1"),
        (2, "198.51.100.1", PEER),
        (1, "", PEER),
        (1, None, PEER),
    ],
)
def test_only_what_our_first_proxy_wrote_counts(proxies, forwarded, expected, settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.TRUSTED_PROXIES = proxies
    assert asked(forwarded) == expected
