"""What this room tells Prometheus."""

from collections.abc import Iterator

from apps.audit.models import Seal
from apps.audit.services import seals
from apps.kernel import clock
from apps.kernel.metrics import Reading, Sample


def _unsealed() -> Iterator[Sample]:
    yield (), seals.waiting()


def _age() -> Iterator[Sample]:
    last = Seal.objects.order_by("-number").first()
    if last is not None:
        yield (), (clock.now() - last.sealed_at).total_seconds()


READINGS = (
    Reading("audit_unsealed", "Audit events that no seal covers yet.", _unsealed),
    Reading("audit_seal_age_seconds", "Time since the audit log was last sealed.", _age),
)
