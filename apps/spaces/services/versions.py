"""Policies and rules of spaces in numbered versions: the newest, and a new one."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import models, transaction

from apps.audit.services import events
from apps.kernel import clock
from apps.kernel.errors import Invalid, PreconditionFailed
from apps.spaces.models import Space, SpaceVersion
from apps.spaces.services import writing

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

Row = TypeVar("Row", bound=SpaceVersion)


def newest(rows: "models.Manager[Row]", space: Space) -> int:
    """Number of the space's own newest version; 0 when it has none and inherits."""
    found = rows.filter(space=space).order_by("-version").first()
    return found.version if found else 0


@transaction.atomic
def add(
    rows: "models.Manager[Row]",
    *,
    actor: "Actor",
    space: Space,
    values: Mapping[str, Any],
    reason: str,
    event: tuple[str, str],
    expected_version: int | None = None,
) -> Row:
    """The next version of a space, in force from now on. Whether the actor may is asked before.

    Args:
        rows: all versions of its kind.
        actor: who changes it.
        space: whose version.
        values: as they are kept; judged before.
        reason: why, for everybody who reads the versions later.
        event: action and type of object, as the audit log names them.
        expected_version: the space's own version that the actor started from, 0 when it had none;
            None overwrites whatever is in force.

    Raises:
        Invalid: no reason.
        PreconditionFailed: another version than `expected_version` is in force.
        ReadOnly: the space or its organisation takes no writes.
    """
    writing.check_open(space)
    if not reason.strip():
        raise Invalid("A change needs a reason.", attr="reason")
    Space.objects.select_for_update().get(pk=space.pk)  # versions are numbered one at a time
    version = newest(rows, space)
    if expected_version not in {None, version}:
        raise PreconditionFailed(
            f"Version {version} is in force by now, you started from {expected_version};"
            " look at what it says first."
        )
    row = rows.create(
        space=space,
        version=version + 1,
        values=values,
        reason=reason,
        author=actor.user,
        created_at=clock.now(),
    )
    action, object_type = event
    events.record(
        action=action,
        by=actor.by,
        space=space.public_id,
        object_type=object_type,
        object_ids=[row.public_id],
        reason=reason,
        detail={"version": row.version},
    )
    return row
