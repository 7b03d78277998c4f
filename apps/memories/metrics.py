"""What this room tells Prometheus."""

from collections.abc import Iterator
from datetime import timedelta

from apps.kernel import clock
from apps.kernel.metrics import Reading, Sample
from apps.memories.models import MemoryIndex
from apps.memories.services import embeddings

_LATE = timedelta(minutes=1)


def _pending() -> Iterator[Sample]:
    yield (), embeddings.pending_count()


def _late() -> Iterator[Sample]:
    yield (), MemoryIndex.objects.due(clock.now() - _LATE).count()


def _lacking() -> Iterator[Sample]:
    yield (), embeddings.lacking_count()


READINGS = (
    Reading("embeddings_pending", "Memories without a vector of the active model.", _pending),
    Reading("embeddings_lacking", "Memories without a row of the active model.", _lacking),
    Reading("embeddings_late", "Vectors that were due more than a minute ago.", _late),
)
