"""The ways of serving that are compared, and the settings some of them change."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.service.environments import library_of
from bench.service.hub import ROOT

GUNICORN = ("gunicorn==27.0.1",)
UVICORN = ("uvicorn==0.54.0",)
SETTINGS = "bench.service.variant_settings"


@dataclass(frozen=True, slots=True)
class Variant:
    """A web server's command and what its environment adds; `packages` are not in our lock."""

    name: str
    server: str
    workers: int
    threads: int
    packages: tuple[str, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)

    def command(self, port: str) -> list[str]:
        """What is run by this Python."""
        workers, threads = str(self.workers), str(self.threads)
        python = [sys.executable, "-m"]
        wsgi, asgi = "memoryhub.wsgi:application", "memoryhub.asgi:application"
        commands = {
            "granian": [
                "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", port,
                "--workers", workers, "--blocking-threads", threads, "--no-ws", wsgi,
            ],
            "gthread": [
                "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", workers,
                "--worker-class", "gthread", "--threads", threads, "--keep-alive", "60", wsgi,
            ],
            "sync": ["gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", workers, wsgi],
            "uvicorn": [
                "uvicorn", "--host", "127.0.0.1", "--port", port, "--workers", workers,
                "--log-level", "warning", asgi,
            ],
        }  # fmt: skip
        return python + commands[self.server]

    def environment(self) -> dict[str, str]:
        """What its environment adds, with its packages on the path.

        Raises:
            NotInstalled: they cannot be installed.
        """
        libraries = [library_of(self.server, self.packages)] if self.packages else []
        path = [str(folder) for folder in (ROOT, *libraries)]
        changed = {"DJANGO_SETTINGS_MODULE": SETTINGS} if "VARIANT" in self.extra else {}
        return {"PYTHONPATH": ":".join(path), **changed, **self.extra}


def _granian(name: str, workers: int = 2, threads: int = 1, **extra: str) -> Variant:
    return Variant(name, "granian", workers, threads, extra=extra)


VARIANTS = (
    _granian("granian 2 x 1, as shipped"),
    _granian("granian 1 x 1", 1),
    _granian("granian 3 x 1", 3),
    _granian("granian 4 x 1", 4),
    _granian("granian 1 x 4", 1, 4),
    _granian("granian 2 x 2", 2, 2),
    _granian("granian 2 x 4", 2, 4),
    Variant("gunicorn gthread 2 x 1", "gthread", 2, 1, GUNICORN),
    Variant("gunicorn gthread 2 x 4", "gthread", 2, 4, GUNICORN),
    Variant("gunicorn sync 2", "sync", 2, 1, GUNICORN),
    Variant("uvicorn 2", "uvicorn", 2, 1, UVICORN),
    _granian("2 x 1, CONN_MAX_AGE=0", DATABASE_CONN_MAX_AGE="0"),
    _granian("2 x 1, no health check of connections", VARIANT="unchecked"),
    _granian("2 x 1, Django's connection pool", VARIANT="pool"),
    _granian("2 x 1, server-side binding", VARIANT="binding"),
    _granian("2 x 1, prepared statements", VARIANT="prepared"),
)
