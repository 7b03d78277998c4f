"""Instances from the rows of statements that are written out.

For the few statements that every request runs: building such a query costs more than running it.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar

from django.db import connection, models

M = TypeVar("M", bound=models.Model)


@cache
def selected(model: type[models.Model], alias: str) -> str:
    """A model's columns for a SELECT, of the table called `alias`."""
    return ", ".join(f'{alias}."{field.column}"' for field in _fields(model))


@cache
def width(model: type[models.Model]) -> int:
    """How many columns that are."""
    return len(_fields(model))


def instance(model: type[M], row: Sequence[Any]) -> M:
    """The instance, as a queryset makes it, whose columns a row begins with."""
    return model.from_db(connection.alias, _names(model), row[: width(model)])


@cache
def _names(model: type[models.Model]) -> list[str]:
    return [field.attname for field in _fields(model)]


def _fields(model: type[models.Model]) -> Sequence[Any]:
    return model._meta.concrete_fields  # noqa: SLF001  Django documents it
