"""What this room tells Prometheus."""

from collections.abc import Iterator

from django.db.models import Count, F, Func, Max, Min

from apps.curation.models import Candidate, CandidateStatus, CurationRun, RunState, Screening
from apps.kernel import clock
from apps.kernel.metrics import Reading, Sample


def _candidates() -> Iterator[Sample]:
    found = dict(Candidate.objects.values_list("status").annotate(Count("pk")).order_by())
    for status in CandidateStatus.values:
        yield (status,), found.get(status, 0)


def _longest_wait() -> Iterator[Sample]:
    oldest = Candidate.objects.pending().aggregate(at=Min("created_at"))["at"]
    yield (), (clock.now() - oldest).total_seconds() if oldest else 0


def _runs() -> Iterator[Sample]:
    found = dict(CurationRun.objects.values_list("state").annotate(Count("pk")).order_by())
    for state in RunState.values:
        yield (state,), found.get(state, 0)


def _last_run() -> Iterator[Sample]:
    last = CurationRun.objects.filter(state=RunState.DONE, dry=False).aggregate(
        at=Max("finished_at")
    )["at"]
    if last:
        yield (), last.timestamp()


def _screenings() -> Iterator[Sample]:
    coded = Screening.objects.annotate(code=Func(F("codes"), function="unnest"))
    counted = coded.values_list("code", "state").annotate(Count("pk")).order_by()
    for code, state, count in counted:
        yield (code, state), count


READINGS = (
    Reading("candidates", "Facts proposed for a wider space.", _candidates, ("status",)),
    Reading("review_wait_seconds", "Age of the oldest request without a reviewer.", _longest_wait),
    Reading("curation_runs", "Curation runs.", _runs, ("state",)),
    Reading(
        "curation_last_done_timestamp_seconds",
        "When a run that was not dry last finished; absent before the first.",
        _last_run,
    ),
    Reading(
        "screenings",
        "Marks of the screen by code and what became of them; released ones are false alarms.",
        _screenings,
        ("code", "state"),
    ),
)
