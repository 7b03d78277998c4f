"""Which archivist policy is in force where, and changing it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings

from apps.consolidation.core.policy import DEFAULT, MODEL_OF_THE_HUB, MODELS, NO_MODEL
from apps.consolidation.core.policy import ArchivistPolicy as Values
from apps.consolidation.models import ArchivistPolicy
from apps.kernel.errors import Forbidden, Invalid
from apps.providers import language
from apps.spaces import access
from apps.spaces.core.ancestry import nearest
from apps.spaces.models import Space, SpaceKind
from apps.spaces.services import tree, versions

if TYPE_CHECKING:
    from apps.accounts.actors import Actor


@dataclass(frozen=True, slots=True)
class InForce:
    """A policy with the version it was read from; version 0 is the built-in default."""

    version: int
    policy: Values


class Policies:
    """Every archivist policy of an organisation, read once; a space without one inherits.

    Everybody writes that of their own space, and nobody pays there: it may spend what the space
    above would let it, or less.
    """

    def __init__(self, organisation_id: int) -> None:
        rows = ArchivistPolicy.objects.filter(space__organisation_id=organisation_id).in_force()
        self._rows = {row.space_id: row for row in rows.select_related("space")}
        self._parent_of = tree.parents(organisation_id) if self._rows else {}

    def of(self, space_id: int | None) -> InForce:
        """The policy of a space or of the nearest space above that has one."""
        found = nearest(space_id, self._parent_of, self._rows)
        if found is None:
            return InForce(0, DEFAULT)
        row = self._rows[found]
        return InForce(row.version, self._bounded(row))

    def _bounded(self, row: ArchivistPolicy) -> Values:
        policy = Values.stored(row.values)
        if row.space.kind != SpaceKind.PERSONAL:
            return policy
        return policy.within(self.of(self._parent_of.get(row.space_id)).policy)


def in_force(space: Space) -> InForce:
    """What is in force for one space."""
    return Policies(space.organisation_id).of(space.pk)


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
    return versions.add(
        ArchivistPolicy.objects,
        actor=actor,
        space=space,
        values=parsed(values).values(),
        reason=reason,
        event=("archivist.policy", "archivist_policy"),
        expected_version=expected_version,
    )


def parsed(values: Mapping[str, Any]) -> Values:
    """The policy that `values` over the defaults describe.

    Raises:
        Invalid: an unknown value, one out of range, or a model of another service.
    """
    try:
        policy = Values.of(values)
    except ValueError as error:
        raise Invalid(f"{error}.", attr="values") from error
    for name in MODELS:
        if not _may_name(getattr(policy, name)):
            raise Invalid(
                f"{name} must be hub, none, or a model of the service that the hub uses.",
                attr="values",
            )
    return policy


def _may_name(model: str) -> bool:
    """Whoever writes a policy chooses a model, not whom the hub's key and texts are sent to."""
    if model in {MODEL_OF_THE_HUB, NO_MODEL} or not settings.LLM_MODEL:
        return True
    return language.is_of_the_service(model)
