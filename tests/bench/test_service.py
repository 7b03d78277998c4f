"""The benchmark of the service: its texts, its vectors, its tables, and a whole run."""

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from apps.memories.models import Memory
from apps.recall.models import RecallUse
from bench.service import company, keeping, material, measures, report, statements, vectors
from bench.service.clients import Ask, percentiles
from bench.service.questions import Questions
from bench.service.texts import Writer

ROOT = Path(__file__).resolve().parents[2]
TIMES = {"p50", "p95", "p99", "n"}


@pytest.fixture(scope="module")
def writer():
    return Writer(sentences=400)


def test_notes_are_the_same_for_the_same_seed_and_never_alike():
    first, second = (Writer(sentences=50).notes(200) for _ in range(2))
    assert first == second
    assert len({note.text for note in first}) == 200
    assert Writer(sentences=50, seed=8).notes(200) != first


def test_few_words_are_said_often_and_many_seldom(writer):
    counts: dict[str, int] = {}
    for note in writer.notes(3_000):
        for word in note.text.split():
            counts[word] = counts.get(word, 0) + 1
    often = sorted(counts.values(), reverse=True)
    assert sum(often[:50]) > sum(often) / 3
    assert sum(count == 1 for count in often) > len(often) / 3


def test_five_languages_speak(writer):
    assert {sentence.language.code for sentence in writer.sentences} == {
        "en", "de", "es", "fr", "zh",
    }  # fmt: skip


def test_a_question_is_about_its_note_and_asked_once(writer):
    notes = writer.notes(50)
    questions = Questions(writer, notes)
    asked = questions.take(20, about=[7])
    assert asked[0] == writer.sentences[notes[7].first].question
    assert len(set(asked)) == 20
    assert not set(asked) & set(questions.take(5))


def test_vectors_are_unit_length_and_near_what_they_are_mixed_of(writer):
    random = np.random.default_rng(1)
    sentences = random.standard_normal((400, 384), dtype=np.float32)
    sentences /= np.linalg.norm(sentences, axis=1, keepdims=True)
    notes = writer.notes(300)
    mixed = vectors.mix(notes, sentences)
    assert np.allclose(np.linalg.norm(mixed, axis=1), 1, atol=2e-3)
    own = np.sum(mixed * sentences[[note.first for note in notes]], axis=1)
    assert own.min() > 0.5
    assert np.abs(mixed @ sentences.T).mean() < 0.1


def test_the_nearest_are_found_among_the_allowed_only():
    rows = np.eye(30, dtype=np.float32)
    question = np.linspace(1, 0, 30, dtype=np.float32)
    allowed = np.arange(5, 30, 2)
    found = vectors.nearest(rows, allowed, np.stack([question, question[::-1]]))
    assert found == [list(range(5, 25, 2)), list(range(29, 9, -2))]


@pytest.mark.parametrize("count", [500, 10_000])
def test_each_asker_sees_a_share_of_the_memories(count):
    groups = company.spread(count)
    assert len(groups) == count
    for name, share in company.ASKERS.items():
        assert groups.count(name) == max(3, round(share * count))
    assert groups.count("others") > 0.4 * count


def test_percentiles_are_of_the_times_given():
    assert percentiles(range(101)) == {"p50": 50, "p95": 95, "p99": 99, "n": 101}


def test_caught_statements_are_those_of_the_request_and_leave_nothing(bob, write, make_agent):
    write(bob, "The kiln door sticks in the cold.")
    _, _, token = make_agent(bob)
    found = statements.caught(Ask.of(token, "/recall", {"query": "kiln door"}))
    texts = [statement.text for statement in found]
    assert any("accounts_agenttoken" in text for text in texts)
    searched = next(each for each in found if "lexemes @@" in each.text)
    assert searched.transaction == 1
    assert not any(text.startswith(("SAVEPOINT", "RELEASE")) for text in texts)
    assert not RecallUse.objects.exists()


