"""Runs while they run: progress, a second start, cancelling, dry reports, silent models."""

from time import sleep

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from apps.accounts.actors import of_user
from apps.audit.models import AuditEvent
from apps.curation.models import Candidate, Cluster, CurationRun, Decision, RunState, Screening
from apps.curation.services import progress, runs
from apps.curation.services.opinions import AT_ONCE, Budget, Opinions, Question
from apps.kernel.errors import Conflict, Forbidden
from apps.providers.language import get_language_model
from apps.providers.prompts import SAME_FACT
from tests.curation.conftest import SEAL
from tests.providers import model_server
from tests.providers.model_server import ModelServer


@pytest.fixture
def told(company, chatter):
    """A company that has something to publish, to ask and to keep back."""
    chatter()
    for person, text in zip((1, 2, 5), SEAL, strict=True):
        company.say(person, text)
    company.say(3, "Deploy password for host3: hunter2-Zq81!")
    return company


def follow(company, watch, *, dry=False):
    """Run it; `watch` is called with the run's row after every report."""
    run = runs.queue(organisation=company.organisation, dry=dry)
    return runs.execute(run_id=run.pk, follow=lambda *_: watch(CurationRun.objects.get(pk=run.pk)))


def cancel(company, run):
    return runs.cancel(actor=of_user(company.people[0]), run=run)


def test_a_run_tells_every_step_and_a_rising_share(told):
    seen = []
    run = follow(told, lambda row: seen.append((row.step, progress.of(row), row.beat_at)))
    steps = list(dict.fromkeys(step for step, _, _ in seen))
    assert steps == ["gathering", "screening", "searching", "grouping", "assessing", "writing"]
    shares = [standing.percent for _, standing, _ in seen]
    assert shares == sorted(shares)
    assert 0 <= shares[0] < shares[-1] < 100
    assert all(beat is not None for _, _, beat in seen)
    assert set(run.counts["seconds"]) == set(steps)
    assert progress.of(run).percent == 100


def test_a_second_start_names_the_first_and_how_far_it_is(told):
    refused = []

    def start_another(row):
        if row.step == "writing":
            with pytest.raises(runs.RunUnderWay) as error:
                runs.queue(organisation=told.organisation)
            refused.append(error.value.detail)

    run = follow(told, start_another)
    assert len(refused) == 1
    assert str(run.public_id) in refused[0]
    assert "% done, at writing" in refused[0]


@pytest.mark.parametrize("step", ["gathering", "screening", "searching", "grouping", "assessing"])
def test_a_run_cancelled_in_any_step_decides_nothing(told, step):
    run = follow(told, lambda row: cancel(told, row) if row.step == step else None)
    assert (run.state, run.counts) == (RunState.CANCELLED, {})
    assert run.finished_at is not None
    assert not Cluster.objects.exists()
    assert not Decision.objects.exists()
    assert AuditEvent.objects.filter(action="run.cancel").count() == 1
    assert told.run().counts["new"]["requests"] == 1  # the next one starts afresh


def test_what_writes_already_comes_to_its_end(told):
    run = follow(told, lambda row: cancel(told, row) if row.step == "writing" else None)
    assert run.state == RunState.DONE
    assert Candidate.objects.count() == 1


def test_a_queued_run_is_cancelled_at_once_and_never_executed(told):
    run = runs.queue(organisation=told.organisation)
    cancelled = cancel(told, run)
    assert cancelled.state == RunState.CANCELLED
    assert runs.execute(run_id=run.pk).state == RunState.CANCELLED
    assert not Screening.objects.exists()
    with pytest.raises(Conflict, match="it is cancelled"):
        cancel(told, run)


def test_only_reviewers_of_the_organisation_cancel(told, charlie):
    run = runs.queue(organisation=told.organisation)
    for person in (told.people[1], charlie):
        with pytest.raises(Forbidden):
            runs.cancel(actor=of_user(person), run=run)
    run.refresh_from_db()
    assert (run.state, run.cancel_asked_at) == (RunState.QUEUED, None)


def test_a_run_whose_worker_died_after_it_was_cancelled_ends_when_it_is_resumed(told):
    run = runs.queue(organisation=told.organisation)
    CurationRun.objects.filter(pk=run.pk).update(state=RunState.RUNNING)
    cancel(told, CurationRun.objects.get(pk=run.pk))
    assert runs.execute(run_id=run.pk).state == RunState.CANCELLED


def test_a_dry_run_reports_what_it_would_decide_and_leaves_no_trace(told):
    memory = told.say(4, "Clean the inlet strainer before you touch the pump on alarm A07.")
    for person in (1, 2, 5):
        told.use(memory, person, times=6)
    dry = told.run(dry=True)
    verdicts = [row["verdict"] for row in dry.report]
    assert verdicts[:2] == ["promote", "review"]
    assert set(verdicts[2:]) == {"hold"}
    assert len(verdicts) == dry.counts["new"]["decisions"]
    assert dry.report[1]["people"] == dry.report[1]["notes"] == 3
    assert dry.report[1]["target"] == str(told.root.public_id)
    assert not any(text in str(dry.report) for text in SEAL)
    assert not Screening.objects.exists()
    real = told.run()
    assert real.counts["verdicts"] == dry.counts["verdicts"]
    assert real.report == []


def test_a_silent_model_costs_one_time_out_and_the_run_says_so(told):
    with ModelServer() as server:
        server.manner = model_server.silence
        with override_settings(**judged_by(server)):
            run = told.run()
    assert run.state == RunState.DONE
    assert run.counts["model_trouble"] == "unavailable"
    assert len(server.asked) <= 8
    assert run.counts["new"]["requests"] == 1


def test_asking_ends_with_its_time(company):
    """Every answer takes longer than all the time there is: one round is waited for, no second."""

    def slow(asked, oracle):
        sleep(0.3)
        return model_server.honest(asked, oracle)

    with ModelServer() as server, override_settings(**judged_by(server)):
        server.manner = slow
        model = get_language_model()
        assert model is not None
        opinions = Opinions(company.organisation.pk, model, Budget(1_000, 0.2))
        most = AT_ONCE * SAME_FACT.batch
        questions = [Question(f"This is note {n}.", "That.") for n in range(2 * most)]
        answers = opinions.ask(SAME_FACT, questions)
        assert (len(answers), opinions.trouble) == (most, "time")
        assert len(server.asked) == AT_ONCE


def test_a_run_stops_between_two_rounds_of_questions_and_keeps_the_answers(told):
    with ModelServer() as server, override_settings(**judged_by(server)):
        run = follow(told, lambda row: cancel(told, row) if row.step == "same_fact" else None)
        assert run.state == RunState.CANCELLED
        asked = len(server.asked)
        assert asked
        told.run()
    pairs = [(item["a"], item["b"]) for one in server.asked for item in one.items if "a" in item]
    assert len(pairs) == len(set(pairs))


def judged_by(server):
    return {
        "LLM_MODEL": "openai/judge",
        "LLM_BASE_URL": server.address,
        "LLM_API_KEY": "none",
        "LLM_TIMEOUT_SECONDS": 1.0,
    }


def test_the_command_shows_its_end_and_refuses_beside_another(told, capsys):
    call_command("curate", "--dry-run")
    assert "1 to review" in capsys.readouterr().out
    runs.queue(organisation=told.organisation)
    with pytest.raises(CommandError, match="under way already"):
        call_command("curate")
