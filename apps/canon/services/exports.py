"""Canon as files for tools: which documents, as they stand."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.canon.core import exporting
from apps.canon.core.exporting import Export, Format, Item
from apps.canon.models import Document
from apps.canon.services import reading
from apps.kernel import clock

if TYPE_CHECKING:
    from apps.accounts.actors import Actor


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to export.

    Attributes:
        form: one of `exporting.FORMATS`.
        spaces: public ids; empty for every space that is read.
        tags: documents with any of them; empty for all.
        path: a folder or a document; "" for all.
        budget: the most bytes of all files; None for no limit.
    """

    form: Format
    spaces: Sequence[UUID] = ()
    tags: Sequence[str] = ()
    path: str = ""
    budget: int | None = None


def export(*, wanted: Wanted, actor: "Actor | None" = None) -> Export:
    """Documents that hold today as files.

    Args:
        wanted: which, and as what.
        actor: only what they read; None, for an operator's command, is everything.
    """
    rows = Document.objects.all() if actor is None else Document.objects.visible_to(actor)
    found = _filtered(rows.standing(), wanted, clock.now().date())
    return exporting.export(_items(found), form=wanted.form, budget=wanted.budget)


def _filtered(rows: QuerySet[Document], wanted: Wanted, today: date) -> QuerySet[Document]:
    found = rows.filter(
        Q(head__effective_from__isnull=True) | Q(head__effective_from__lte=today),
        Q(head__effective_to__isnull=True) | Q(head__effective_to__gt=today),
        reading.in_folder(wanted.path),
    )
    if wanted.spaces:
        found = found.filter(space__public_id__in=list(wanted.spaces))
    if wanted.tags:
        found = found.filter(head__tags__overlap=list(wanted.tags))
    return found.select_related("head")


def _items(rows: Iterable[Document]) -> list[Item]:
    return [
        Item(
            path=row.path,
            title=row.head.title,
            description=row.head.description,
            tags=tuple(row.head.tags),
            globs=tuple(row.head.matter.get("globs", ())),
            content=row.head.content,
            sha256=row.head.sha256,
        )
        for row in rows
        if row.head is not None
    ]
