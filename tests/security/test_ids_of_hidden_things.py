"""Ids that the leak fuzz saw, or could see, where they were nobody's business."""

from apps.accounts.services import tokens
from apps.audit.services.events import SYSTEM
from apps.curation.models import CurationRun
from apps.kernel import clock
from apps.memories.models import Memory
from apps.spaces.services import grants, tree
from tests.desk.stage import run_of

V1 = "/api/v1"


def test_what_was_superseded_in_a_narrower_space_is_named_to_its_readers_only(
    world, write, client_of
):
    """A reviewer of both publishes above what only a team knew."""
    old = write(world.bob, "Known to Blue.", space=world.team)
    new = write(world.alice, "Known to all.", space=world.root)
    Memory.objects.filter(pk=new.pk).update(supersedes=old)
    url = f"{V1}/memories/{new.public_id}"
    for person, told in ((world.alice, str(old.public_id)), (world.dora, None)):
        client = client_of(person)
        assert client.get(url).json()["supersedes"] == told
        (listed,) = (
            row
            for row in client.get(f"{V1}/memories").json()["results"]
            if row["id"] == str(new.public_id)
        )
        assert listed["supersedes"] == told


def test_what_took_another_s_place_in_the_same_space_names_it(world, write, client_of):
    old = write(world.bob, "Once.", space=world.team)
    new = write(world.bob, "Now.", space=world.team, supersedes=old.public_id)
    told = client_of(world.alice).get(f"{V1}/memories/{new.public_id}").json()
    assert told["supersedes"] == str(old.public_id)


def test_a_rehearsal_names_no_space_that_its_reader_does_not_know(world, client_of):
    grants.grant(space=world.other_team, person=world.dora, role="reviewer", by=SYSTEM)
    row = {
        "verdict": "review",
        "target": str(world.team.public_id),
        "score": 0.5,
        "reasons": [],
        "people": 2,
        "notes": 2,
        "policy_version": 0,
    }
    run = run_of(world.organisation, dry=True, report=[row], created_at=clock.now())
    for person, target in ((world.alice, row["target"]), (world.dora, None)):
        told = client_of(person).get(f"{V1}/runs/{run.public_id}").json()
        assert told["report"] == [{**row, "target": target}]


def test_the_desk_names_the_space_above_to_those_who_see_it(world, client):
    """Dora reviews a team below Blue, of which she knows nothing else."""
    deep = tree.create_team(organisation=world.organisation, name="Deep", parent=world.team)
    grants.grant(space=deep, person=world.dora, role="reviewer", by=SYSTEM)
    for person, told in ((world.alice, True), (world.dora, False)):
        client.force_login(person)
        page = client.get("/desk/spaces/space/?o=3")
        assert page.status_code == 200
        assert (world.team.name in page.content.decode()) == told
        if not told:
            assert "Deep" in page.content.decode()


def test_what_a_credential_s_scopes_give_nothing_in_it_is_not_told(world, client_of):
    """Bob reviews Blue and reads the space above it; his token may review and not read."""
    grants.grant(space=world.team, person=world.bob, role="reviewer", by=SYSTEM)
    _, plain = tokens.issue(user=world.bob, name="reviews", scopes={"review"})
    now = clock.now()
    decided = {"verdict": "review", "score": 0.5, "reasons": [], "people": 2, "notes": 2}
    rows = [
        {**decided, "policy_version": 0, "target": str(space.public_id)}
        for space in (world.root, world.team)
    ]
    run = CurationRun.objects.create(
        organisation=world.organisation, state="done", dry=True, report=rows, created_at=now
    )

    def targets(who):
        report = client_of(who).get(f"/api/v1/runs/{run.public_id}").json()["report"]
        return [row["target"] for row in report]

    root, team = str(world.root.public_id), str(world.team.public_id)
    assert targets(world.bob) == [root, team]
    assert targets(plain) == [None, team]
