"""Whose events a request sees. Everybody adds some; nobody but the worker seals."""

from apps.kernel.isolation import tables as t

_REVIEWED = f"(SELECT public_id FROM spaces_organisation WHERE id = {t.reviewed()})"  # noqa: S608
_READ = ("SELECT",)

TABLES = (
    t.Table(
        "audit_auditevent",
        # Reviewers are shown what happened to a request
        f"organisation = {t.audited()}"
        f" OR (object_type = 'candidate' AND organisation = {_REVIEWED})",
        left="true",
        rights=("SELECT", "INSERT"),
        worker=("SELECT", "INSERT"),
    ),
)
# Ids and hashes of the whole hub: they tell of no event what it says
LIMITS = (
    t.Limits("audit_pendingevent", _READ, ("SELECT", "DELETE"), counted=("event_id",)),
    t.Limits("audit_leaf", _READ, ("SELECT", "INSERT")),
    t.Limits(
        "audit_seal",
        _READ,
        ("SELECT", "INSERT"),
        counted=(
            "number", "size", "root", "previous", "sealed_at", "key", "hash", "signature", "edge",
        ),
    ),
)  # fmt: skip


def declare() -> None:
    """Tell the kernel."""
    t.isolate(TABLES, limits=LIMITS)
