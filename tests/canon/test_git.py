"""The mirror: the same bytes every time, read by real git, and honest about tampering."""

import filecmp
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from apps.accounts.actors import of_user
from apps.canon.models import ChangeProposal, Revision
from apps.canon.services import inflow, merging, mirrors, proposals, verification
from tests.canon.conftest import text

_QUIET = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_AUTHOR_NAME": "Bob",
    "GIT_AUTHOR_EMAIL": "bob@example.org",
    "GIT_COMMITTER_NAME": "Bob",
    "GIT_COMMITTER_EMAIL": "bob@example.org",
    "PATH": os.environ["PATH"],
}


def git(*args: str, cwd: Path | None = None) -> str:
    done = subprocess.run(
        ["git", *args], cwd=cwd, env=_QUIET, check=True, capture_output=True, text=True
    )
    return done.stdout


def clone(source: str, place: Path, *options: str) -> Path:
    git(*options, "clone", "-q", source, str(place))
    return place


def codes(space: Any) -> list[str]:
    return sorted({found.code for found in verification.verify(space=space)})


@pytest.fixture
def canon(world, publish) -> list[Revision]:
    """Four merges: two documents, one changed, one retired; and the repository."""
    made = [
        publish("playbooks/returns.md", text("Returns")),
        publish("legal.md", text("Legal")),
        publish("playbooks/returns.md", text("Returns", "45 days.")),
        publish("legal.md", retire=True),
    ]
    assert mirrors.follow(space=world.team).state == "made"
    return made


def test_a_clone_from_disk_has_signed_off_history(world, canon, tmp_path):
    place = clone(str(mirrors.folder(world.team)), tmp_path / "clone")
    assert [path.relative_to(place).as_posix() for path in sorted(place.rglob("*.md"))] == [
        "playbooks/returns.md"
    ]
    assert (place / "playbooks/returns.md").read_text() == text("Returns", "45 days.")
    log = git("log", "--format=%s%n%(trailers:key=Approved-by)%(trailers:key=Signed-off-by)",
              cwd=place)  # fmt: skip
    assert log.count("Approved-by: ") == log.count("Signed-off-by: ") == 4
    assert str(world.alice.public_id) in log
    assert [line for line in log.splitlines() if ":" not in line and line] == [
        "Retire legal.md", "Change playbooks/returns.md", "Add legal.md",
        "Add playbooks/returns.md",
    ]  # fmt: skip
    whole = git("log", "-p", cwd=place)
    assert "Alice" not in whole, "clones cannot be erased: people are ids there"
    git("fsck", "--strict", cwd=place)


def test_following_and_rebuilding_give_the_same_bytes(world, canon, publish):
    publish("new.md", text("New", "Grüße."))
    assert mirrors.follow(space=world.team).state == "followed"
    assert mirrors.follow(space=world.team).state == "current"
    place = mirrors.folder(world.team)
    before = {path.relative_to(place): path.read_bytes() for path in files(place)}
    head = git("rev-parse", "main", cwd=place)
    rebuilt = mirrors.rebuild(space=world.team)
    assert rebuilt.head == head.strip()
    assert {path.relative_to(place): path.read_bytes() for path in files(place)} == before
    old = next(place.parent.glob("*.old"))
    assert not filecmp.dircmp(place, old).diff_files
    assert codes(world.team) == []


def files(place: Path) -> list[Path]:
    return [path for path in sorted(place.rglob("*")) if path.is_file()]


def test_the_mailmap_tells_names(world, canon, capsys):
    call_command("canon", "mailmap")
    assert f"Alice <{world.alice.public_id}@memoryhub.invalid>" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE canon_revision SET content = content || 'x' WHERE number = 1",
         {"database.hash", "git.object", "git.rewritten", "git.file"}),
        (("UPDATE canon_revision SET content = content || 'x',"
         " sha256 = encode(sha256(convert_to(content || 'x', 'UTF8')), 'hex') WHERE position = 1"),
         {"database.approval", "database.audit", "git.object", "git.rewritten"}),
        ("UPDATE canon_revision SET witness = jsonb_set(witness, '{approvers}', '[]')",
         {"git.object", "git.rewritten"}),
        ("UPDATE canon_document SET head_id = (SELECT min(id) FROM canon_revision)",
         {"database.head"}),
        (("DELETE FROM graph_pending; DELETE FROM canon_sectionindex; DELETE FROM canon_section;"
          " DELETE FROM canon_approval"), {"database.approval"}),
    ],
)  # fmt: skip
def test_tampering_in_the_database_is_found_in_one_run(statement, found, world, canon):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE canon_revision DROP CONSTRAINT a_revision_is_its_hash")
        for table in ("canon_revision", "canon_approval"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement)
    assert found <= set(codes(world.team)) | {"git.file"}


def test_tampering_in_git_is_found_named_and_mended(world, canon, capsys):
    place = mirrors.folder(world.team)
    sha = git("rev-parse", "main:playbooks/returns.md", cwd=place).strip()
    forged = place / "objects" / sha[:2] / sha[2:]
    other = git("rev-parse", "main~2:legal.md", cwd=place).strip()
    forged.chmod(0o644)
    forged.write_bytes((place / "objects" / other[:2] / other[2:]).read_bytes())
    found = verification.verify(space=world.team)
    assert [(each.code, each.path) for each in found] == [("git.object", "playbooks/returns.md")]
    with pytest.raises(SystemExit):
        call_command("canon", "verify")
    assert "playbooks/returns.md" in capsys.readouterr().out
    call_command("canon", "rebuild", "--space", str(world.team.public_id))
    call_command("canon", "verify")
    assert "as it was merged" in capsys.readouterr().out


