"""Bodies: too large is said before anything is read, with the limit."""

import socket
from typing import Any
from urllib.parse import urlsplit

import pytest


def raw(server: Any, head: str) -> bytes:
    """The answer to a request whose body never comes."""
    place = urlsplit(server.url)
    with socket.create_connection((place.hostname, place.port), timeout=10) as line:
        line.sendall(head.replace("\n", "\r\n").encode())
        line.shutdown(socket.SHUT_WR)
        said = b""
        while piece := line.recv(65536):
            said += piece
        return said


def test_a_body_that_says_it_is_too_large_is_refused_unread(db, live_server, settings):
    size = settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1
    head = f"POST /api/v1/memories HTTP/1.0\nHost: localhost\nContent-Length: {size}\n\n"
    said = raw(live_server, head)
    assert b" 413 " in said.splitlines()[0]
    assert b"body_too_large" in said
    assert f"{settings.DATA_UPLOAD_MAX_MEMORY_SIZE:,}".encode() in said


def test_pages_say_it_in_words(client, db, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    answer = client.post("/desk/login/", {"username": "a" * 200})
    assert answer.status_code == 413
    assert answer["Content-Type"] == "text/plain"
    assert b"the limit is 100 bytes" in answer.content


@pytest.mark.parametrize("length", ["-5", "٣"])
def test_a_length_that_is_none_counts_as_no_body(client, db, length):
    answer = client.generic("POST", "/api/v1/memories", b"", CONTENT_LENGTH=length)
    assert answer.status_code in {400, 401}


def test_a_form_with_too_many_fields_is_refused(client, db):
    answer = client.post("/desk/login/", {f"f{n}": "" for n in range(1100)})
    assert answer.status_code == 400
