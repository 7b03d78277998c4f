"""The archivist's proposals on the desk: shown beside their sources, decided on, never obeyed."""

import pytest

from apps.accounts.actors import of_user
from apps.audit.models import AuditEvent
from apps.consolidation.core.policy import SYNTHESIS_PROMPT
from apps.consolidation.models import Proposal
from apps.consolidation.services import policies, runs
from apps.memories.models import Memory
from tests.consolidation.test_archivist import TOPIC
from tests.consolidation.test_synthesis import NOTE, VALUES, connecting
from tests.consolidation.test_trials import changed, digests
from tests.providers.model_server import ModelServer

LIST = "/desk/consolidation/proposal/"
SAID = ("Gate 4 opens at nine every single working day. <script>t()</script>",
        "Gate 4 opens at nine each and every working day. <script>t()</script>")  # fmt: skip


@pytest.fixture
def proposal(world, write):
    for person, text in zip((world.alice, world.bob), SAID, strict=True):
        write(person, text, space=world.team)
    return runs.execute(run_id=runs.queue(space=world.team).pk).proposals.get()


def test_it_is_shown_beside_its_sources_and_carried_out(desk, world, proposal):
    page = f"{LIST}{proposal.public_id}/"
    for address in (LIST, page):
        body = desk.get(address).content.decode()
        assert "Gate 4 opens at nine" in body
        assert "<script>t()" not in body
    assert all(
        name in desk.get(page).content.decode() for name in ("Alice", "Bob", "each and every")
    )
    assert desk.post(f"{page}reject", {"reason": ""}).status_code == 400
    assert desk.get(f"{page}approve").status_code == 405
    assert desk.post(f"{page}approve", {}).status_code == 302
    active = Memory.objects.filter(space=world.team, status="active")
    assert [memory.text for memory in active] == [proposal.text]
    again = desk.post(f"{page}approve", {})
    assert again.status_code == 409
    assert "already" in again.content.decode()


def test_it_is_turned_down_with_a_reason(desk, world, proposal):
    page = f"{LIST}{proposal.public_id}/"
    assert desk.post(f"{page}reject", {"reason": "Two <b>gates</b>."}).status_code == 302
    assert Proposal.objects.get().status == "rejected"
    body = desk.get(page).content.decode()
    assert "Two" in body
    assert "<b>gates" not in body


TRY = f"{LIST}try"
_LEFT = {"curation_modeluse", "usage_modelcall", "audit_auditevent", "audit_pendingevent"}


@pytest.fixture
def model(settings):
    """A language model of the hub."""
    with ModelServer(connecting) as server:
        settings.LLM_MODEL, settings.LLM_BASE_URL = "openai/scripted", server.address
        settings.LLM_API_KEY = "k"
        yield server


@pytest.fixture
def topic(world, write):
    """A team whose archivist has a prompt of its own, and six notes on one thing."""
    values = {**VALUES, "synthesis_prompt": "Connect <b>them</b>."}
    policies.change(actor=of_user(world.alice), space=world.team, values=values, reason="Trial.")
    people = (world.alice, world.bob)
    return [write(people[n % 2], text, space=world.team) for n, text in enumerate(TOPIC)]


def test_a_prompt_is_tried_on_a_page_and_nothing_changes(
    desk,
    world,
    topic,
    model,
    django_assert_max_num_queries,
):
    query = {"space": str(world.team.public_id), "task": "synthesis"}
    assert TRY in desk.get(LIST).content.decode()
    with django_assert_max_num_queries(15):
        page = desk.get(TRY, query)
    assert page.context["form"]["prompt"].value() == "Connect <b>them</b>."
    assert "<b>them" not in page.content.decode()
    assert desk.get(TRY, {**query, "version": "1"}).status_code == 200
    elsewhere = desk.get(TRY, {**query, "space": str(world.root.public_id)})
    assert elsewhere.context["form"]["prompt"].value() == SYNTHESIS_PROMPT
    before = digests()
    address = f"{TRY}?space={query['space']}&task=synthesis"
    shown = desk.post(address, {"prompt": "Say what connects them.", "clusters": "3"})
    body = shown.content.decode()
    (one,) = shown.context["outcomes"]
    assert (one["passed"], [claim["text"] for claim in one["claims"]]) == (True, [NOTE])
    assert "number" in one["dropped"][0]["codes"]
    assert {text for _, text in one["sources"]} == {memory.text for memory in topic}
    assert "would be shown to a person" in body
    assert "Say what connects them." in model.asked[-1].body["messages"][0]["content"]
    assert changed(before) <= _LEFT
    seen = AuditEvent.objects.get(action="memory.read")
    assert set(seen.object_ids) == {memory.public_id for memory in topic}


def test_what_cannot_be_tried_is_said(desk, world, topic, desk_of):
    address = f"{TRY}?space={world.team.public_id}&task=summary"
    page = desk.post(address, {"prompt": "Shorter.", "clusters": "2"})
    assert "There is no language model" in page.content.decode()
    assert desk.post(address, {"prompt": "", "clusters": "11"}).status_code == 400
    strange = desk.get(TRY, {"space": str(world.other_team.public_id), "task": "summary"})
    assert (strange.status_code, strange.context["ready"]) == (400, False)
    assert desk_of(world.bob).get(TRY).status_code == 302
