"""Where things lie under `var/`, and the folder for sockets outside it."""

import json
import os
import shutil
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from memoryhub.embedded.account import Account
from memoryhub.embedded.addresses import ServiceUrls
from memoryhub.embedded.process import Handle

_SOCKET_LIMIT = 103  # bytes of a unix socket path; 107 on Linux, 103 on macOS
_LONGEST_NAME = "/.s.PGSQL.5432"
_PREFIX = "memoryhub-"
_LOG_LIMIT = 10 * 2**20


@dataclass(frozen=True)
class Layout:
    """Paths of one hub."""

    var: Path

    @property
    def postgres(self) -> Path:
        return self.var / "postgres"

    @property
    def redis(self) -> Path:
        return self.var / "redis"

    @property
    def password(self) -> Path:
        return self.var / "postgres_password"

    def password_of(self, kind: str) -> Path:
        """Password of the login that web or worker processes have."""
        return self.var / f"postgres_password_{kind}"

    @property
    def lock(self) -> Path:
        return self.var / "embedded.lock"

    @property
    def state(self) -> Path:
        return self.var / "embedded.json"

    def log(self, name: str) -> Path:
        """Log file of a service; one that grew beyond 10 MiB moves aside, so two are kept."""
        path = self.var / "log" / f"{name}.log"
        path.parent.mkdir(mode=0o700, exist_ok=True)
        if path.exists() and path.stat().st_size > _LOG_LIMIT:
            path.replace(path.with_suffix(".log.1"))
        path.touch(mode=0o600)
        return path


@dataclass(frozen=True)
class State:
    """What runs now, as other processes read it from `embedded.json`."""

    database_url: str
    redis_url: str
    sockets: str
    owner: int
    processes: dict[str, Handle]
    role_urls: dict[str, str] = field(default_factory=dict)

    @property
    def urls(self) -> ServiceUrls:
        """Where the services are."""
        return ServiceUrls(self.database_url, self.redis_url, self.role_urls)

    def save(self, path: Path) -> None:
        """Replace the file in one step, readable by its owner only."""
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(asdict(self), indent=1))
        draft.replace(path)

    @classmethod
    def load(cls, path: Path) -> "State | None":
        """The state on disk; None when there is none, or none that can be read."""
        try:
            raw: dict[str, Any] = json.loads(path.read_text())
            raw["processes"] = {k: Handle(**v) for k, v in raw["processes"].items()}
            return cls(**raw)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None


def make_var(var: Path) -> Path:
    """`var` as an absolute folder, created if missing; others may pass through, not list it."""
    var = var.resolve()
    var.mkdir(mode=0o711, parents=True, exist_ok=True)
    return var


def socket_folder(account: Account) -> Path:
    """A new private folder with a path short enough for unix sockets."""
    base = tempfile.gettempdir()
    longest = len(os.fsencode(base)) + len(f"/{_PREFIX}12345678{_LONGEST_NAME}")
    if longest > _SOCKET_LIMIT:
        base = "/tmp"  # noqa: S108 - mkdtemp makes it private # nosec B108
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base))
    account.own(folder)
    return folder


def remove_socket_folder(folder: str) -> None:
    """Remove a folder made by `socket_folder`; anything else is left alone."""
    if Path(folder).name.startswith(_PREFIX):
        shutil.rmtree(folder, ignore_errors=True)
