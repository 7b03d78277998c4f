"""Writing what a run decided: clusters persist, only changes leave rows."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from apps.audit.services import events
from apps.curation.core.groups import Member
from apps.curation.core.policy import ENGINE_VERSION
from apps.curation.models import (
    Candidate,
    CandidateMember,
    CandidateStatus,
    Cluster,
    ClusterMember,
    CurationRun,
    Decision,
    Link,
)
from apps.curation.services import attention, lineage, publication
from apps.curation.services.assessment import Assessed
from apps.curation.services.gathering import Gathered
from apps.kernel import clock
from apps.memories.models import Memory
from apps.spaces.models import Space
from apps.spaces.services import grants


@dataclass(slots=True)
class Changes:
    """What a run newly wrote."""

    decisions: int = 0
    published: int = 0
    requests: int = 0
    corroborated: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)


class Reconciliation:
    """Applies the assessed groups of one run inside the caller's transaction."""

    def __init__(self, run: CurationRun, gathered: Gathered) -> None:
        self._run = run
        self._memories = gathered.memories
        self._now = clock.now()
        self._spaces = Space.objects.filter(organisation_id=run.organisation_id).in_bulk()
        self._readers = grants.readers(self._spaces)
        self.changes = Changes()

    def apply(self, assessed: Sequence[Assessed]) -> Changes:
        """Write clusters, new decisions, and what follows from them."""
        clusters = self._clusters(assessed)
        latest = _latest_decisions(clusters)
        known = self._answered(clusters)
        fresh = []
        for found, cluster in zip(assessed, clusters, strict=True):
            self.changes.verdicts[found.decision.verdict] += 1
            self.changes.reasons.update(found.decision.reasons)
            unasked = found.decision.verdict == "review" and (cluster.pk, found.target) not in known
            news = unasked or _is_news(found, latest.get(cluster.pk))
            if news and self._takes_writes(found):
                fresh.append((found, cluster, self._decision(found, cluster)))
        Decision.objects.bulk_create(decision for _, _, decision in fresh)
        self.changes.decisions = len(fresh)
        for found, cluster, decision in fresh:
            self._act(found, cluster, decision)
        self._withdraw_unsupported(assessed, clusters)
        return self.changes

    def _answered(self, clusters: Sequence[Cluster]) -> set[tuple[int, int | None]]:
        """Cluster and target of every request that is pending or was decided; not of withdrawn."""
        asked = Candidate.objects.filter(cluster__in=clusters).exclude(status="withdrawn")
        return set(asked.values_list("cluster_id", "target_id"))

    def _takes_writes(self, found: Assessed) -> bool:
        """A closed space is left alone; what is due there is decided once it opens."""
        return found.target is None or not self._spaces[found.target].read_only

    def _withdraw_unsupported(
        self, assessed: Sequence[Assessed], clusters: Sequence[Cluster]
    ) -> None:
        """Requests whose notes were withdrawn, made private or changed so that nothing asks now."""
        asked = {
            (cluster.pk, found.target)
            for found, cluster in zip(assessed, clusters, strict=True)
            if found.decision.verdict == "review" or "gate.kill_switch" in found.decision.reasons
        }
        pending = (
            Candidate.objects.pending().select_related("target").select_for_update(of=("self",))
        )
        for request in pending.filter(target__organisation_id=self._run.organisation_id):
            if (request.cluster_id, request.target_id) not in asked:
                self._withdraw(request, "no longer supported by its notes")

    def _clusters(self, assessed: Sequence[Assessed]) -> list[Cluster]:
        """The cluster of each group: the one most of its members are in, or a new one."""
        member_of = lineage.members(self._memories)
        claims = lineage.claims([found.group for found in assessed], member_of)
        known = Cluster.objects.in_bulk(list(claims.values()))
        clusters = []
        for position, found in enumerate(assessed):
            cluster = known.get(claims.get(position, 0))
            clusters.append(cluster or self._new_cluster(found))
        Cluster.objects.bulk_create(cluster for cluster in clusters if cluster.pk is None)
        self._keep_members(assessed, clusters)
        return clusters

    def _new_cluster(self, found: Assessed) -> Cluster:
        return Cluster(
            organisation_id=self._run.organisation_id,
            canonical_id=found.group.canonical,
            created_at=self._now,
        )

    def _keep_members(self, assessed: Sequence[Assessed], clusters: Sequence[Cluster]) -> None:
        stored = {
            memory: (cluster, link, statement)
            for memory, cluster, link, statement in ClusterMember.objects.filter(
                memory__in=list(self._memories)
            ).values_list("memory_id", "cluster_id", "link", "statement")
        }
        rows = []
        for found, cluster in zip(assessed, clusters, strict=True):
            if cluster.canonical_id != found.group.canonical:
                Cluster.objects.filter(pk=cluster.pk).update(canonical=found.group.canonical)
            number = {pk: n for n, ids in enumerate(found.group.statements) for pk in ids}
            for member in found.group.members:
                wanted = (cluster.pk, member.link, number[member.note])
                if stored.get(member.note) != wanted:
                    rows.append(
                        ClusterMember(
                            cluster=cluster,
                            memory_id=member.note,
                            link=_link(found, member),
                            statement=number[member.note],
                        )
                    )
        ClusterMember.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["memory"],
            update_fields=["cluster", "link", "statement"],
        )

    def _decision(self, found: Assessed, cluster: Cluster) -> Decision:
        return Decision(
            run=self._run,
            cluster=cluster,
            target_id=found.target,
            verdict=found.decision.verdict,
            score=found.decision.score,
            reasons=list(found.decision.reasons),
            inputs=found.inputs(),
            evidence_hash=found.evidence_hash,
            policy_version=found.in_force.version,
            engine_version=ENGINE_VERSION,
            created_at=self._now,
        )

    def _act(self, found: Assessed, cluster: Cluster, decision: Decision) -> None:
        if found.decision.verdict == "promote":
            self._publish(found, cluster, decision)
        elif found.decision.verdict == "review":
            self._ask(found, cluster, decision)
        elif found.decision.verdict == "corroborate":
            self._corroborate(found)

    def _publish(self, found: Assessed, cluster: Cluster, decision: Decision) -> None:
        target = self._target(found)
        sources = self._standing(found)
        wording = next((memory for memory in sources if memory.pk == found.wording), None)
        if wording is None:  # withdrawn while the run was deciding; the next run sees what is left
            return
        for pending in Candidate.objects.filter(cluster=cluster, target=target).pending():
            self._withdraw(pending, "published by its outcomes")
        published = publication.publish(
            target=target,
            wording=wording,
            sources=sources,
            by=self._by(),
            reason=", ".join(found.decision.reasons),
        )
        candidate = self._candidate(found, cluster, decision, wording.text)
        candidate.status = CandidateStatus.APPROVED
        candidate.published = published.memory
        candidate.decided_at = self._now
        candidate.reason = "published by policy"
        candidate.save(force_insert=True)
        self._show_members(candidate, found)
        self.changes.published += 1

    def _ask(self, found: Assessed, cluster: Cluster, decision: Decision) -> None:
        """One request per cluster and target: opened, brought up to date, or left rejected."""
        earlier = Candidate.objects.filter(cluster=cluster, target_id=found.target)
        pending = earlier.pending().select_for_update().first()
        if pending is not None:
            self._refresh(pending, found, decision)
            return
        settled = earlier.filter(
            members_hash=found.members_hash, status__in=["rejected", "approved", "merged"]
        )
        if settled.exists():
            return
        text = self._memories[found.group.canonical].text
        candidate = self._candidate(found, cluster, decision, text)
        candidate.save(force_insert=True)
        self._show_members(candidate, found)
        self.changes.requests += 1
        self._record("candidate.propose", candidate, reason=", ".join(found.decision.reasons))

    def _refresh(self, pending: Candidate, found: Assessed, decision: Decision) -> None:
        """A reviewer who had it open is told so by the revision."""
        pending.decision = decision
        attention.rank(pending, self._readers)
        if pending.members_hash != found.members_hash:
            pending.members_hash = found.members_hash
            if not pending.edited:
                pending.text = self._memories[found.group.canonical].text
        pending.members.all().delete()  # how they hang together may have changed as well
        self._show_members(pending, found)
        pending.revision += 1
        pending.save()

    def _withdraw(self, pending: Candidate, reason: str) -> None:
        pending.status, pending.reason = CandidateStatus.WITHDRAWN, reason
        pending.decided_at = self._now
        pending.revision += 1
        pending.save()
        self._record("candidate.withdraw", pending, reason=reason)

    def _corroborate(self, found: Assessed) -> None:
        assert found.published is not None, "corroborate means it is published"  # noqa: S101
        published = Memory.objects.select_related("space").get(pk=found.published)
        sources = self._standing(found)
        self.changes.corroborated += len(
            publication.corroborate(published=published, sources=sources, by=self._by())
        )

    def _standing(self, found: Assessed) -> list[Memory]:
        judged = {pk: self._memories[pk].revision for pk in found.statement}
        return publication.standing(self._run.organisation_id, judged)

    def _candidate(
        self, found: Assessed, cluster: Cluster, decision: Decision, text: str
    ) -> Candidate:
        candidate = Candidate(
            cluster=cluster,
            target=self._target(found),
            decision=decision,
            text=text,
            members_hash=found.members_hash,
            created_at=self._now,
        )
        attention.rank(candidate, self._readers)
        return candidate

    def _show_members(self, candidate: Candidate, found: Assessed) -> None:
        independent = _first_of(found, self._memories)
        proven = candidate.status == CandidateStatus.APPROVED
        shown = found.statement if proven else found.shown
        CandidateMember.objects.bulk_create(
            CandidateMember(
                candidate=candidate,
                memory_id=member.note,
                revision=self._memories[member.note].revision,
                person_id=self._memories[member.note].owner_id,
                link=_link(found, member),
                independent=member.note in independent,
            )
            for member in found.group.members
            if member.note in shown
        )

    def _target(self, found: Assessed) -> Space:
        assert found.target is not None, "without a space above, the verdict is hold"  # noqa: S101
        return self._spaces[found.target]

    def _record(self, action: str, candidate: Candidate, *, reason: str) -> None:
        events.record(
            action=action,
            by=self._by(),
            space=candidate.target.public_id,
            object_type="candidate",
            object_ids=[candidate.public_id],
            reason=reason,
        )

    def _by(self) -> events.By:
        return events.By(organisation=self._run.organisation.public_id)


