"""What this room tells Prometheus."""

from collections.abc import Iterator

from apps.kernel.metrics import Reading, Sample
from apps.recall.models import Report


def _open() -> Iterator[Sample]:
    yield (), Report.objects.pending().count()


READINGS = (Reading("reports_open", "Memories called harmful that wait for a reviewer.", _open),)
