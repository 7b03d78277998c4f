"""Vectors that somebody else waits for cost a recall nothing."""

from django.db import connection

from apps.accounts.actors import of_user
from apps.kernel import clock
from apps.memories.models import MemoryIndex
from apps.recall import planned, sql
from apps.recall.core.questions import Question
from apps.recall.services import reach


def test_a_recall_asks_what_is_pending_by_space(world, write):
    for number in range(20):
        write(world.bob, f"Imported note {number}.")
    MemoryIndex.objects.update(embedding=None)
    within = reach.of(of_user(world.alice), Question(query="note"), clock.now())
    own = {
        "model": within.model, "terms": [""], "hidden": [], "phrases": [],
        "organisation": within.organisation_id,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # so few rows are read fastest as they lie
        cursor.execute(f"EXPLAIN {sql.statistics(planned.USUAL)}", {**within.params, **own})
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "index_pending_by_space" in plan
    assert "index_due" not in plan
