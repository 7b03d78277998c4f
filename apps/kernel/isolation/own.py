"""The kernel's own isolated tables, and Django's with fewer rights."""

from apps.kernel.isolation import tables as t
from apps.kernel.isolation.guarding import GUARD

TABLES = (t.Table("kernel_idempotencyrecord", f"user_id = {t.user()}"),)
LIMITS = (t.Limits("django_migrations", ("SELECT",), ("SELECT",)),)


def declare() -> None:
    """Tell the registry."""
    t.define(GUARD)
    t.isolate(TABLES, limits=LIMITS)