def test_rewritten_history_is_found(world, canon, tmp_path):
    place = clone(str(mirrors.folder(world.team)), tmp_path / "clone")
    git("reset", "-q", "--hard", "HEAD~2", cwd=place)
    (place / "legal.md").write_text(text("Legal", "Anything goes."))
    git("commit", "-q", "-am", "Nobody saw this", cwd=place)
    git("push", "-q", "--force", "origin", "main", cwd=place)
    found = {(each.code, each.path) for each in verification.verify(space=world.team)}
    assert ("git.rewritten", "") in found
    assert {("git.file", "legal.md"), ("git.file", "playbooks/returns.md")} <= found
    assert mirrors.follow(space=world.team).state == "changed", "the hub does not write over it"


def test_a_change_pushed_back_becomes_a_proposal(world, canon, tmp_path, approve, publish):
    place = clone(str(mirrors.folder(world.team)), tmp_path / "clone")
    (place / "playbooks/returns.md").write_text(text("Returns", "60 days."))
    (place / "new.md").write_text(text("New"))
    (place / "bad.txt").write_text("no document")
    git("add", ".", cwd=place)
    git("commit", "-q", "-m", "60 days", "--author", "Alice <alice@example.org>", cwd=place)
    git("push", "-q", "origin", "main", cwd=place)
    assert "git.ahead" in codes(world.team)
    told = inflow.pull(actor=of_user(world.bob), space=world.team)
    assert [(each.path, each.change, each.origin) for each in told.opened] == [
        ("new.md", "create", "git"), ("playbooks/returns.md", "change", "git"),
    ]  # fmt: skip
    assert [each.path for each in told.refused] == ["bad.txt"]
    change = told.opened[1]
    assert (change.author, "60 days" in change.reason) == (world.bob, True)
    assert codes(world.team) == [], "main is what was merged"
    again = inflow.pull(actor=of_user(world.bob), space=world.team)
    assert (again.opened, ChangeProposal.objects.open().count()) == ([], 2)
    approve(change, world.alice)
    merging.merge(actor=of_user(world.alice), proposal=change)
    assert mirrors.follow(space=world.team).state == "followed"
    assert "60 days." in git("show", "main:playbooks/returns.md", cwd=mirrors.folder(world.team))


def test_a_branch_begun_on_old_words_says_so(world, canon, tmp_path, publish):
    place = clone(str(mirrors.folder(world.team)), tmp_path / "clone")
    git("switch", "-q", "-c", "mine", cwd=place)
    git("rm", "-q", "playbooks/returns.md", cwd=place)
    git("commit", "-q", "-m", "Away with it", cwd=place)
    git("push", "-q", "origin", "mine", cwd=place)
    publish("playbooks/returns.md", text("Returns", "90 days."))
    mirrors.follow(space=world.team)
    call_command("canon", "pull", "--as", "bob@example.org", "--space", str(world.team.public_id))
    proposal = ChangeProposal.objects.open().get()
    assert (proposal.change, proposal.base and proposal.base.number) == ("retire", 2)
    checks = {each.code: each.ok for each in merging.readiness(proposal).checks}
    assert checks["base"] is False
    assert "mine" not in git("branch", cwd=mirrors.folder(world.team))
    proposals.approve(actor=of_user(world.alice), proposal=proposal, sha256=proposal.sha256)
    with pytest.raises(merging.ChecksFailed):
        merging.merge(actor=of_user(world.alice), proposal=proposal)


def test_what_is_behind_is_found_by_the_sweep(world, publish):
    publish("a.md", text("A"))
    assert [space.pk for space in mirrors.behind()] == [world.team.pk]
    assert mirrors.follow_all() == {"made": 1}
    assert mirrors.behind() == []


@pytest.mark.django_db(transaction=True)
def test_git_clones_over_http_what_its_token_reads(world, canon, live_server, tmp_path, make_agent):
    _, _, token = make_agent(world.bob, ["read"])
    _, _, stranger = make_agent(world.dora, ["read"])
    address = f"{live_server.url.replace('://', '://x:{}@')}/git/{world.team.public_id}.git"
    place = clone(address.format(token), tmp_path / "clone")
    head = git("rev-parse", "HEAD", cwd=place).strip()
    assert head == mirrors.follow(space=world.team).head
    assert git("log", "--oneline", cwd=place).count("\n") == 4
    (place / "a.md").write_text(text("A"))
    git("add", ".", cwd=place)
    git("commit", "-q", "-m", "Mine", cwd=place)
    for refused in (
        ["push", "-q", "origin", "main"],
        ["ls-remote", address.format(stranger)],
        ["ls-remote", address.format("mh_none.none")],
        ["ls-remote", address.replace("x:{}@", "")],
    ):
        with pytest.raises(subprocess.CalledProcessError):
            git(*refused, cwd=place)
