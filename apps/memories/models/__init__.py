"""The memory (L1 and L3), its revisions, its index, where it came from and how it fared."""

from apps.memories.models.evidence import (
    Confirmation,
    Outcome,
    OutcomeKind,
    OutcomeUse,
    Provenance,
    Stance,
)
from apps.memories.models.index import Corpus, EmbeddingModel, EmbeddingRole, MemoryIndex, TermCount
from apps.memories.models.memory import (
    MOVES,
    Kind,
    Memory,
    MemoryRevision,
    Sensitivity,
    Source,
    Status,
)

__all__ = [
    "MOVES",
    "Confirmation",
    "Corpus",
    "EmbeddingModel",
    "EmbeddingRole",
    "Kind",
    "Memory",
    "MemoryIndex",
    "MemoryRevision",
    "Outcome",
    "OutcomeKind",
    "OutcomeUse",
    "Provenance",
    "Sensitivity",
    "Source",
    "Stance",
    "Status",
    "TermCount",
]
