"""Changing keys: both open meanwhile, values are not touched, and a killed run goes on."""

import dataclasses
import os
import signal
import subprocess
import sys
import uuid
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from apps.audit.models import AuditEvent
from apps.vault.errors import Unopened
from apps.vault.keepers import choice
from apps.vault.models import DataKey
from apps.vault.services import credentials, rewrapping
from tests.vault.conftest import NEW, OLD

REWRAP = """
import django
django.setup()
from apps.vault.services import rewrapping
rewrapping.rewrap(told=lambda done, total: print(done, flush=True))
"""


def told(*arguments):
    out = StringIO()
    call_command("vault", *arguments, stdout=out)
    return out.getvalue()


def sealed(place, count):
    """(value, place) of as many organisations."""
    places = [dataclasses.replace(place, organisation=uuid.uuid4()) for _ in range(count)]
    return [(credentials.seal(f"secret {n}", place=one), one) for n, one in enumerate(places)]


def opened(values):
    return [credentials.unseal(value, place=place) for value, place in values]


@pytest.mark.django_db
def test_old_and_new_key_open_until_all_is_under_the_new_one(keys, place):
    values = sealed(place, 3)
    plain = opened(values)
    keys(NEW, OLD)
    assert opened(values) == plain
    newer = sealed(place, 1)
    assert set(DataKey.objects.values_list("keeper_key", flat=True)) == {"old", "new"}
    assert "3 data keys to wrap anew" in told("rewrap", "--dry-run")
    assert DataKey.objects.filter(keeper_key="new").count() == 1
    assert "Wrapped 3 data keys anew" in told("rewrap")
    assert "0 data keys to wrap anew" in told("rewrap")
    keys(NEW)
    assert opened(values) == plain
    assert opened(newer) == ["secret 0"]
    event = AuditEvent.objects.get(action="credentials.rewrap")
    assert event.detail == {"keys": 3, "keeper": "local"}
    keys(OLD)
    with pytest.raises(Unopened, match="'new' is not in CREDENTIALS_KEYS"):
        opened(values)


@pytest.mark.django_db
def test_everything_is_wrapped_anew_on_demand(keys, place):
    values = sealed(place, 2)
    before = set(map(bytes, DataKey.objects.values_list("wrapped", flat=True)))
    assert "Wrapped 2 data keys anew" in told("rewrap", "--all")
    after = set(map(bytes, DataKey.objects.values_list("wrapped", flat=True)))
    assert not before & after
    assert opened(values) == ["secret 0", "secret 1"]


@pytest.mark.django_db
def test_without_the_old_key_nothing_is_wrapped_and_nothing_lost(keys, place):
    values = sealed(place, 2)
    keys(NEW)
    with pytest.raises(CommandError, match="'old' is not in CREDENTIALS_KEYS"):
        told("rewrap")
    assert set(DataKey.objects.values_list("keeper_key", flat=True)) == {"old"}
    keys(OLD)
    assert opened(values) == ["secret 0", "secret 1"]


@pytest.mark.django_db
def test_status_tells_what_opens(keys, place):
    assert "No credentials are stored yet" in told("status")
    sealed(place, 2)
    assert "2 under local:old: opens\n" in told("status")
    keys(NEW, OLD)
    assert "opens; `vault rewrap` brings them" in told("status")
    keys(NEW)
    with pytest.raises(CommandError, match="cannot be opened"):
        told("status")


@pytest.mark.django_db
def test_a_key_that_changed_meanwhile_is_left_alone(keys, place):
    sealed(place, 1)
    keys(NEW, OLD)
    row = DataKey.objects.get()
    rewrapping.rewrap()
    wrapped = bytes(DataKey.objects.get().wrapped)
    assert rewrapping._rewrap_one(row, choice.current()) == 0
    assert bytes(DataKey.objects.get().wrapped) == wrapped


@pytest.mark.django_db(transaction=True)
def test_a_killed_run_leaves_every_key_whole_and_goes_on(keys, place):
    values = sealed(place, 60)
    plain = opened(values)
    keys(NEW, OLD)
    process = subprocess.Popen(
        [sys.executable, "-c", REWRAP],
        env=os.environ
        | {
            "DATABASE_URL": os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{_database()}",
            "CREDENTIALS_KEYS": f"{NEW},{OLD}",
            "DJANGO_SETTINGS_MODULE": "memoryhub.settings",
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    while process.stdout.readline() not in {"5\n", ""}:
        pass
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    done = DataKey.objects.filter(keeper_key="new").count()
    assert 5 <= done < 60
    assert opened(values) == plain
    assert f"{60 - done} data keys to wrap anew" in told("rewrap", "--dry-run")
    told("rewrap")
    keys(NEW)
    assert opened(values) == plain


def _database() -> str:
    """The test database's name, with what the address says behind it."""
    options = os.environ["DATABASE_URL"].partition("?")
    return f"{connection.settings_dict['NAME']}{options[1]}{options[2]}"


def test_a_fresh_key_can_be_put_into_the_settings(settings):
    pair = told("key", "--id", "2027").strip()
    assert pair.startswith("2027:")
    settings.CREDENTIALS_KEYS = [pair]
    assert choice.current().key == "2027"
    assert told("key") != told("key")
    with pytest.raises(CommandError, match="no colon"):
        told("key", "--id", "a:b")