def _first_of(found: Assessed, memories: dict[int, Memory]) -> set[int]:
    """The earliest memory of each independent person."""
    first: dict[int, Memory] = {}
    mine = defaultdict(list)
    for member in found.group.members:
        mine[memories[member.note].owner_id].append(memories[member.note])
    for person in found.group.independent_people:
        first[person] = min(mine[person], key=lambda memory: (memory.created_at, memory.pk))
    return {memory.pk for memory in first.values()}


def _link(found: Assessed, member: Member) -> str:
    """How a member hangs together with what would be published."""
    if found.group.canonical in found.statement:
        return member.link
    return str(Link.CERTAIN if member.note in found.statement else Link.LIKELY)


def _latest_decisions(clusters: Sequence[Cluster]) -> dict[int, tuple[object, ...]]:
    rows = (
        Decision.objects.filter(cluster__in=clusters)
        .order_by("cluster_id", "-id")
        .distinct("cluster_id")
        .values_list("cluster_id", "evidence_hash", "verdict", "target_id")
    )
    return {cluster: tuple(rest) for cluster, *rest in rows}


def _is_news(found: Assessed, before: tuple[object, ...] | None) -> bool:
    """Whether this decision differs from the cluster's last one.

    That a fact is shared now, because the last decision or its reviewer published it, is no news.
    """
    if before is None:
        return True
    evidence, verdict, target = before
    same = (evidence, target) == (found.evidence_hash, found.target)
    return not (same and found.decision.verdict in {verdict, "corroborate"})
