"""`/metrics` of a hub with two web processes."""

import re

import pytest

from tests.durability.hub import Hub, until

_SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? ([0-9.e+-]+)$", re.MULTILINE)
DOMAIN = {
    "memoryhub_objects": "counter",
    "memoryhub_embeddings_pending": "gauge",
    "memoryhub_embeddings_late": "gauge",
    "memoryhub_candidates": "gauge",
    "memoryhub_review_wait_seconds": "gauge",
    "memoryhub_curation_runs": "gauge",
    "memoryhub_worker_heartbeat_age_seconds": "gauge",
    "memoryhub_readings_failed": "gauge",
}


def scrape(hub: Hub) -> dict[tuple[str, str], float]:
    """Value by (name, labels)."""
    text = hub.get("/metrics").text
    return {(name, labels): float(value) for name, labels, value in _SAMPLE.findall(text)}


def objects(hub: Hub, action: str) -> float:
    return scrape(hub).get(("memoryhub_objects_total", f'action="{action}"'), 0)


@pytest.mark.slow
def test_counters_are_of_all_web_processes_whoever_answers(shared):
    created, repeated = objects(shared, "memory.create"), objects(shared, "memory.repeat")
    for number in range(12):
        assert shared.post("/memories", {"text": f"Counted as {number}."}).status_code == 201
    items = [{"text": f"Counted in bulk as {number}."} for number in range(30)]
    assert shared.post("/memories/bulk", {"items": items}).json()["created"] == 30
    assert shared.post("/memories", {"text": "Counted as 3."}).status_code == 200
    assert shared.post("/memories", {"text": " "}).status_code == 400
    answers = {objects(shared, "memory.create") for _ in range(8)}
    assert answers == {created + 42}, "each process tells the same sum"
    assert objects(shared, "memory.repeat") == repeated + 1


@pytest.mark.slow
def test_every_domain_metric_has_a_type_and_says_what_it_is(shared):
    shared.post("/memories", {"text": "Something to count."})
    until(lambda: "heartbeat" in shared.get("/metrics").text, "the worker")
    text = shared.get("/metrics").text
    types = dict(re.findall(r"^# TYPE (memoryhub_\w+?)(?:_total)? (\w+)$", text, re.MULTILINE))
    assert {name: types.get(name) for name in DOMAIN} == DOMAIN
    said = re.findall(r"^# HELP memoryhub_\w+ (.+)$", text, re.MULTILINE)
    assert all(sentence.endswith(".") and "Multiprocess" not in sentence for sentence in said), said


@pytest.mark.slow
def test_recalls_are_counted_as_requests_of_their_view(shared):
    name = "django_http_requests_latency_seconds_by_view_method_count"
    key = (name, 'method="POST",view="v1:recall"')
    before = scrape(shared).get(key, 0)
    for _ in range(5):
        assert shared.post("/recall", {"query": "what is counted?"}).status_code == 200
    assert scrape(shared)[key] == before + 5


@pytest.mark.slow
def test_waiting_embeddings_come_down_to_zero(shared):
    items = [{"text": f"Waiting as {number}."} for number in range(50)]
    shared.post("/memories/bulk", {"items": items})
    until(lambda: scrape(shared)[("memoryhub_embeddings_pending", "")] == 0, "the worker")


@pytest.mark.slow
def test_candidates_and_runs_are_told_for_every_state(shared):
    found = {labels for name, labels in scrape(shared) if name == "memoryhub_candidates"}
    states = ("pending", "approved", "rejected", "merged", "withdrawn")
    assert found == {f'status="{state}"' for state in states}
    assert scrape(shared)[("memoryhub_readings_failed", "")] == 0
