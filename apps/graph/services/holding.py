"""The lock of an organisation's graph: whoever changes it holds it until the transaction ends."""

from django.db import connection


def lock(organisation_id: int) -> None:
    """Wait for the graph. Take it before any other lock, and wait for none while it is held."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('graph:' || %s::bigint, 0))",
            [organisation_id],
        )
