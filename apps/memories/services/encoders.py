"""The embedding models in use: which one answers questions, which ones every write is kept in.

Rows say so once a migration has begun (`migration`), the settings before. Every process reads the
rows anew after two seconds, so that a switch needs no restart. What the processes believe in
between may differ; it does no harm, because all models in use are kept current by all of them.
"""

import os
import time
from dataclasses import dataclass

from django.conf import settings

from apps.memories.models import EmbeddingModel, EmbeddingRole
from apps.providers.embedders import (
    Embedder,
    EmbeddingSettings,
    embedder_of,
    expect,
    get_embedder,
)

REMEMBERED = 2.0  # seconds

_ORDER = (EmbeddingRole.ACTIVE, EmbeddingRole.PREVIOUS, EmbeddingRole.NEXT)
_KEY = "EMBEDDING_API_KEY"


@dataclass
class _Known:
    rows: tuple[EmbeddingModel, ...] = ()
    until: float = 0.0


_known = _Known()


def active() -> Embedder:
    """The model that questions are asked with.

    Raises:
        ImproperlyConfigured: the settings name no usable model.
    """
    return written()[0]


def written() -> tuple[Embedder, ...]:
    """All models a memory must have a row of, the active one first.

    Raises:
        ImproperlyConfigured: as `active`.
    """
    rows = _rows()
    if not rows:
        return (get_embedder(),)
    embedders = tuple(embedder_of(config_of(row)) for row in rows)
    for embedder in embedders:  # long before a switch makes it answer
        expect(embedder)
    return embedders


def config_of(row: EmbeddingModel) -> EmbeddingSettings:
    """How to build the embedder of a row; its key comes from this process's environment."""
    return EmbeddingSettings(
        model=row.name,
        compute=row.compute or settings.EMBEDDING_COMPUTE,
        var_dir=settings.VAR_DIR,
        api_base=row.api_base or None,
        api_key=key_of(row.api_key_variable),
        dimensions=row.dimensions,
        languages=frozenset(row.languages),
    )


def forget() -> None:
    """Read the rows anew on the next use."""
    _known.until = 0.0


def _rows() -> tuple[EmbeddingModel, ...]:
    now = time.monotonic()
    if now >= _known.until:
        found = sorted(EmbeddingModel.objects.all(), key=lambda row: _ORDER.index(row.role))
        _known.rows, _known.until = tuple(found), now + REMEMBERED
    return _known.rows


def key_of(variable: str) -> str | None:
    if variable == _KEY:  # may come from a file, which only the settings read
        return settings.EMBEDDING_API_KEY or None
    return os.environ.get(variable) or None
