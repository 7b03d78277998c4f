"""What a recall does not read: others' backlogs, and its own spaces twice."""

from django.db import connection

from apps.accounts.actors import of_user
from apps.kernel import clock, isolation
from apps.kernel.isolation import Context
from apps.memories.models import MemoryIndex
from apps.recall import planned, sql
from apps.recall.core.questions import Question
from apps.recall.services import reach


def plan(statement, params=None):
    """The plan where reading a few rows as they lie is not the cheapest."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {statement}", params)
        return "\n".join(line for (line,) in cursor.fetchall())


def test_what_is_pending_is_asked_of_no_index_of_everybody_s(world, write):
    for number in range(20):
        write(world.bob, f"Imported note {number}.")
    MemoryIndex.objects.update(embedding=None)
    within = reach.of(of_user(world.alice), Question(query="note"), clock.now())
    own = {
        "model": within.model, "terms": [""], "hidden": [], "phrases": [],
        "organisation": within.organisation_id,
    }  # fmt: skip
    found = plan(sql.statistics(planned.USUAL), {**within.params, **own})
    assert "memories_memoryindex" in found
    assert "index_due" not in found


def test_row_level_security_is_a_filter_of_what_was_found_and_no_scan_of_its_own(world, write):
    write(world.alice, "The kiln door sticks in the cold.")
    with isolation.within(Context(world.alice.pk)):
        found = plan(
            "SELECT id FROM memories_memoryindex WHERE lexemes @@ 'kiln'::tsquery"
            " AND ARRAY[space_id] && ARRAY[1, 2]::bigint[]"
        )
        alone = plan("SELECT id FROM memories_memoryindex")
    assert "index_words_in_space" in found
    assert "index_by_space_kind" not in found
    assert "Index Cond" not in alone
    assert "Filter" in alone
