"""Emptying memories: content, history, index, what was said of them. The rows stay, as numbers."""

from collections import Counter
from collections.abc import Sequence

from django.db.models import F

from apps.curation.models import CleanScreening, Cluster, ClusterMember, Screening
from apps.governance.services import consolidated, opinions
from apps.governance.services.subjects import texts_of
from apps.governance.services.warrants import Warrant
from apps.kernel import clock
from apps.memories.models import Memory, MemoryIndex, MemoryRevision, OutcomeUse, Provenance, Status
from apps.memories.services import memories as memory_services
from apps.recall.models import Feedback, Report

REASON = "erased"


def blank(warrant: Warrant, locked: Sequence[Memory]) -> Counter[str]:
    """Erase locked memories; returns rows by table. Runs inside the caller's transaction."""
    counts: Counter[str] = Counter()
    if not locked:
        return counts
    ids = [memory.pk for memory in locked]
    texts = texts_of(locked)
    counts["curation_opinion"] += opinions.forget(warrant.organisation_id, texts)
    counts["memories_memory"] += _empty(ids)
    counts["memories_memoryindex"] += MemoryIndex.objects.filter(memory__in=ids).delete()[0]
    counts["memories_provenance"] += Provenance.objects.filter(memory__in=ids).delete()[0]
    counts.update(warrant.call("governance_blank_history", ids))
    counts.update(warrant.call("governance_blank_evidence", ids))
    counts.update(_marks(ids))
    counts.update(consolidated.forget_sources(ids))
    counts.update(_said_of(ids))
    counts["kernel_idempotencyrecord"] += warrant.forget_answers(
        memory.public_id for memory in locked
    )
    return counts


def _empty(ids: Sequence[int]) -> int:
    """The rows themselves, and a last revision that says so."""
    now = clock.now()
    rows = Memory.objects.filter(pk__in=ids)
    changed = rows.update(
        status=Status.ERASED,
        text="",
        tags=[],
        metadata={},
        session_id="",
        language="",
        content_hash="",
        revision=F("revision") + 1,
        occurred_at=F("created_at"),
        valid_from=None,
        valid_to=None,
        expires_at=None,
        updated_at=now,
    )
    last = []
    for memory in rows.order_by("pk"):
        revision = memory_services.snapshot(memory, None)
        revision.reason = REASON
        last.append(revision)
    MemoryRevision.objects.bulk_create(last)
    return changed


def _marks(ids: Sequence[int]) -> Counter[str]:
    """Marks of the screen, places in clusters, and hashes of the words."""
    counts: Counter[str] = Counter()
    counts["curation_screening"] = Screening.objects.filter(memory__in=ids).delete()[0]
    counts["curation_cleanscreening"] = CleanScreening.objects.filter(memory__in=ids).delete()[0]
    counts["curation_clustermember"] = ClusterMember.objects.filter(memory__in=ids).delete()[0]
    for cluster in Cluster.objects.filter(canonical__in=ids).order_by("pk"):
        heir = cluster.members.order_by("pk").first()
        if heir is not None:
            Cluster.objects.filter(pk=cluster.pk).update(canonical_id=heir.memory_id)
    used = OutcomeUse.objects.filter(memory__in=ids).exclude(content_hash="")
    counts["memories_outcomeuse"] = used.update(content_hash="")
    return counts


def _said_of(ids: Sequence[int]) -> Counter[str]:
    """What others noted about them may repeat what they said."""
    counts: Counter[str] = Counter()
    said = Feedback.objects.filter(memory__in=ids).exclude(note="", content_hash="")
    counts["recall_feedback"] = said.update(note="", content_hash="")
    reports = Report.objects.filter(memory__in=ids).exclude(reason="")
    counts["recall_report"] = reports.update(reason="")
    return counts
