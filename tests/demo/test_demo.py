"""`make demo`, whole: a hub of its own, the real API, the real worker, twice."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "demo" / "organisation"
# What `demo/README.md` promises, by the headings it lists the notes under.
STAYS = ("rumour", "opinion", "preference", "private", "personal", "secret", "poison")

pytestmark = pytest.mark.slow


def notes() -> dict[str, str]:
    lines = (FOLDER / "memories.jsonl").read_text(encoding="utf-8").splitlines()
    return {row["id"]: row["text"] for row in map(json.loads, lines)}


def group(*names: str) -> set[str]:
    """Texts of the notes that the README lists under groups whose name starts so."""
    found: set[str] = set()
    for line in (ROOT / "demo" / "README.md").read_text(encoding="utf-8").splitlines():
        match = re.match(r"\| `([\w-]+)` \|", line)
        if match and match[1].startswith(names):
            found |= set(re.findall(r"\bm\d{3}\b", line))
    texts = notes()
    return {texts[note] for note in found}


def perform(var: Path) -> tuple[dict[str, Any], str]:
    report = var / "report.json"
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DATABASE_URL", "REDIS_URL", "MEMORYHUB_VAR", "EMBEDDING_MODEL"}
        and name not in {"MEMORYHUB_ENV", "SECRET_KEY", "DJANGO_SETTINGS_MODULE"}
    }
    command = [sys.executable, "-m", "memoryhub.demo", "--var", str(var), "--json", str(report)]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return json.loads(report.read_text()), done.stdout


@pytest.fixture(scope="module")
def performances(tmp_path_factory):
    var = tmp_path_factory.mktemp("demo")
    return perform(var), perform(var)


def outside(report: dict[str, Any]) -> set[str]:
    """Every text that anybody but its author was shown."""
    shown = {found["text"] for found in report["published"]}
    for request in report["requests"]:
        shown |= {member["text"] for member in request["members"]}
    for answer in report["answers"]:
        shown |= set(answer["after"])
    return shown


def test_what_outcomes_proved_is_published(performances):
    (report, _), _ = performances
    published = {found["text"] for found in report["published"]}
    assert published
    assert published <= group("proved")
    assert all("outcome.decisive" in f["decision"]["reasons"] for f in report["published"])


def test_what_several_people_say_is_one_request_that_the_reviewer_approves(performances):
    (report, _), _ = performances
    assert len(report["requests"]) >= 8
    assert report["approved"]
    for found in report["approved"]:
        assert found["status"] == "approved"
        assert len({member["person"]["id"] for member in found["members"]}) >= 3
        assert "people.likely_same" in found["decision"]["reasons"]


def test_another_team_recalls_it_the_next_morning_with_its_sources(performances):
    (report, output), _ = performances
    learned = [a for a in report["answers"] if a["after"] and not a["before"]]
    assert learned
    assert all(answer["contributors"] for answer in learned)
    assert "learned from" in output


def test_nothing_private_poisonous_or_relayed_leaves_its_space(performances):
    (report, _), _ = performances
    forbidden = group(*STAYS)
    assert len(forbidden) >= 20
    assert outside(report) & forbidden == set()


def test_a_promoted_memory_becomes_canon_and_is_signed_off(performances):
    (report, output), _ = performances
    stood = report["canon"]
    assert stood["fresh"]
    assert stood["document"]["path"] == "playbooks/e-204.md"
    assert stood["text"] in group("e204")
    assert stood["text"] in stood["document"]["revision"]["content"]
    assert stood["text"] in stood["agents_md"]
    trailers = dict(re.findall(r"^([\w-]+): (.+)$", stood["commit"], re.MULTILINE))
    head = stood["document"]["head"]
    assert trailers["Content-SHA256"] == head["sha256"]
    assert trailers["Source"].startswith("memory ")
    assert trailers["Approved-by"] == trailers["Signed-off-by"]
    assert head["author"] not in trailers["Signed-off-by"]
    assert stood["cited"][0]["sha256"] == head["sha256"]
    assert "Signed-off-by" in output


def test_what_do_we_know_about_e_204_as_of_june(performances):
    (report, output), _ = performances
    stood = report["canon"]
    assert (stood["name"], stood["as_of"]) == ("E-204", "2026-06-30T00:00:00Z")
    [about] = [row for row in stood["about"] if row["type"] == "code"]
    assert about["canon"][0]["path"] == "playbooks/e-204.md"
    assert stood["text"] in [memory["text"] for memory in about["memories"]]
    assert "What do we know about E-204 as of June 2026?" in output


def test_it_says_how_to_look_around(performances):
    (_, first), (_, second) = performances
    told = r"MEMORYHUB_VAR=\S+ make run\n  sign in as (\S+)   password (\S+)"
    found = re.search(told, first)
    assert found
    assert found[1] == "han.seo-yeon@larkmoor.example"
    again = re.search(told, second)
    assert again
    assert again.groups() == found.groups(), "the password of before is used again"


def lasting(requests):
    """All but the place in the queue, which is made of the time they waited."""
    return [{key: said[key] for key in said if key != "attention"} for said in requests]


def test_a_second_run_changes_nothing(performances):
    (first, _), (second, _) = performances
    assert set(first["runs"][-1]["new"].values()) == {0}
    assert second["written"] == first["written"]  # the same answers again, by idempotency key
    assert all(set(run["new"].values()) == {0} for run in second["runs"])
    assert lasting(second["published"]) == lasting(first["published"])
    fresh, again = first["canon"], second["canon"]
    assert (fresh.pop("fresh"), again.pop("fresh")) == (True, False)
    for stood in (fresh, again):  # a score moves with what else is found
        stood["cited"] = [(each["sha256"], each["section"]) for each in stood["cited"]]
    assert again == fresh
