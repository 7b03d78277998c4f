"""Reading erasures and holds. `visible_to(actor)` first: for the organisation's administrators."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from apps.spaces import access

if TYPE_CHECKING:
    from apps.accounts.actors import Actor
    from apps.governance.models import Erasure, LegalHold, RetentionRule, RetentionRun


def governed_by(actor: "Actor") -> int | None:
    """Row id of the organisation that the actor administers: in person, by a credential that
    manages and is not limited to spaces; None for everybody else."""
    return access.administered(actor)


class ErasureQuerySet(models.QuerySet["Erasure"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Those of the organisation that the actor administers."""
        governed = governed_by(actor)
        return self.none() if governed is None else self.filter(organisation_id=governed)

    def unfinished(self) -> Self:
        """Queued or running."""
        return self.filter(state__in=["queued", "running"])


class RetentionRuleQuerySet(models.QuerySet["RetentionRule"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Every version, of the organisation that the actor administers."""
        governed = governed_by(actor)
        return self.none() if governed is None else self.filter(space__organisation_id=governed)


class RetentionRunQuerySet(models.QuerySet["RetentionRun"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Those of the organisation that the actor administers."""
        governed = governed_by(actor)
        return self.none() if governed is None else self.filter(organisation_id=governed)


class LegalHoldQuerySet(models.QuerySet["LegalHold"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Those of the organisation that the actor administers."""
        governed = governed_by(actor)
        return self.none() if governed is None else self.filter(organisation_id=governed)

    def in_force(self) -> Self:
        """Not released."""
        return self.filter(released_at__isnull=True)

    def on_person(self, person_id: int, users: Iterable[int]) -> Self:
        """In force on the person, on one of the agents or on the personal space."""
        whole = Q(person_id__in=list(users)) | Q(space__person_id=person_id)
        return self.in_force().filter(whole)
