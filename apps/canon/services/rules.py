"""What a space asks of changes to canon, in versions; a space without rules inherits from above."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.canon.core.review import Rules
from apps.canon.models import ReviewRules
from apps.kernel import isolation
from apps.kernel.errors import Forbidden, Invalid
from apps.spaces import access
from apps.spaces.core.ancestry import nearest
from apps.spaces.models import Space
from apps.spaces.services import tree, versions

if TYPE_CHECKING:
    from apps.accounts.actors import Actor


@dataclass(frozen=True, slots=True)
class InForce:
    """Rules with the version they were read from; version 0 is the built-in default."""

    version: int
    rules: Rules


def of_space(space: Space) -> InForce:
    """The rules of a space, or of the nearest one above that has some."""
    parent_of = tree.parents(space.organisation_id)
    rows = {
        row.space_id: row
        for row in ReviewRules.objects.filter(space__in=list(parent_of)).in_force()
    }
    found = nearest(space.pk, parent_of, rows)
    if found is None:
        return InForce(0, Rules())
    return InForce(rows[found].version, Rules.of(rows[found].values))


def reviewers_of(space: Space) -> set[UUID]:
    """Public ids of the people who may review a space now."""
    people = User.objects.filter(
        is_active=True,
        membership__organisation=space.organisation_id,
        groups__spacegrouppermission__content_object=space,
        groups__spacegrouppermission__permission__codename="review_space",
    )
    return set(people.values_list("public_id", flat=True))


@transaction.atomic
def change(*, actor: "Actor", space: Space, values: Mapping[str, Any], reason: str) -> ReviewRules:
    """A new version of a space's rules.

    Args:
        actor: who changes them.
        space: whose rules.
        values: `approvals` (people, 1 to 10) and `owners`, rows of `glob` and `people` (ids).
        reason: why, for everybody who reads the versions later.

    Raises:
        Forbidden: the actor does not manage the space.
        Invalid: a value out of range, somebody who is not of the organisation, or no reason.
        ReadOnly: the space takes no writes.
    """
    if not access.of(actor).allows("manage", space.pk):
        raise Forbidden("You may not change the rules of this space.")
    return versions.add(
        ReviewRules.objects,
        actor=actor,
        space=space,
        values=_parsed(space, values).values(),
        reason=reason,
        event=("canon.rules", "canon_rules"),
    )


def _parsed(space: Space, values: Mapping[str, Any]) -> Rules:
    try:
        rules = Rules.of(values)
    except ValueError as error:
        raise Invalid(f"{error}.", attr="values") from error
    named = {person for owners in rules.owners for person in owners.people}
    with isolation.reaching("organisation"):
        known = User.objects.filter(
            public_id__in=named, membership__organisation=space.organisation_id
        ).count()
    if known != len(named):
        raise Invalid("owners names somebody who is not of the organisation.", attr="values")
    return rules
