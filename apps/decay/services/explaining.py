"""How strong one memory is right now and why, for whoever reads it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection

from apps.curation.services import policies
from apps.decay import sql
from apps.decay.core import strength
from apps.decay.core.policy import PINNED, DecayPolicy
from apps.decay.core.strength import Evidence
from apps.decay.models import DecayMove
from apps.kernel import clock, isolation
from apps.kernel.errors import NotFound
from apps.memories.models import Memory

if TYPE_CHECKING:
    from apps.accounts.actors import Actor


@dataclass(frozen=True, slots=True)
class Explained:
    """The strength of a memory, computed and not stored.

    Attributes:
        strength: in [0, 1); None for a kind that does not decay.
        confidence: what the evidence alone says, in (0, 1).
        since: when it was last said, confirmed or brought back.
        fades_at: when it comes below the floor if nothing happens; None for never.
        floor: of the policy of its space.
        half_life_days: of its kind, reading not counted; None for a kind that does not decay.
        pinned: whether its tag keeps it; what else protects it is not told.
    """

    id: UUID
    kind: str
    strength: float | None
    confidence: float
    since: datetime
    fades_at: datetime | None
    floor: float
    half_life_days: int | None
    evidence: Evidence
    pinned: bool


def explain(*, actor: "Actor", memory: UUID) -> Explained:
    """The strength of a memory that the actor reads, by the policy of its space.

    Raises:
        NotFound: there is no such memory for this actor.
    """
    found = Memory.objects.visible_to(actor).filter(public_id=memory).first()
    if found is None:
        raise NotFound
    in_force = policies.in_force(found.organisation_id, found.space_id)
    policy, now = DecayPolicy.of(in_force.policy), clock.now()
    with isolation.reaching("organisation"):  # counts of people; nobody is named
        evidence = _known(found, policy, now)
        back = DecayMove.objects.filter(memory=found, restored_at__isnull=False)
        restored = back.order_by("-restored_at").values_list("restored_at", flat=True).first()
    moments = (found.created_at, found.corroborated_at, restored)
    since = max(moment for moment in moments if moment is not None)
    lifetime = policy.lifetime(found.kind, evidence)
    half_life = policy.half_life(found.kind)
    return Explained(
        id=found.public_id,
        kind=found.kind,
        strength=policy.strength(found.kind, evidence, now - since),
        confidence=strength.confidence(evidence),
        since=since,
        fades_at=None if lifetime is None or not policy.on else since + lifetime,
        floor=policy.floor,
        half_life_days=half_life.days if half_life else None,
        evidence=evidence,
        pinned=PINNED in found.tags,
    )


def _known(memory: Memory, policy: DecayPolicy, now: datetime) -> Evidence:
    """What is known of a memory."""
    values: dict[str, Any] = {
        "organisation": memory.organisation_id,
        "memory": memory.pk,
        "read_since": now - timedelta(days=policy.read_days),
        "most": strength.MOST,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql.evidence_of_one(), values)
        row = cursor.fetchone()
    return Evidence(*row) if row else strength.NONE