def test_tables_and_chart_show_a_peer_that_failed_and_escape_it():
    times = {"p50": 2.0, "p95": 3.0, "p99": 4.0, "n": 5, "per_second": 6.0}
    clients = {"clients_1": times, "clients_8": times}
    accuracy = {"recall_at_10": 0.97, "rows": 3, "n": 5}
    size = {
        "rows": 300,
        "raw": {"select": 0.1, "commit": 0.6, "encode": 3.0, "http": 1.5},
        "recall": dict.fromkeys(company.ASKERS, clients),
        "sql": {name: {**times, "ratio": 1.5} for name in company.ASKERS},
        "accuracy": dict.fromkeys(("50%", "5%", "0.5%"), accuracy),
        "write": clients,
        "bulk": {
            "clients_1": dict.fromkeys(report.BULK, 7.0),
        },
        "peers": {
            "one": {
                "label": "<One>",
                "write": times,
                "search": {user: {**times, **accuracy} for user in ("big", "small")},
            },
            "two": {"label": "Two", "error": "ended: a | b"},
        },
        "load_average": {"before": [0.1, 0, 0], "after": [0.2, 0, 0]},
    }
    machine = {"cores": 2, "processor": "p", "postgres": "18"}
    figures = {"machine": machine, "sizes": {"300": size}}
    tables = report.markdown(figures)
    assert "a question as a vector 3.0 ms" in tables
    assert "| Two | ended: a / b |" in tables
    assert "| recall, asker of 50% | 1 | 2.0 | 3.0 | 4.0 | 6.0 | 2.0 | 1.5 |  |  |" in tables
    drawn = report.svg(figures)
    assert ET.fromstring(drawn) is not None
    assert "&lt;One&gt;" in drawn


@pytest.mark.django_db(transaction=True)
def test_a_kept_hub_is_founded_once_and_asked_again_by_the_same_askers(tmp_path, writer):
    notes = writer.notes(40)
    random = np.random.default_rng(1)
    sentences = random.standard_normal((400, 384), dtype=np.float32)
    made = material.Material(
        writer, notes, vectors.mix(notes, sentences), sentences, 1.0, Questions(writer, notes)
    )
    founded = keeping.seeded(tmp_path, made)
    kept = keeping.seeded(tmp_path, made)
    assert Memory.objects.count() == 40
    assert kept.keys == founded.keys
    assert kept.writer.token == founded.writer.token
    assert kept.askers.keys() == founded.askers.keys()
    for name, asker in founded.askers.items():
        again = kept.askers[name]
        assert (again.token, again.agent) == (asker.token, asker.agent)
        assert again.rows.tolist() == asker.rows.tolist()


@pytest.mark.slow
def test_a_small_run_gives_every_figure_and_leaves_nothing(tmp_path):
    out = tmp_path / "service.json"
    asked = ["--rows", "300", "--requests", "5", "--peers", "none", "--out", str(out)]
    own = {"EMBEDDING_MODEL": "local:all-MiniLM-L6-v2", "MEMORYHUB_ENV": "local"}
    done = subprocess.run(
        [sys.executable, "-m", "bench.service", *asked],
        cwd=ROOT, env={**os.environ, **own, "TMPDIR": str(tmp_path)},
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3_000:]
    figures = json.loads(out.read_text())
    assert figures["machine"].keys() == {"cores", "processor", "python", "postgres"}
    size = figures["sizes"]["300"]
    assert size.keys() == {
        "rows", "raw", "recall", "sql", "accuracy", "write", "bulk", "peers", "load_average",
        "seeding_seconds", "vectors",
    }  # fmt: skip
    many = f"clients_{measures.MANY}"
    assert size["raw"].keys() == {"select", "commit", "encode", "http"}
    assert all(0 < limit < 1_000 for limit in size["raw"].values())
    assert size["recall"].keys() == size["sql"].keys() == company.ASKERS.keys()
    for found in [*size["recall"].values(), size["write"]]:
        assert found.keys() == {"clients_1", many}
        assert found["clients_1"].keys() == TIMES | {"per_second"}
        assert found[many].keys() == TIMES | {"per_second", "web_ms", "postgres_ms"}
        assert found[many]["n"] == 10
        assert found[many]["web_ms"] > 1
    assert all(found["statements"] > 3 for found in size["sql"].values())
    assert all(found["ratio"] > 0 for found in size["sql"].values())
    assert size["accuracy"].keys() == {"50%", "5%", "0.5%"}
    assert size["accuracy"]["0.5%"] == {"recall_at_10": 1.0, "rows": 3, "n": 5}
    assert all(found["per_second_embedded"] > 0 for found in size["bulk"].values())
    assert size["vectors"]["fidelity"] > 0.7
    assert "| recall, asker of 50% |" in done.stdout
    assert ET.parse(out.with_suffix(".svg")) is not None
    assert {path.name for path in tmp_path.iterdir()} == {
        "service.json", "service.md", "service.svg",
    }  # fmt: skip
