"""`manage.py audit`: seal the log, verify it, export it, prove single events, show the keys."""

import json
from argparse import ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError, CommandParser
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from apps.audit.core.verification import Verdict
from apps.audit.management import proofs
from apps.audit.management.arguments import public_key
from apps.audit.models import Leaf
from apps.audit.services import exports, keys, seals, verification
from apps.audit.services.log import Told
from apps.kernel import clock
from apps.kernel.errors import Invalid
from apps.kernel.management.parted import Arguments, PartedCommand


class Command(PartedCommand):
    help = (
        "The audit log and its seals: `seal` covers what waits, `verify` tells whether anything was"
        " changed since and names the first event that was, `export` writes all that is needed to"
        " verify elsewhere, `prove` shows single facts by a few hashes, `key` shows and makes keys."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        self.add_parts(parser, _PARTS)

    def _seal(self, _options: dict[str, Any]) -> None:
        made = 0
        while head := seals.seal(now=clock.now()):
            made += 1
            self.console.print(f"Seal {head.number}: {head.size:,} events, hash {head.hash.hex()}")
        if not made:
            self.console.print("Every event is sealed.")

    def _verify(self, options: dict[str, Any]) -> None:
        expect, path = options["expect"], options["export"]
        with self._progress("Verifying", _sealed() if path is None else None) as told:
            if path is None:
                verdict = verification.verify(expect=expect, told=told)
            else:
                verdict = self._verify_file(path, options["public_key"], expect, told)
        self._tell(verdict)

    def _verify_file(
        self, path: Path, given: list[bytes], expect: bytes | None, told: Told
    ) -> Verdict:
        known = {keys.id_of(public): public for public in given}
        with path.open(encoding="utf-8") as lines:
            if not known:
                known = exports.keys_in(next(lines, ""))
                lines.seek(0)
                self.console.print(
                    f"Trusting the keys in the file: {', '.join(known) or 'none'}. Whoever wrote"
                    " the file chose them; compare with `manage.py audit key` on the hub, or give"
                    " --public-key."
                )
            return exports.verify_export(lines, known=known, expect=expect, told=told)

    def _tell(self, verdict: Verdict) -> None:
        if verdict.problem:
            raise CommandError(
                f"{verdict.problem.sentence}\nThe log is not as it was sealed. Before that,"
                f" {verdict.seals:,} seals were right.",
                returncode=1,
            )
        if verdict.last is None:
            self.console.print("There are no seals yet: nothing is proved.")
            return
        self.console.print(
            f"The log is as it was sealed: {verdict.events:,} events under {verdict.seals:,} seals,"
            f" the last of {verdict.last.sealed_at}.\n"
            f"Keep its hash elsewhere, to ask for by --expect: {verdict.last.hash.hex()}"
        )

    def _export(self, options: dict[str, Any]) -> None:
        path: Path = options["out"]
        draft = path.with_name(f"{path.name}.part")
        with (
            self._progress("Exporting", _sealed()) as told,
            draft.open("w", encoding="utf-8") as to,
        ):
            to.writelines(exports.export(told=told))
        draft.replace(path)
        self.console.print(
            f"Wrote {path}. Events that no seal covers yet ({seals.waiting():,}) are not in it."
        )

    def _prove(self, options: dict[str, Any]) -> None:
        if options["check"]:
            told = proofs.check(options["check"].read_text(encoding="utf-8"), keys.trusted())
            self.console.print(told)
            return
        if (options["event"] is None) == (options["since"] is None):
            raise Invalid("Give one of --event, --since and --check.")
        event, since, seal = options["event"], options["since"], options["seal"]
        made = proofs.of_event(event, seal) if event else proofs.of_growth(since, seal)
        self.console.print(json.dumps(made, indent=2))

    def _key(self, options: dict[str, Any]) -> None:
        trusted = keys.trusted()
        if not options["new"]:
            signs = keys.signer().id
            for known, public in trusted.items():
                role = "signs" if known == signs else "signed before"
                self.console.print(f"{known}  {keys.encoded(public)}  {role}")
            return
        fresh = keys.new()
        earlier = ",".join(keys.encoded(public) for public in trusted.values())
        self.console.print(
            "Set these, restart the hub, and keep the first one secret; nothing was changed:\n"
            f"AUDIT_SIGNING_KEY={keys.encoded(fresh.secret)}\nAUDIT_PUBLIC_KEYS={earlier}\n"
            f"The new key is {fresh.id}, its public half {keys.encoded(fresh.public)}."
        )

    @contextmanager
    def _progress(self, name: str, total: int | None) -> Iterator[Told]:
        columns = (TextColumn("{task.description}"), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task(name, total=total)
            yield lambda count: progress.advance(task, count)


def _sealed() -> int:
    return Leaf.objects.count()


def _add_verify(parser: CommandParser) -> None:
    add = parser.add_argument
    add("--export", type=Path, metavar="FILE", help="verify this export; no database is read")
    add(
        "--public-key",
        type=public_key,
        action="append",
        default=[],
        help="trusted key of the export, as `audit key` shows it: --public-key=KEY, since it may"
        " begin with a hyphen; may be given more than once",
    )
    add(
        "--expect",
        "--since",
        type=_hash,
        metavar="HASH",
        help="hash of a seal, kept elsewhere, that must still be in the chain: finds a log whose"
        " tail was cut off with its seals",
    )


def _add_export(parser: CommandParser) -> None:
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="JSON lines")


def _add_prove(parser: CommandParser) -> None:
    add = parser.add_argument
    add("--event", type=UUID, help="prove that the event with this id is in the log")
    add("--since", type=int, metavar="SEAL", help="prove that the log only grew since this seal")
    add("--seal", type=int, default=None, help="number of the seal to prove it by; the last one")
    add("--check", type=Path, metavar="FILE", help="check a proof that this command wrote")


def _add_key(parser: CommandParser) -> None:
    parser.add_argument("--new", action="store_true", help="make a key and print what to set")


def _hash(text: str) -> bytes:
    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b""
    if len(found) != 32:
        raise ArgumentTypeError("must be the hash of a seal, 64 hexadecimal digits")
    return found


_PARTS: dict[str, tuple[str, Arguments | None]] = {
    "seal": ("Seal every committed event now; beat does it every minute.", None),
    "verify": (
        (
            "Check all events, leaves and seals. Status 1 and a sentence that names the first event"
            " that was changed, removed, inserted or reordered."
        ),
        _add_verify,
    ),
    "export": (
        "Write events, leaves, seals and public keys to a file that `verify --export` reads.",
        _add_export,
    ),
    "prove": (
        (
            "Write an inclusion proof of one event or a consistency proof between two seals as JSON"
            " (RFC 6962), or check one."
        ),
        _add_prove,
    ),
    "key": ("Show the trusted public keys, or make a new key.", _add_key),
}
