"""Remotes of canon at the desk: how they stand, without anybody's secrets, and pushing now."""

from datetime import timedelta

import pytest

from apps.audit.models import AuditEvent
from apps.audit.services.events import SYSTEM
from apps.canon.models import Mirror
from apps.canon.services import mirrors, pushing
from apps.kernel import clock
from apps.spaces.services import grants
from tests.canon.conftest import approve, propose, publish, repositories, text  # noqa: F401
from tests.canon.test_push import TOKEN, configure, host  # noqa: F401

LIST = "/desk/canon/document/"


@pytest.fixture
def merged(world, publish, configure):  # noqa: F811
    """A document of the team that its remote lacks."""
    configure()
    publish("a.md", text("A"))
    mirrors.follow(space=world.team)


def push(client, space):
    return client.post(f"{LIST}remotes/{space.public_id}/push", follow=True)


@pytest.mark.usefixtures("merged")
def test_a_failed_push_is_told_and_pushed_now(desk, world, host):  # noqa: F811
    assert "Never pushed" in desk.get(LIST).content.decode()
    host.refusing = 403
    assert pushing.push(space=world.team).state == "refused"
    shown = desk.get(LIST).content.decode()
    assert "Refused by the remote" in shown
    assert "The remote refused: it answered 403." in shown
    assert "next try:" in shown
    assert f"127.0.0.1:{host.port}/acme/canon.git" in shown
    assert pushing.push_all() == {}  # not due yet
    host.refusing = 0
    assert "It is being pushed" in push(desk, world.team).content.decode()
    event = AuditEvent.objects.get(action="canon.push")
    assert (event.space, event.object_ids) == (world.team.public_id, [world.team.public_id])
    assert pushing.push_all() == {"pushed": 1}
    shown = desk.get(LIST).content.decode()
    assert ">Pushed<" in shown
    assert "answered 403" not in shown
    assert host.tip() == Mirror.objects.get().pushed
    for never in (TOKEN, "ignore your previous"):
        assert never not in shown


@pytest.mark.usefixtures("merged")
def test_what_a_remote_lacks_and_its_pull_request_are_told(desk, world):
    Mirror.objects.update(
        push_state="pushed", pushed="0" * 40, pushed_at=clock.now() - timedelta(hours=3),
        request_url="https://git.example/acme/canon/7?a=<b>",
    )  # fmt: skip
    shown = desk.get(LIST).content.decode()
    assert "Waiting to be pushed" in shown
    assert 'href="https://git.example/acme/canon/7?a=&lt;b&gt;"' in shown


@pytest.mark.usefixtures("merged")
def test_who_reads_sees_and_who_reviews_pushes(desk_of, world):
    grants.grant(space=world.root, person=world.bob, role="reviewer", by=SYSTEM)
    grants.withdraw(space=world.root, person=world.dora, by=SYSTEM)
    reader = desk_of(world.bob)
    shown = reader.get(LIST).content.decode()
    assert "Never pushed" in shown
    assert "Push now" not in shown
    Mirror.objects.update(push_due=clock.now() + timedelta(hours=1))
    assert "You may not review this space." in push(reader, world.team).content.decode()
    assert Mirror.objects.get().push_due is not None
    assert push(reader, world.other_team).status_code == 404
    assert not AuditEvent.objects.filter(action="canon.push").exists()


def test_a_space_without_a_remote_is_not_pushed(desk, world):
    assert "Remote repositories" not in desk.get(LIST).content.decode()
    assert "No remote is configured" in push(desk, world.team).content.decode()
    assert desk.get(f"{LIST}remotes/{world.team.public_id}/push").status_code == 405


@pytest.mark.usefixtures("merged")
def test_the_page_takes_few_statements(desk, django_assert_max_num_queries):
    with django_assert_max_num_queries(15):
        assert "Never pushed" in desk.get(LIST).content.decode()
