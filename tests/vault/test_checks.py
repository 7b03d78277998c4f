"""What `manage.py check` says of the keys, before somebody needs them."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest

from apps.vault.checks import check_data_keys, check_keys
from apps.vault.services import credentials
from tests.vault.conftest import NEW, OLD


def ids(messages):
    return [message.id for message in messages]


@pytest.mark.parametrize(
    ("keys", "named"),
    [
        (["nothing"], "'nothing'"),
        (["id:short"], "'id'"),
        ([OLD, OLD], "different ids"),
        ([":" + OLD.partition(":")[2]], "`id:key` pairs"),
        (["zeros:" + base64.urlsafe_b64encode(bytes(32)).decode()], "not random"),
        (
            ["words:" + base64.urlsafe_b64encode(b"changemechangemechangemechangeme").decode()],
            "not",
        ),
    ],
)
def test_a_key_that_is_none_is_refused(keys, named, settings):
    settings.CREDENTIALS_KEYS = keys
    (message,) = check_keys()
    assert message.id == "vault.E001"
    assert named in message.msg
    assert keys[0].partition(":")[2] not in message.msg or not keys[0].partition(":")[2]


def test_an_unknown_keeper_is_refused(settings):
    settings.CREDENTIALS_KEEPER = "paper"
    assert "local, aws, gcp, azure, vault" in check_keys()[0].msg


def test_no_key_is_a_warning_until_there_is_something_to_open(db, keys, place, settings):
    keys()
    (warning,) = check_keys()
    assert (warning.id, warning.is_serious()) == ("vault.W001", False)
    assert "second factor" in warning.msg
    assert check_data_keys(databases=["default"]) == []
    keys(OLD)
    credentials.seal("secret", place=place)
    assert check_data_keys(databases=["default"]) == []
    assert check_data_keys(databases=None) == []
    for configured in ([], [NEW]):
        keys(*configured)
        (message,) = check_data_keys(databases=["default"])
        assert message.id == "vault.E002"
        assert "local:old" in message.msg


def test_production_makes_no_key_and_takes_none_that_was_made_here(tmp_path: Path):
    """A key in `var/` is for one machine: production neither makes nor reads it."""
    script = "from memoryhub import settings; print(settings.CREDENTIALS_KEYS)"
    told = {}
    for environment in ("local", "production"):
        env = os.environ | {
            "MEMORYHUB_ENV": environment,
            "MEMORYHUB_VAR": str(tmp_path),
            "ALLOWED_HOSTS": "hub.example.org",
        }
        env.pop("CREDENTIALS_KEYS", None)
        done = subprocess.run(
            [sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True
        )
        told[environment] = done.stdout.strip()
    assert told["local"].startswith("['this-checkout:")
    assert (tmp_path / "credentials_key").stat().st_mode & 0o077 == 0
    assert told["production"] == "[]"
