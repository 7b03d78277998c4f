"""What the archivist holds of a person: words in proposals and drafts, reasons of decisions."""

from collections import Counter
from collections.abc import Sequence

from apps.consolidation.models import (
    ArchivistPolicy,
    Brief,
    BriefSource,
    Change,
    ChangeSource,
    Draft,
    Proposal,
    ProposalSource,
    ProposalStatus,
)
from apps.memories.models import Memory


def forget_sources(ids: Sequence[int]) -> Counter[str]:
    """Words that these memories, being erased, lent to others; rows by table.

    Nobody can tell whose words are whose in a proposal or a draft, so they go as a whole. That a
    memory went into a change stays as a number: the next run restores what is left of it.
    """
    counts: Counter[str] = Counter()
    shown = ProposalSource.objects.filter(memory__in=ids)
    affected = list(shown.values_list("proposal_id", flat=True).distinct())
    proposals = Proposal.objects.filter(pk__in=affected)
    proposals.filter(status=ProposalStatus.PENDING).update(status=ProposalStatus.STALE)
    said = proposals.exclude(text="", claims=[])
    counts["consolidation_proposal"] = said.update(text="", claims=[], lead=None)
    counts["consolidation_proposalsource"] = shown.delete()[0]
    sources = ChangeSource.objects.filter(memory__in=ids).exclude(content_hash="")
    counts["consolidation_changesource"] = sources.update(content_hash="")
    quoting = BriefSource.objects.filter(memory__in=ids).values_list("brief", flat=True)
    briefs = Brief.objects.filter(pk__in=list(quoting))
    counts["consolidation_brief"] = briefs.count()
    briefs.delete()  # made anew of what is left
    spaces = Memory.objects.filter(pk__in=ids).values("space")
    counts["consolidation_draft"] = Draft.objects.filter(space__in=spaces).delete()[0]
    return counts


def forget_reasons(users: Sequence[int]) -> Counter[str]:
    """Reasons that these people gave; what they decided stays. Rows by table."""
    counts: Counter[str] = Counter()
    decided = Proposal.objects.filter(reviewer__in=users).exclude(reason="")
    counts["consolidation_proposal"] = decided.update(reason="")
    undone = Change.objects.filter(undone_by__in=users).exclude(reason="")
    counts["consolidation_change"] = undone.update(reason="")
    policies = ArchivistPolicy.objects.filter(author__in=users).exclude(reason="")
    counts["consolidation_archivistpolicy"] = policies.update(reason="")
    return counts
