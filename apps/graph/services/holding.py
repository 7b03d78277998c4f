"""The lock of an organisation's graph: whoever changes it holds it until the transaction ends."""

from django.db import connection


def lock(organisation_id: int) -> None:
    """Wait for the graph. Who holds it waits for no other lock: take it with all rows in hand."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('graph:' || %s::bigint, 0))",
            [organisation_id],
        )
