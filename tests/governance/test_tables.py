"""Every table that could hold something of a person is in the registry, and nothing else is."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchVectorField
from django.db import connection, models
from pgvector.django import HalfVectorField, SparseVectorField, VectorField

from apps.governance import sql
from apps.governance.core.tables import BY_LABEL, TABLES

_TELLING = (
    models.CharField,
    models.TextField,
    models.JSONField,
    ArrayField,
    SearchVectorField,
    HalfVectorField,
    SparseVectorField,
    VectorField,
    models.BinaryField,
    models.FileField,
    models.GenericIPAddressField,
)
# They hold no text, yet tell of a person: who belongs where, whose note is alike or was shown
_BY_NUMBERS = {
    "spaces.Membership", "curation.ClusterMember", "curation.CandidateMember",
    "consolidation.BriefSource",
}  # fmt: skip


def telling(model: Any) -> Iterator[str]:
    """Columns that may hold what somebody wrote: not those with a list of choices."""
    for field in model._meta.concrete_fields:
        if isinstance(field, _TELLING) and not field.choices and not field.primary_key:
            yield field.name


def test_every_model_with_text_is_classified():
    found = {model._meta.label for model in apps.get_models() if any(telling(model))}
    missing = sorted(found - BY_LABEL.keys())
    assert not missing, (
        f"{missing} have text, JSON or array columns: add each to apps/governance/core/tables.py,"
        " and if it holds something of a person, to the steps of an erasure and to the canary."
    )


def test_the_registry_names_no_table_that_is_not_there():
    known = {model._meta.label for model in apps.get_models(include_auto_created=True)}
    assert [table.label for table in TABLES if table.label not in known] == []
    assert len(BY_LABEL) == len(TABLES)
    told = {model._meta.label for model in apps.get_models() if any(telling(model))}
    assert BY_LABEL.keys() - told <= _BY_NUMBERS


def test_what_is_stepped_past_are_the_models_own_triggers(db):
    for label, name in sql.STEPPED_PAST.items():
        model = apps.get_model(label)
        triggers = {trigger.get_pgid(model): trigger for trigger in model._meta.triggers}
        assert name in triggers, label


def test_nobody_but_the_owner_may_step_past_them(db):
    with connection.cursor() as cursor:
        for function in sql.FUNCTIONS:
            cursor.execute(  # a role that has what everybody has
                "SELECT has_function_privilege('pg_checkpoint', %s, 'EXECUTE')", [function]
            )
            assert cursor.fetchone() == (False,), function
