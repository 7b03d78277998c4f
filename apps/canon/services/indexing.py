"""Sections made findable: by words with the merge, by meaning soon after, with each model in use.

Rows follow `encoders.written()` by themselves: those a model lacks are added, those of a model that
is no longer kept are deleted. So changing the embedding model needs no step of its own here.
"""

from collections.abc import Sequence
from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from pgvector import HalfVector

from apps.canon.core import documents
from apps.canon.core.documents import Document as Parsed
from apps.canon.models import Revision, Section, SectionIndex
from apps.canon.querysets import SectionQuerySet
from apps.kernel import clock, jobs
from apps.memories.core import language
from apps.memories.services import encoders
from apps.memories.services.index import Lexical, lexical_of
from apps.providers.embedders import Embedder
from apps.providers.errors import EmbedderUnavailable

logger = structlog.get_logger(__name__)

_TASK = "canon.embed_sections"
_LEASE = timedelta(minutes=2)
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=10), timedelta(hours=1)
_ALONE_AFTER = 3  # failed attempts after which a section is tried by itself


def index(revision: Revision, parsed: Parsed) -> None:
    """Make the sections of a revision that was just written; their vectors are pending work."""
    found = []
    for place, part in enumerate(documents.sections(parsed.body)):
        section = Section(
            revision=revision,
            space_id=revision.space_id,
            place=place,
            anchor=part.anchor[:300],
            heading=" › ".join(part.heading),
            text=part.text,
            known_from=revision.merged_at,
        )
        words = _lexical(section)
        section.lexemes = words.lexemes
        found.append((section, words))
    Section.objects.bulk_create(section for section, _ in found)
    for embedder in encoders.written():
        _add(embedder.model, found)
    if found:
        jobs.enqueue(_TASK)


def embed_pending(*, batch: int = 32) -> int:
    """Bring up to `batch` sections of each model to what they should have; how many were done.

    A claim is a lease, and what fails is pushed ahead with growing waits, at last alone: a model
    that is down loses nothing.
    """
    return sum(_fill(each.model, batch) + _embed(each, batch) for each in encoders.written())


def sweep() -> int:
    """Delete rows of models that are no longer kept; how many."""
    kept = [embedder.model for embedder in encoders.written()]
    return int(SectionIndex.objects.exclude(model__in=kept).delete()[0])


def missing(model: str) -> int:
    """Sections that cannot be found by meaning with this model yet."""
    pending = SectionIndex.objects.pending().filter(model=model)
    return int(_lacking(model).count() + pending.count())


def _lacking(model: str) -> SectionQuerySet:
    rows = SectionIndex.objects.filter(section=OuterRef("pk"), model=model)
    lacking: SectionQuerySet = Section.objects.filter(~Exists(rows))
    return lacking.select_related("revision").order_by("pk")


def _fill(model: str, batch: int) -> int:
    """Write the rows that sections lack of a model; two workers at once write them once."""
    sections = list(_lacking(model)[:batch])
    return _add(model, [(section, _lexical(section)) for section in sections])


def _add(model: str, found: Sequence[tuple[Section, Lexical]]) -> int:
    now = clock.now()
    rows = SectionIndex.objects.bulk_create(
        (
            SectionIndex(
                section=section,
                space_id=section.space_id,
                model=model,
                terms=words.terms,
                next_attempt_at=now,
            )
            for section, words in found
        ),
        ignore_conflicts=True,
    )
    return len(rows)


def _embed(embedder: Embedder, batch: int) -> int:
    rows = _claim(embedder.model, batch)
    if not rows:
        return 0
    try:
        # Outside any transaction: it may be a network call
        vectors = embedder.embed([_words(row.section) for row in rows])
    except EmbedderUnavailable as error:
        _push_ahead(rows)
        logger.warning("canon_vectors_pending", count=len(rows), error=str(error))
        return 0
    for row, vector in zip(rows, vectors, strict=True):
        row.embedding = HalfVector(vector)
    SectionIndex.objects.bulk_update(rows, ["embedding"])
    return len(rows)


@transaction.atomic
def _claim(model: str, batch: int) -> list[SectionIndex]:
    now = clock.now()
    due = SectionIndex.objects.due(now).filter(model=model).select_related("section__revision")
    rows = list(due.select_for_update(skip_locked=True, of=("self",)).defer("terms")[:batch])
    if rows and rows[0].attempts >= _ALONE_AFTER:
        rows = rows[:1]
    else:
        rows = [row for row in rows if row.attempts < _ALONE_AFTER]
    SectionIndex.objects.filter(pk__in=[row.pk for row in rows]).update(
        next_attempt_at=now + _LEASE, attempts=F("attempts") + 1
    )
    return rows


def _push_ahead(rows: Sequence[SectionIndex]) -> None:
    now = clock.now()
    for row in rows:
        row.next_attempt_at = now + min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(row.attempts, 12))
    SectionIndex.objects.bulk_update(rows, ["next_attempt_at"])


def _words(section: Section) -> str:
    """What is searched of a section: its text under the names it stands below."""
    return f"{section.revision.title}\n{section.heading}\n{section.text}"


def _lexical(section: Section) -> Lexical:
    words = _words(section)
    return lexical_of(words, language.detect(words))
