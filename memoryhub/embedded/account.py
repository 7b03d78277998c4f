"""Which account the services run as. PostgreSQL refuses to run as root."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

from memoryhub.embedded.process import ServiceError

UNPRIVILEGED = ("postgres", "nobody")
_NOBODY = "65534"
# Inside a user namespace root is seen as an ordinary account; its files stay root's on the outside.
_UNSHARE = ("--user", f"--map-user={_NOBODY}", f"--map-group={_NOBODY}", "--")


@dataclass(frozen=True)
class Account:
    """How to run a service: who owns its files, what to put in front of the command.

    `switch` tells whether a process must change to these ids before it runs the command.
    """

    uid: int
    gid: int
    prefix: tuple[str, ...] = ()
    switch: bool = False

    @property
    def run_as(self) -> tuple[int, int] | None:
        """User and group id to change to; None to stay who we are."""
        return (self.uid, self.gid) if self.switch else None

    def own(self, folder: Path) -> None:
        """Make `folder` (one of ours) exist, private and owned by this account with all in it."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_uid != self.uid:
            for parent, folders, files in os.walk(folder):
                for name in (*folders, *files):
                    os.chown(Path(parent, name), self.uid, self.gid, follow_symlinks=False)
            os.chown(folder, self.uid, self.gid)
        folder.chmod(0o700)

    def write(self, path: Path, text: str) -> None:
        """Write a file that only this account (and root) can read."""
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        path.write_text(text)
        if path.stat().st_uid != self.uid:
            os.chown(path, self.uid, self.gid)


def choose(program: Path, var: Path) -> Account:
    """Account that can run `program` with data under `var`.

    Ourselves unless we are root; as root an unprivileged account that reaches both paths, else a
    user namespace. Never changes permissions of other folders, never creates an account.

    Raises:
        ServiceError: root, and neither way works here.
    """
    ourselves = Account(os.geteuid(), os.getegid())
    if ourselves.uid != 0:  # initdb wants a name for us; `docker run --user 12345` gives none
        named = _has_name(ourselves.uid)
        return ourselves if named else replace(ourselves, prefix=_namespace(program))
    for name in UNPRIVILEGED:
        account = _unprivileged(name)
        if account and _reaches(account, program, var):
            return account
    if prefix := _namespace(program):
        return replace(ourselves, prefix=prefix)
    raise ServiceError(
        "PostgreSQL refuses to run as root; neither an unprivileged account nor a user namespace"
        " can run it here: start the hub as an ordinary user, or set DATABASE_URL and REDIS_URL."
    )


def _namespace(program: Path) -> tuple[str, ...]:
    """Prefix that runs `program` in a user namespace; empty where that is not possible."""
    prefix = (shutil.which("unshare") or "", *_UNSHARE)
    return prefix if prefix[0] and _runs([*prefix, str(program), "--version"]) else ()


def _has_name(uid: int) -> bool:
    try:
        return bool(pwd.getpwuid(uid))
    except KeyError:
        return False


def _unprivileged(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(entry.pw_uid, entry.pw_gid, switch=True)


def _reaches(account: Account, program: Path, var: Path) -> bool:
    script = 'cd "$1" && exec "$2" --version'
    return _runs(["/bin/sh", "-c", script, "sh", str(var), str(program)], account)


def _runs(argv: list[str], account: Account | None = None) -> bool:
    try:
        done = subprocess.run(  # noqa: S603 - programs and arguments are ours
            argv,
            capture_output=True,
            check=False,
            cwd="/",
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    except OSError:  # a container without the right to change accounts
        return False
    return done.returncode == 0
