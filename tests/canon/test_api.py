"""Canon over the API, as people and their agents use it."""

from apps.accounts.services import tokens
from apps.canon.models import Document, Revision
from apps.kernel import clock
from tests.canon.conftest import text

V1 = "/api/v1/canon"


def test_from_an_agent_s_proposal_to_a_revision(world, client_of, make_agent):
    _, _, token = make_agent(world.bob)
    agent, alice = client_of(token), client_of(world.alice)
    body = {"space": str(world.team.public_id), "path": "returns.md", "content": text("Returns")}
    made = agent.post(f"{V1}/proposals", body)
    assert made.status_code == 201, made.content
    url = f"{V1}/proposals/{made.json()['id']}"
    assert made.json()["approvals_missing"] == 1
    assert "+title: Returns" in made.json()["diff"]
    refused = alice.post(f"{url}/merge", {})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (
        409, "approvals_missing",
    )  # fmt: skip
    said = agent.post(f"{url}/comment", {"text": "<b>Please</b>"})
    assert (said.status_code, said.json()["text"]) == (201, "<b>Please</b>")
    assert agent.post(f"{url}/approve", {"sha256": made.json()["sha256"]}).status_code == 403
    stale = alice.post(f"{url}/approve", {"sha256": "0" * 64})
    assert stale.status_code == 412
    ready = alice.post(f"{url}/approve", {"sha256": made.json()["sha256"]}).json()
    assert (ready["ready"], ready["approvals"][0]["counts"]) == (True, True)
    merged = alice.post(f"{url}/merge", {"sha256": made.json()["sha256"]})
    assert merged.status_code == 200, merged.content
    assert client_of(world.bob).get(url).json()["status"] == "merged"
    document = f"{V1}/documents/{merged.json()['document']}"
    whole = agent.get(document).json()
    assert whole["revision"]["content"] == text("Returns")
    assert whole["revision"]["html"] == "<p>Take it back within 30 days.</p>\n"
    assert client_of(world.dora).get(document).status_code == 404


def test_a_credential_that_reviews_and_writes_nothing_merges(world, client_of, propose):
    _, reviewing = tokens.issue(user=world.alice, name="reviews", scopes=["read", "review"])
    client, proposal = client_of(reviewing), propose("returns.md", text("Returns"))
    url = f"{V1}/proposals/{proposal.public_id}"
    for deed in ("approve", "merge"):
        answer = client.post(f"{url}/{deed}", {"sha256": proposal.sha256})
        assert answer.status_code == 200, answer.content
    assert Document.objects.get().space == world.team


def test_history_by_hash_and_by_moment(world, client_of, publish):
    first = publish("a.md", text("A", "One."))
    moment = clock.now()
    publish("a.md", text("A", "Two."))
    client = client_of(world.bob)
    url = f"{V1}/documents/{Document.objects.get().public_id}"
    history = client.get(f"{url}/history").json()
    assert [row["number"] for row in history] == [2, 1]
    by_hash = client.get(url, {"revision": first.sha256}).json()["revision"]
    then = client.get(url, {"as_of": moment.isoformat()}).json()["revision"]
    assert by_hash == then
    assert by_hash["content"] == text("A", "One.")
    assert client.get(url, {"revision": "0" * 64}).status_code == 404
    assert client.get(url, {"as_of": "soon"}).status_code == 400
    assert client.get(url, {"as_of": "2001-01-01T00:00:00Z"}).status_code == 404
    assert client.get(url).headers["ETag"] == f'"{Revision.objects.get(number=2).sha256}"'


def test_the_list_is_filtered(world, client_of, publish):
    publish("a/one.md", "---\ntitle: One\ntags: [x]\n---\n\nOne.\n")
    publish("two.md", text("Two"))
    publish("two.md", retire=True)
    client = client_of(world.bob)
    for query, count in (
        ({}, 1), ({"retired": "true"}, 2), ({"tag": "x"}, 1), ({"tag": "y"}, 0),
        ({"path": "a"}, 1), ({"path": "b"}, 0), ({"space": str(world.team.public_id)}, 1),
    ):  # fmt: skip
        assert len(client.get(f"{V1}/documents", query).json()["results"]) == count, query


def test_bad_input_names_the_field(world, client_of):
    client, space = client_of(world.bob), str(world.team.public_id)
    for body, attr in (
        ({"space": space, "path": "../a.md", "content": text("A")}, "path"),
        ({"space": space, "path": "a.md", "content": "no front matter"}, "content"),
        ({"space": space, "path": "a.md"}, "content"),
        ({"space": space, "path": "a.md", "retire": True}, "path"),
        ({"space": space, "path": "a.md", "content": text("A" * 201)}, "content"),
        ({"space": str(world.personal(world.bob).public_id), "path": "a.md",
          "content": text("A")}, "space"),
    ):  # fmt: skip
        answer = client.post(f"{V1}/proposals", body)
        assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (400, attr)
    large = {"space": space, "path": "a.md", "content": text("A", "x" * 300_000)}
    assert client.post(f"{V1}/proposals", large).status_code == 400


def test_exports_over_the_api(world, client_of, publish):
    publish("a.md", text("A"))
    client = client_of(world.bob)
    found = client.get(f"{V1}/export", {"tool": "claude"}).json()
    assert [each["path"] for each in found["files"]] == ["CLAUDE.md"]
    assert client.get(f"{V1}/export", {"budget": 5}).json()["left_out"][0]["path"] == "a.md"
    for query in ({"tool": "x"}, {"budget": "0"}, {"space": "x"}):
        assert client.get(f"{V1}/export", query).status_code == 400
