"""`manage.py canon`: the git repositories of canon, its verification, and files for tools."""

import sys
from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts.actors import of_user
from apps.accounts.models import User
from apps.canon.core import commits
from apps.canon.core.exporting import FORMATS
from apps.canon.models import PushState
from apps.canon.services import exports, inflow, mirrors, pushing, verification
from apps.kernel.errors import Error
from apps.spaces.models import Membership, Space


class Command(BaseCommand):
    help = (
        "Canon and its git repositories, one for each shared space. `mirror` follows the database,"
        " `verify` finds what was tampered with on either side and exits with 1, `rebuild` makes a"
        " repository again from the database (the same bytes), `pull` turns what others changed"
        " in it into proposals, `push` gives remotes what they lack, `export` writes files that"
        " tools read, `mailmap` tells names."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """One subcommand each."""
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        for verb, told in (
            ("mirror", "Bring repositories up to the database; makes those that are missing."),
            ("verify", "Compare database, approvals, audit and git; names every difference."),
            ("rebuild", "Make repositories again; the old ones are set aside beside them."),
            ("pull", "Open proposals for what branches changed; needs --as."),
            ("push", "Push to configured remotes now; exits with 1 where one was not given it."),
            ("export", "Write canon as files for tools."),
            ("mailmap", "Print a .mailmap: git then shows names for the ids in commits."),
        ):
            each = verbs.add_parser(verb, help=told, description=told)
            each.add_argument(
                "--space", type=_uuid, help="id of one shared space; all of them when left out"
            )
            if verb == "pull":
                each.add_argument("--as", dest="email", required=True, help="who proposes it")
            if verb == "export":
                _export_arguments(each)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the subcommand."""
        try:
            getattr(self, f"_{options['verb']}")(options)
        except Error as error:
            raise CommandError(error.detail) from error

    def _mirror(self, options: dict[str, Any]) -> None:
        for space in self._spaces(options):
            done = mirrors.follow(space=space)
            self._say(space, f"{done.state} {done.head}")
            if done.state == "changed":
                self.stderr.write("  Somebody wrote to it: `canon pull` makes proposals of that,")
                self.stderr.write("  `canon rebuild` throws it away.")

    def _verify(self, options: dict[str, Any]) -> None:
        wrong = 0
        for space in self._spaces(options):
            findings = verification.verify(space=space)
            wrong += len(findings)
            self._say(space, "as it was merged" if not findings else f"{len(findings)} findings")
            for each in findings:
                self.stdout.write(f"  {each.code}  {_plain(each.path) or '-'}  {each.detail}")
        if wrong:
            self.stderr.write(
                "Where the database is right, `canon rebuild` repairs git; where git is right,"
                " `canon pull` proposes what it says."
            )
            sys.exit(1)

    def _rebuild(self, options: dict[str, Any]) -> None:
        for space in self._spaces(options):
            self._say(space, f"made {mirrors.rebuild(space=space).head}")

    def _pull(self, options: dict[str, Any]) -> None:
        person = User.objects.filter(email__iexact=options["email"], is_active=True).first()
        if person is None:
            raise CommandError("There is nobody with this address.")
        for space in self._spaces(options):
            done = inflow.pull(actor=of_user(person), space=space)
            self._say(space, f"{len(done.opened)} proposals, {len(done.refused)} refused")
            for proposal in done.opened:
                self.stdout.write(f"  {proposal.public_id}  {proposal.change}  {proposal.path}")
            for refused in done.refused:
                self.stderr.write(f"  refused {refused.path!a}: {refused.why}")

    def _push(self, options: dict[str, Any]) -> None:
        spaces = [each for each in self._spaces(options) if pushing.remote_of(each)]
        if not spaces:
            raise CommandError("CANON_REMOTES names no remote for these spaces.")
        behind = False
        for space in spaces:
            mirrors.follow(space=space)
            done = pushing.push(space=space)
            behind |= done.state != PushState.PUSHED
            self._say(space, f"{done.state} {done.head} {done.request_url}")
            if done.proposed:
                self.stdout.write(f"  {done.proposed} proposals of what others changed there")
            if done.error:
                self.stderr.write(f"  {done.error}")
        if behind:
            sys.exit(1)

    def _export(self, options: dict[str, Any]) -> None:
        wanted = exports.Wanted(
            form=options["tool"],
            spaces=[options["space"]] if options["space"] else [],
            tags=options["tag"],
            path=options["path"],
            budget=options["budget"],
        )
        done = exports.export(wanted=wanted)
        root = Path(options["to"])
        for each in done.files:
            place = root / each.path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(each.content, encoding="utf-8", newline="\n")
        self.stdout.write(
            f"{len(done.files)} files, {done.bytes:,} bytes, {len(done.included)} documents"
        )
        for left in done.left_out:
            self.stderr.write(f"  left out: {left.path} ({left.bytes:,} bytes)")

    def _mailmap(self, options: dict[str, Any]) -> None:
        spaces = self._spaces(options)
        people = Membership.objects.filter(organisation__spaces__in=spaces).values("person")
        users = User.objects.filter(pk__in=people) | User.objects.filter(owner__in=people)
        for user in users.order_by("pk"):
            name = " ".join(user.name.replace("<", "").replace(">", "").split())
            self.stdout.write(f"{name} <{user.public_id}@{commits.DOMAIN}>")

    def _spaces(self, options: dict[str, Any]) -> list[Space]:
        if options["space"] is None:
            return mirrors.with_canon()
        space = Space.objects.exclude(kind="personal").filter(public_id=options["space"]).first()
        if space is None:
            raise CommandError("There is no such shared space.")
        return [space]

    def _say(self, space: Space, text: str) -> None:
        self.stdout.write(f"{space.public_id}  {text}".rstrip())


def _export_arguments(parser: CommandParser) -> None:
    parser.add_argument("--tool", choices=FORMATS, default="agents", help="who reads the files")
    parser.add_argument("--tag", action="append", default=[], help="only with this tag; repeat it")
    parser.add_argument("--path", default="", help="only this folder or document")
    parser.add_argument("--budget", type=_positive, help="the most bytes of all files")
    parser.add_argument(
        "--to", default=".", help="folder to write to; the current one when left out"
    )


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise ArgumentTypeError("an id such as 5f3a0c1e-8d2b-4c6f-9a7e-1b2c3d4e5f60") from error


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError("a number of bytes, at least 1")
    return int(text)


def _plain(text: str) -> str:
    """A path as git has it may hold what a terminal obeys."""
    return text if text.isprintable() else ascii(text)
