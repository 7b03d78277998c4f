"""When knowledge of a shared space is worth proposing for the space above.

Three things must all be there, and each is something that people did: several of them said it
independently, others confirmed it or succeeded with it, and its words have held. Nobody's
contradiction stands against it. How often it was read, how old it is and what a machine did to it
are not asked at all, so no amount of them can stand in for any of the three.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.consolidation.core.policy import ArchivistPolicy

NEVER = frozenset({"preference", "episode", "summary", "brief"})


@dataclass(frozen=True, slots=True)
class Evidence:
    """What people did about a memory of a shared space. Agents count as nobody.

    Attributes:
        kind: of the memory.
        sealed: whether it is sensitive or private.
        marked: whether the screen finds a secret, personal data or an instruction in it.
        witnesses: people who said it themselves, independently of one another.
        confirmers: people who confirmed it in person, or reported in person that a task which used
            it in its present words succeeded.
        opponents: people who contradicted it or called it harmful since its words changed last.
        said_at: when its words were last changed by anybody, or were first said.
        reads: how often it was read; not asked.
    """

    kind: str
    sealed: bool
    marked: bool
    witnesses: frozenset[int]
    confirmers: frozenset[int]
    opponents: frozenset[int]
    said_at: datetime
    reads: int = 0


def objections(evidence: Evidence, policy: ArchivistPolicy, now: datetime) -> tuple[str, ...]:
    """Why it is not proposed; empty when it is.

    Codes: `kind`, `private`, `marked`, `few_witnesses`, `unconfirmed`, `contradicted`, `young`.
    """
    independent = evidence.confirmers - evidence.witnesses
    found = {
        "kind": evidence.kind in NEVER,
        "private": evidence.sealed,
        "marked": evidence.marked,
        "few_witnesses": len(evidence.witnesses) < max(2, policy.min_people),
        "unconfirmed": len(independent) < max(1, policy.min_confirming_people),
        "contradicted": bool(evidence.opponents),
        "young": now - evidence.said_at < timedelta(days=policy.stable_days),
    }
    return tuple(code for code, holds in found.items() if holds)
