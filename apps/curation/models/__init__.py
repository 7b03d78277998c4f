"""Policies, runs, clusters of same-fact memories, decisions and what reviewers see of them."""

from apps.curation.models.opinions import ModelUse, Opinion
from apps.curation.models.requests import (
    Approval,
    Candidate,
    CandidateMember,
    CandidateStatus,
    Ruling,
    RulingKind,
    RulingNote,
)
from apps.curation.models.runs import (
    Cluster,
    ClusterMember,
    CurationRun,
    Decision,
    Link,
    Policy,
    RunState,
    VerdictChoice,
)
from apps.curation.models.screening import CleanScreening, Screening, ScreeningState

__all__ = [
    "Approval",
    "Candidate",
    "CandidateMember",
    "CandidateStatus",
    "CleanScreening",
    "Cluster",
    "ClusterMember",
    "CurationRun",
    "Decision",
    "Link",
    "ModelUse",
    "Opinion",
    "Policy",
    "Ruling",
    "RulingKind",
    "RulingNote",
    "RunState",
    "Screening",
    "ScreeningState",
    "VerdictChoice",
]
