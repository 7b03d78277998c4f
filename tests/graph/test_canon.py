"""Sections of canon as evidence: they come with a merge and go with the next revision."""

from datetime import datetime
from typing import Any

import pytest

from apps.accounts.actors import of_user
from apps.canon.services import merging, proposals
from apps.graph.models import Evidence, Pending, Relation
from tests.graph.conftest import read_all, related

PATH = "playbooks/pumps.md"
PUMPS = """---
title: Pumps
tags: [pumps]
effective_from: 2026-05-01
machine: Line 3
relations:
  - {subject: E-204, type: part_of, object: Line 3, valid_from: "2026-05-01"}
---

# E-204

It stands in Line 3.

# Others

INC-1042 told us why.
"""


@pytest.fixture(autouse=True)
def _repositories(settings: Any, tmp_path: Any) -> None:
    settings.CANON_MIRROR_DIR = tmp_path


@pytest.fixture
def publish(world):
    """`publish(content)`: Bob proposes, Alice approves and merges."""

    def _publish(content: str = "", **fields: Any) -> None:
        draft = proposals.Draft(space=world.team.public_id, path=PATH, content=content, **fields)
        made = proposals.propose(actor=of_user(world.bob), draft=draft)
        proposals.approve(actor=of_user(world.alice), proposal=made, sha256=made.sha256)
        merging.merge(actor=of_user(world.alice), proposal=made)

    return _publish


def test_a_merge_is_read_and_the_next_revision_takes_its_place(alice, bob, world, publish, names):
    publish(PUMPS)
    assert Pending.objects.count() == 2
    assert names(bob) == set()
    read_all()
    assert names(bob) == {"pumps", "line 3", "e-204", "inc-1042"}
    assert names(world.dora) == set()
    relation = Relation.objects.get()
    assert relation.valid.lower == datetime.fromisoformat("2026-05-01T00:00:00+00:00")
    assert relation.spaces == [world.team.pk]
    publish("---\ntitle: Pumps\n---\n\nNothing is known of them.\n")
    read_all()
    assert not Evidence.objects.live().exists()
    relation.refresh_from_db()
    assert relation.ended_at is not None
    assert relation.spaces == []


def test_what_a_memory_says_too_stays(alice, say, publish):
    publish(PUMPS)
    say(alice, "Yes.", metadata=related("E-204", "part_of", "Line 3", valid_from="2026-05-01"))
    assert Evidence.objects.filter(relation__isnull=False).count() == 2
    publish("---\ntitle: Pumps\n---\n\nNothing is known of them.\n")
    read_all()
    assert Relation.objects.live().count() == 1


def test_what_is_known_as_of_a_day_begins_with_canon(bob, client, say, publish):
    say(bob, "E-204 drips.", valid_from="2026-01-01T00:00:00Z")
    publish(PUMPS)
    read_all()
    client.force_login(bob)

    def asked(day: str) -> Any:
        answer = client.get("/api/v1/graph/about", {"name": "e-204", "as_of": day})
        return answer.json()["results"][0]

    june = asked("2026-06-30T00:00:00Z")
    assert {(one["path"], one["revision"]) for one in june["canon"]} == {(PATH, 1)}
    assert [one["object"]["name"] for one in june["relations"]] == ["Line 3"]
    assert [one["text"] for one in june["memories"]] == ["E-204 drips."]
    april = asked("2026-04-01T00:00:00Z")
    assert april["canon"] == april["relations"] == []
    thing = june["id"]
    told = client.get(f"/api/v1/graph/entities/{thing}/timeline").json()["results"]
    assert {one["what"] for one in told} == {"memory", "canon", "begins"}
