"""A service on this machine for as long as a test needs it, over real HTTP."""

import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any, Self

Headers = Mapping[str, str]
NONE: Headers = MappingProxyType({})


class QuietHandler(BaseHTTPRequestHandler):
    """Answers without a word in the test's output."""

    def given(self) -> bytes:
        """The body of the request."""
        return self.rfile.read(int(self.headers["Content-Length"] or 0))

    def begin(self, length: int, *, status: int = 200, headers: Headers = NONE) -> None:
        """Everything of an answer but its body: JSON, unless `headers` say otherwise."""
        self.send_response(status)
        ours = {"Content-Type": "application/json", "Content-Length": str(length)}
        for name, value in {**ours, **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def answer(self, body: bytes, *, status: int = 200, headers: Headers = NONE) -> None:
        """A whole answer."""
        self.begin(len(body), status=status, headers=headers)
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Nothing."""


class LocalServer(ThreadingHTTPServer):
    """Listens on a free port of 127.0.0.1 while entered.

    Attributes:
        closing: set before it stops; who keeps a client waiting waits for this.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.closing = threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def root(self) -> str:
        """Its address, without a path."""
        return f"http://127.0.0.1:{self.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *args: Any) -> None:
        self.closing.set()
        self.shutdown()
        self._thread.join()
        self.server_close()
