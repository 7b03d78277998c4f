"""What an erasure would do, without doing it: carried out in a transaction that is rolled back."""

from typing import Any

from django.db import transaction

from apps.accounts.models import User
from apps.governance.models import Erasure, JobState
from apps.governance.services import erasures, remains, steps, subjects
from apps.kernel import clock
from apps.kernel.errors import Conflict
from apps.spaces.models import Organisation


def report(organisation: Organisation, person: User) -> dict[str, Any]:
    """Rows that would be changed by table, and what would remain and why.

    Locks what it looks at until it has counted; statistics and embeddings are left out.

    Raises:
        Invalid, Held: as for `erasures.check`.
    """
    erasures.check(organisation, person)
    if Erasure.objects.unfinished().filter(person=person).exists():
        raise Conflict("An erasure of this person is under way already.")
    with transaction.atomic():
        erasure = Erasure.objects.create(
            organisation=organisation,
            person=person,
            reason="rehearsal",
            state=JobState.RUNNING,
            created_at=clock.now(),
        )
        subject = subjects.of(erasure)
        counts: dict[str, int] = {}
        for name, parts in steps.steps():
            if name in steps.OUTSIDE:
                continue
            for part in parts(subject):
                for table, count in part().items():
                    counts[table] = counts.get(table, 0) + count
        found = {
            "removed": {table: count for table, count in sorted(counts.items()) if count},
            "remained": remains.of(subject),
        }
        transaction.set_rollback(True)
    return found
