"""The decisions of a run, page by page."""

from apps.curation.models import Cluster, CurationRun, Decision
from apps.kernel import clock


def test_fifteen_hundred_decisions_of_one_moment_are_paged(world, write, client_of):
    now = clock.now()
    run = CurationRun.objects.create(
        organisation=world.organisation, state="done", created_at=now, finished_at=now
    )
    cluster = Cluster.objects.create(
        organisation=world.organisation, canonical=write(world.alice, "n"), created_at=now
    )
    Decision.objects.bulk_create(
        Decision(
            run=run,
            cluster=cluster,
            target=world.team,
            verdict="hold",
            score=0,
            reasons=[],
            inputs={},
            evidence_hash="",
            policy_version=0,
            engine_version="1",
            created_at=now,
        )
        for _ in range(1500)
    )
    client = client_of(world.alice)
    seen: list[str] = []
    url = f"/api/v1/runs/{run.public_id}/decisions?page_size=200"
    while url and len(seen) < 3000:
        page = client.get(url).json()
        seen += [decision["id"] for decision in page["results"]]
        url = page["next"]
    newest_first = run.decisions.order_by("-id").values_list("public_id", flat=True)
    assert seen == [str(public_id) for public_id in newest_first]


def test_a_cursor_of_another_list_is_refused(world, write, client_of):
    now = clock.now()
    run = CurationRun.objects.create(
        organisation=world.organisation, state="done", created_at=now, finished_at=now
    )
    client = client_of(world.alice)
    for text in ("a", "b"):
        write(world.alice, text)
    cursor = client.get("/api/v1/memories?page_size=1").json()["next"].rpartition("cursor=")[2]
    url = f"/api/v1/runs/{run.public_id}/decisions?cursor={cursor.partition('&')[0]}"
    assert client.get(url).status_code == 404
