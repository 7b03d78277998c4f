"""Which cluster a group continues, and what was decided on it last time. Reads only."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from django.db.models.fields.json import KeyTextTransform

from apps.curation.core.decide import Before, Verdict
from apps.curation.core.groups import Group
from apps.curation.core.policy import PromotionPolicy
from apps.curation.models import ClusterMember, Decision


@dataclass(frozen=True, slots=True)
class Earlier:
    """The last decision on a cluster: what, for which space, under which policy."""

    before: Before
    target: int | None
    policy: PromotionPolicy | None

    def under(self, policy: PromotionPolicy, target: int | None) -> Before | None:
        """What to remember for a decision now; nothing when the policy or the target is another.

        A curator who moves a threshold means it: memory is against noise in what is measured.
        """
        return self.before if (self.policy, self.target) == (policy, target) else None


def claims(groups: Sequence[Group], member_of: Mapping[int, int]) -> dict[int, int]:
    """Which group, by position, keeps which cluster: most members first, each cluster once."""
    votes = []
    for position, group in enumerate(groups):
        counted = Counter(member_of[m.note] for m in group.members if m.note in member_of)
        votes += [(-count, position, cluster) for cluster, count in counted.items()]
    kept: dict[int, int] = {}
    taken: set[int] = set()
    for _, position, cluster in sorted(votes):
        if position not in kept and cluster not in taken:
            kept[position] = cluster
            taken.add(cluster)
    return kept


def members(memory_ids: Iterable[int]) -> dict[int, int]:
    """The cluster each of these memories is in, for those that are in one."""
    rows = ClusterMember.objects.filter(memory__in=list(memory_ids))
    return dict(rows.values_list("memory_id", "cluster_id"))


def earlier(groups: Sequence[Group], memory_ids: Iterable[int]) -> dict[int, Earlier]:
    """The last decision on the cluster that each group continues, by position of the group."""
    kept = claims(groups, members(memory_ids))
    last = _last_decisions(kept.values())
    return {position: last[cluster] for position, cluster in kept.items() if cluster in last}


def _last_decisions(clusters: Iterable[int]) -> dict[int, Earlier]:
    rows = (
        Decision.objects.filter(cluster__in=list(clusters))
        .order_by("cluster_id", "-id")
        .distinct("cluster_id")
        .annotate(policy=KeyTextTransform("policy", "inputs"))
        .values_list("cluster_id", "verdict", "reasons", "target_id", "policy")
    )
    policies: dict[str | None, PromotionPolicy | None] = {}  # few differ among many decisions
    found = {}
    for cluster, verdict, reasons, target, stored in rows.iterator():
        if stored not in policies:
            policies[stored] = _policy(json.loads(stored or "{}"))
        before = Before(cast("Verdict", verdict), tuple(reasons))
        found[cluster] = Earlier(before, target, policies[stored])
    return found


def _policy(values: Mapping[str, Any]) -> PromotionPolicy | None:
    """The policy of an earlier decision; None when it was none that this engine knows."""
    try:
        return PromotionPolicy.stored(values) if values else None
    except ValueError:
        return None
