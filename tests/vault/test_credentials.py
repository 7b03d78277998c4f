"""Stored credentials: opened in their row by their key; a wrong key is an error, never a loss."""

import dataclasses
import uuid

import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from apps.audit.models import AuditEvent
from apps.vault.errors import Unkept, Unopened
from apps.vault.keepers import local
from apps.vault.models import DataKey
from apps.vault.services import credentials, datakeys
from tests.vault.conftest import NEW, OLD

pytestmark = pytest.mark.django_db


def test_a_credential_is_kept_and_opened(keys, place):
    value = credentials.seal("hunter2 – grün", place=place)
    assert "hunter2" not in value
    assert credentials.unseal(value, place=place) == "hunter2 – grün"
    datakeys.forget()
    assert credentials.unseal(value, place=place) == "hunter2 – grün"


def test_twice_the_same_is_not_seen(keys, place):
    assert credentials.seal("same", place=place) != credentials.seal("same", place=place)
    assert DataKey.objects.count() == 1


def test_every_organisation_has_a_key_of_its_own(keys, place):
    other = dataclasses.replace(place, organisation=uuid.uuid4())
    hub = dataclasses.replace(place, organisation=None)
    for one in (place, other, hub, hub):
        credentials.seal("x", place=one)
    assert DataKey.objects.count() == 3
    assert AuditEvent.objects.filter(action="credentials.key").count() == 3
    row = DataKey.objects.get(organisation=None)
    row.pk, row.public_id = None, uuid.uuid4()
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


@pytest.mark.parametrize(
    "change",
    [
        {"row": "another"},
        {"table": "another"},
        {"purpose": "another"},
        {"organisation": None},
        {"organisation": uuid.UUID(int=1)},
    ],
)
def test_a_value_that_was_moved_does_not_open(change, keys, place):
    value = credentials.seal("secret", place=place)
    elsewhere = dataclasses.replace(place, **change)
    credentials.seal("theirs", place=elsewhere)
    with pytest.raises(Unopened, match=r"cannot be opened.*nothing was changed"):
        credentials.unseal(value, place=elsewhere)


def test_a_data_key_that_was_moved_does_not_open(keys, place):
    """Not even by who writes into the table: the wrapped key knows whose it is."""
    theirs = dataclasses.replace(place, organisation=uuid.uuid4())
    value = credentials.seal("secret", place=place)
    credentials.seal("theirs", place=theirs)
    stolen = DataKey.objects.get(organisation=place.organisation).wrapped
    DataKey.objects.filter(organisation=theirs.organisation).update(wrapped=stolen)
    datakeys.forget()
    with pytest.raises(Unopened):
        credentials.seal("more", place=theirs)
    assert credentials.unseal(value, place=place) == "secret"


def test_a_wrong_key_says_which_and_changes_nothing(keys, place):
    value = credentials.seal("secret", place=place)
    before = bytes(DataKey.objects.get().wrapped)
    keys(NEW)
    with pytest.raises(Unopened, match="'old' is not in CREDENTIALS_KEYS"):
        credentials.unseal(value, place=place)
    keys(local.new("old"))
    with pytest.raises(Unopened, match="not the one of that name"):
        credentials.unseal(value, place=place)
    with pytest.raises(Unopened):
        credentials.seal("another", place=place)
    keys()
    with pytest.raises(Unkept, match="set CREDENTIALS_KEYS"):
        credentials.unseal(value, place=place)
    assert bytes(DataKey.objects.get().wrapped) == before
    keys(OLD)
    assert credentials.unseal(value, place=place) == "secret"


def test_a_data_key_is_never_deleted(keys, place):
    credentials.seal("secret", place=place)
    with pytest.raises(ProgrammingError, match="Cannot delete rows"), transaction.atomic():
        DataKey.objects.all().delete()


def test_no_key_is_shown(keys, place):
    credentials.seal("secret", place=place)
    keeper = local.configured()
    assert OLD.partition(":")[2] not in repr(keeper)
    assert str(keeper.keys["old"]) not in repr(keeper)
