"""Which archivist policy is in force where, and changing it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from apps.audit.services import events
from apps.consolidation.core.policy import DEFAULT
from apps.consolidation.core.policy import ArchivistPolicy as Values
from apps.consolidation.models import ArchivistPolicy
from apps.kernel import clock
from apps.kernel.errors import Forbidden, Invalid, PreconditionFailed
from apps.spaces import access
from apps.spaces.models import Space
from apps.spaces.services import tree, writing

if TYPE_CHECKING:
    from apps.accounts.actors import Actor


@dataclass(frozen=True, slots=True)
class InForce:
    """A policy with the version it was read from; version 0 is the built-in default."""

    version: int
    policy: Values


class Policies:
    """Every archivist policy of an organisation, read once; a space without one inherits."""

    def __init__(self, organisation_id: int) -> None:
        rows = ArchivistPolicy.objects.filter(space__organisation_id=organisation_id).in_force()
        self._rows = {row.space_id: row for row in rows}
        self._parent_of = tree.parents(organisation_id) if self._rows else {}

    def of(self, space_id: int | None) -> InForce:
        """The policy of a space or of the nearest space above that has one."""
        while space_id is not None:
            row = self._rows.get(space_id)
            if row is not None:
                return InForce(row.version, Values.stored(row.values))
            space_id = self._parent_of.get(space_id)
        return InForce(0, DEFAULT)


def in_force(space: Space) -> InForce:
    """What is in force for one space."""
    return Policies(space.organisation_id).of(space.pk)


@transaction.atomic
def change(
    *,
    actor: "Actor",
    space: Space,
    values: Mapping[str, Any],
    reason: str,
    expected_version: int | None = None,
) -> ArchivistPolicy:
    """A new version of a space's archivist policy; what `values` leaves out has its default.

    Args:
        actor: who changes it: whoever manages the space, or the person whose own space it is.
        space: whose policy.
        values: by name; see `docs/reference/archivist-policy.md`.
        reason: why, for everybody who reads the versions later.
        expected_version: the space's own version that the actor started from, 0 when it had none;
            None overwrites whatever is in force.

    Raises:
        Forbidden: the actor does not manage the space.
        Invalid: an unknown value or one out of range, or no reason.
        PreconditionFailed: another version than `expected_version` is in force.
        ReadOnly: the space or its organisation takes no writes.
    """
    resolved = access.of(actor)
    own = space.pk == resolved.personal_id and resolved.allows("write", space.pk)
    if actor.user.is_agent or not (own or resolved.allows("manage", space.pk)):
        raise Forbidden("You may not change the archivist of this space.")
    writing.check_open(space)
    if not reason.strip():
        raise Invalid("A policy change needs a reason.", attr="reason")
    policy = parsed(values)
    Space.objects.select_for_update().get(pk=space.pk)  # versions are numbered one at a time
    version = own_version(space)
    if expected_version not in {None, version}:
        raise PreconditionFailed(
            f"Version {version} is in force by now, you started from {expected_version};"
            " look at what it says first."
        )
    row = ArchivistPolicy.objects.create(
        space=space,
        version=version + 1,
        values=policy.values(),
        reason=reason,
        author=actor.user,
        created_at=clock.now(),
    )
    events.record(
        action="archivist.policy",
        by=actor.by,
        space=space.public_id,
        object_type="archivist_policy",
        object_ids=[row.public_id],
        reason=reason,
        detail={"version": row.version},
    )
    return row


def own_version(space: Space) -> int:
    """Number of the space's newest version; 0 when it has none and inherits."""
    newest = ArchivistPolicy.objects.filter(space=space).order_by("-version").first()
    return newest.version if newest else 0


def parsed(values: Mapping[str, Any]) -> Values:
    """The policy that `values` over the defaults describe.

    Raises:
        Invalid: an unknown value or one out of range.
    """
    try:
        return Values.of(values)
    except ValueError as error:
        raise Invalid(f"{error}.", attr="values") from error
