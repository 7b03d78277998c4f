"""Where a request comes from, as far as it can be believed."""

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """Address of the client; empty when the server does not know it.

    Clients write `X-Forwarded-For` themselves; each proxy adds at its end whom it heard. So only
    with TRUST_PROXY_HEADERS, and only the entry that the first of our own TRUSTED_PROXIES wrote
    counts; with fewer entries the request went around them, and its sender is the peer.
    """
    peer = str(request.META.get("REMOTE_ADDR", ""))
    if not settings.SECURE_PROXY_SSL_HEADER:
        return peer
    entries = [entry.strip() for entry in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    trusted = settings.TRUSTED_PROXIES
    return entries[-trusted] or peer if len(entries) >= trusted else peer
