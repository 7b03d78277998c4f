"""Bodies that nobody should send get a clear 4xx and the one error body."""

import bz2
import zlib

import pytest

from apps.kernel.parsers import COMMAS, LONGEST
from apps.memories.models import Memory

URL = "/api/v1/memories"


@pytest.fixture
def send(world, client_of):
    """`send(bytes)` posts a raw body as Alice; nothing is ever kept."""
    client = client_of(world.alice)

    def _send(body: bytes, content_type: str = "application/json", **headers: str):
        return client.generic("POST", URL, body, content_type=content_type, headers=headers)

    return _send


REFUSED = {
    "not JSON": b"{",
    "empty": b"",
    "a list": b"[]",
    "a number": b"7",
    "null": b"null",
    "a NUL in a text": b'{"text": "a\\u0000b"}',
    "a NUL in a key": b'{"text": "a", "metadata": {"k\\u0000": 1}}',
    "a NUL deep inside": b'{"text": "a", "metadata": {"k": [[["\\u0000"]]]}}',
    "a lone surrogate": b'{"text": "a\\ud800b"}',
    "bytes that are not UTF-8": b'{"text": "\xff\xfe"}',
    "NaN": b'{"text": "a", "importance": NaN}',
    "Infinity": b'{"text": "a", "metadata": {"k": Infinity}}',
    "a number beyond all floats": b'{"text": "a", "metadata": {"k": 1e999}}',
    "a number beyond all floats where a float belongs": b'{"text": "a", "importance": -1e999}',
    "a huge integer": b'{"text": "a", "metadata": {"k": ' + b"9" * 5000 + b"}}",
    "nesting deeper than the parser": b"[" * 100_000,
    "an object nested deeper than the parser": b'{"a":' * 50_000,
    "a text that is a number": b'{"text": {"a": 1}}',
    "a blank text": b'{"text": " \\n\\t "}',
    "an unknown kind": b'{"text": "a", "kind": "rumour"}',
    "importance above one": b'{"text": "a", "importance": 1.1}',
    "a space that is no UUID": b'{"text": "a", "space": "mine"}',
    "metadata that is a list": b'{"text": "a", "metadata": []}',
    "tags that are a word": b'{"text": "a", "tags": "word"}',
    "an empty valid time": b'{"text": "a", "valid_from": "2024-02-01", "valid_to": "2024-01-01"}',
    "a year no calendar has": b'{"text": "a", "occurred_at": "0001-01-01T00:00:00+14:00"}',
    "a date that does not exist": b'{"text": "a", "expires_at": "2024-02-30T00:00:00Z"}',
}


@pytest.mark.parametrize("what", REFUSED)
def test_it_is_refused_with_the_one_error_body(what, send):
    answer = send(REFUSED[what])
    assert answer.status_code in {400, 422}, answer.content
    body = answer.json()
    assert set(body) == {"type", "errors"}
    assert body["errors"]
    assert all(set(error) == {"code", "detail", "attr"} for error in body["errors"])
    assert not Memory.objects.exists()


def test_an_unknown_word_is_told_the_known_ones(send):
    [error] = send(b'{"text": "a", "kind": "rumour"}').json()["errors"]
    assert (error["attr"], error["code"]) == ("kind", "invalid_choice")
    assert error["detail"].startswith('"rumour" is none of: fact, preference, procedure, ')


def test_a_form_is_told_what_to_send(send):
    answer = send(b"text=a", "application/x-www-form-urlencoded")
    assert answer.status_code == 415
    assert "Send Content-Type: application/json." in answer.json()["errors"][0]["detail"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"[" + b"0," * COMMAS + b"0]", "more than 500,000 values"),
        (b'{"a":[' + b"[0]," * (COMMAS // 2) + b"0]}", "more than 500,000 values"),
        (b'{"text":"a","tags":[' + b'"",' * LONGEST + b'""]}', "more than 20,000 entries"),
        (
            b'{"text":"a","metadata":{"k":[' + b"[%s]," % (b"0," * 999 + b"0") * 500 + b"0]}}",
            "more than 500,000 values",
        ),
    ],
    ids=["flat", "nested", "a list", "lists"],
)
def test_a_body_of_little_but_values_is_not_looked_at(body, says, send):
    answer = send(body)
    assert answer.status_code == 400
    assert says in answer.json()["errors"][0]["detail"]
    assert len(answer.content) < 1_000


@pytest.mark.parametrize("depth", [9, 200, 700, 900, 950, 980])
@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k"}], ids=["plain", "with a key"])
def test_deep_metadata_is_over_the_limit_and_nothing_worse(depth, headers, send):
    body = b'{"text": "a", "metadata": ' + b'{"a":' * depth + b"1" + b"}" * depth + b"}"
    answer = send(body, **headers)
    assert answer.status_code in {400, 422}, answer.content
    assert not Memory.objects.exists()


@pytest.mark.parametrize(
    ("charset", "body"),
    [
        ("zip", zlib.compress(b'{"text": "a"}')),
        ("bz2", bz2.compress(b'{"text": "a"}')),
        ("hex", b"7b7d"),
        *((name, b'{"text": "a"}') for name in ("rot13", "idna", "utf-7", "undefined", "latin-1")),
        ("utf-16", '{"text": "a"}'.encode("utf-16")),
        ("no-such-thing", b'{"text": "a"}'),
    ],
)
def test_json_in_another_charset_is_refused(charset, body, send):
    answer = send(body, f"application/json; charset={charset}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "parse_error"
    assert not Memory.objects.exists()


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf8"'])
def test_utf_8_may_be_named(charset, send):
    answer = send('{"text": "é"}'.encode(), f"application/json; charset={charset}")
    assert answer.json()["text"] == "é"


def test_another_content_type_is_refused(send):
    assert send(b"text=a", "application/x-www-form-urlencoded").status_code == 415
    assert send(b"<a/>", "application/xml").status_code == 415


def test_a_body_over_the_limit_is_413(send, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = send(b'{"text": "' + b"a" * 2000 + b'"}')
    assert answer.status_code == 413
    assert answer.json()["errors"][0]["code"] == "body_too_large"


@pytest.mark.parametrize(
    "query",
    [
        "cursor=!!!",
        "cursor=cD1nYXJiYWdl",  # p=garbage
        "cursor=cD0yMDI0LTAxLTAx",  # p=2024-01-01
        "cursor=cD0wMDAxLTAxLTAxJTIwMDA6MDA6MDA=",
        "cursor=bz05OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5",
        "page_size=-1",
        "page_size=many",
        "space=mine",
        "kind=rumour",
        "status=erased",
        "tag=%00",
        "session=%00",
        "metadata=%7B",
        "metadata=[]",
        "metadata=" + "[" * 20_000,
        'metadata={"a":"%5Cud800"}',
        'metadata={"a":"%5Cu0000"}',
        'metadata={"a":1e999}',
        'metadata={"a":NaN}',
        "created_after=0001-01-01T00:00:00%2B14:00",
        "created_before=9999-12-31T23:59:59-14:00",
        "occurred_after=soon",
        "format=xml",
        "unknown=1",
    ],
)
def test_no_query_makes_the_server_fail(query, world, write, client_of):
    write(world.alice, "a")
    answer = client_of(world.alice).get(f"{URL}?{query}")
    assert answer.status_code in {200, 400, 404}, answer.content
    if answer.status_code != 200:
        assert set(answer.json()) == {"type", "errors"}
