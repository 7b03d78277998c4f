"""What requests may do with wrapped data keys: never lose one."""

from apps.kernel.isolation import tables as t


def declare() -> None:
    """Tell the kernel."""
    t.isolate((), limits=(t.Limits("vault_datakey", t.KEPT, t.KEPT),))
