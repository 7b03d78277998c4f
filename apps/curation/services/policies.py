"""Which policy is in force where, and changing it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from apps.curation.core import policy as rules
from apps.curation.core.policy import DEFAULT, PromotionPolicy
from apps.curation.models import Policy
from apps.kernel.errors import Forbidden, Invalid
from apps.spaces import access
from apps.spaces.core.ancestry import nearest
from apps.spaces.models import Organisation, Space
from apps.spaces.services import organisations, tree, versions

if TYPE_CHECKING:
    from apps.accounts.actors import Actor


@dataclass(frozen=True, slots=True)
class InForce:
    """A policy with the version it was read from; version 0 is the built-in default."""

    version: int
    policy: PromotionPolicy


class Policies:
    """Every policy of an organisation, read once; a space without one inherits from above.

    With `stopped` each of them publishes nothing, whatever it says.
    """

    def __init__(
        self,
        organisation_id: int,
        parent_of: Mapping[int, int | None] | None = None,
        *,
        stopped: bool = False,
    ) -> None:
        rows = Policy.objects.filter(space__organisation_id=organisation_id).in_force()
        self._rows = {row.space_id: row for row in rows}
        self._parent_of = tree.parents(organisation_id) if parent_of is None else parent_of
        self._stopped = stopped

    def of(self, space_id: int | None) -> InForce:
        """The policy of a space or of the nearest space above that has one."""
        found = self._written(space_id)
        if not self._stopped:
            return found
        return InForce(found.version, replace(found.policy, kill_switch=True))

    def _written(self, space_id: int | None) -> InForce:
        found = nearest(space_id, self._parent_of, self._rows)
        if found is None:
            return InForce(0, DEFAULT)
        row = self._rows[found]
        return InForce(row.version, PromotionPolicy.stored(row.values))


def in_force(organisation_id: int, space_id: int) -> InForce:
    """What is in force for one space of an organisation."""
    return Policies(organisation_id).of(space_id)


def of_organisation(organisation: Organisation) -> PromotionPolicy:
    """What is in force for the organisation's own space."""
    return in_force(organisation.pk, organisations.root_of(organisation).pk).policy


def change(
    *,
    actor: "Actor",
    space: Space,
    values: Mapping[str, Any],
    reason: str,
    preset: str = "default",
    expected_version: int | None = None,
) -> Policy:
    """A new version of a space's policy; what `values` leaves out is as in the preset.

    Args:
        actor: who changes it.
        space: whose policy.
        values: by name; see `docs/reference/policy.md`.
        reason: why, for everybody who reads the versions later.
        preset: `default` or `seed`.
        expected_version: the space's own version that the actor started from, 0 when it had none;
            None overwrites whatever is in force.

    Raises:
        Forbidden: the actor does not manage the space.
        Invalid: an unknown preset or value or one out of range, or no reason.
        PreconditionFailed: another version than `expected_version` is in force.
        ReadOnly: the space or its organisation takes no writes.
    """
    if not access.of(actor).allows("manage", space.pk):
        raise Forbidden("You may not change the policy of this space.")
    return versions.add(
        Policy.objects,
        actor=actor,
        space=space,
        values=parsed(values, preset=preset).values(),
        reason=reason,
        event=("policy.change", "policy"),
        expected_version=expected_version,
    )


def parsed(values: Mapping[str, Any], *, preset: str = "default") -> PromotionPolicy:
    """The policy that `values` over `preset` describe.

    Raises:
        Invalid: an unknown preset or value or one out of range.
    """
    if preset not in rules.PRESETS:
        known = ", ".join(rules.PRESETS)
        raise Invalid(f"preset must be one of: {known}.", attr="preset")
    try:
        return rules.preset(preset, values)
    except ValueError as error:
        raise Invalid(f"{error}.", attr="values") from error
