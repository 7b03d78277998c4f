"""Production does not start with a default; elsewhere nothing is in the way."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from memoryhub import safety

ROOT = Path(__file__).resolve().parents[2]
STRONG = "Zk3vQ9xT7mW2pR8sL4nB6hJ1dF5gC0yU-aE_iOqXtVwSrNlMkPjH"
GOOD = {
    "PRODUCTION": True,
    "DEBUG": False,
    "SECRET_KEY": STRONG,
    "TOKEN_PEPPERS": [f"2026:{STRONG}"],
    "ALLOWED_HOSTS": ["hub.example.org"],
    "DATABASE_URL": f"postgresql://hub:{STRONG}@db:5432/hub",
}
BAD = [
    ("SECRET_KEY", STRONG[:49], "E010"),
    ("SECRET_KEY", "ab" * 30, "E010"),
    ("SECRET_KEY", "django-insecure-" + STRONG, "E010"),
    ("SECRET_KEY", "changeme" + STRONG, "E010"),
    ("TOKEN_PEPPERS", [], "E011"),
    ("TOKEN_PEPPERS", [STRONG], "E011"),
    ("TOKEN_PEPPERS", [f"2026:{STRONG}", "2025:short"], "E011"),
    ("TOKEN_PEPPERS", [f":{STRONG}"], "E011"),
    ("DEBUG", True, "E012"),
    ("ALLOWED_HOSTS", [], "E013"),
    ("ALLOWED_HOSTS", ["hub.example.org", "*"], "E013"),
    ("DATABASE_URL", "postgresql://hub@db:5432/hub", "E014"),
    ("DATABASE_URL", "postgresql://hub:Postgres@db:5432/hub", "E014"),
]


@pytest.fixture
def good(settings):
    for name, value in GOOD.items():
        setattr(settings, name, value)
    return settings


def found() -> list[str | None]:
    return [message.id for message in safety.check_production()]


def test_a_hub_with_keys_of_its_own_starts(good):
    assert found() == []
    safety.stop_if_unsafe()


@pytest.mark.parametrize(("name", "value", "code"), BAD)
def test_a_default_is_refused_and_not_shown(name, value, code, good):
    setattr(good, name, value)
    assert found() == [f"memoryhub.{code}"]
    with pytest.raises(ImproperlyConfigured, match=code) as refusal:
        safety.stop_if_unsafe()
    told = str(refusal.value) + "".join(one.hint or "" for one in safety.check_production())
    assert not isinstance(value, str) or len(value) < 5 or value not in told


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://hub@%2Frun%2Fpostgresql/hub",
        "postgresql:///hub",
        "postgresql://hub@db/hub?sslcert=/run/secrets/client.crt",
    ],
)
def test_a_socket_or_a_certificate_needs_no_password(url, good):
    good.DATABASE_URL = url
    assert found() == []


def test_elsewhere_anything_goes(good):
    good.PRODUCTION, good.SECRET_KEY, good.DEBUG = False, "x", True
    assert found() == []


def manage(tmp_path: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command of production, in a process of its own."""
    base = {
        "MEMORYHUB_ENV": "production",
        "MEMORYHUB_VAR": str(tmp_path),
        "SECRET_KEY": STRONG,
        "ALLOWED_HOSTS": "hub.example.org",
        "DATABASE_URL": f"postgresql://hub:{STRONG}@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "AUDIT_SIGNING_KEY": "b25seS1mb3ItdGhpcy10ZXN0LTAxMjM0NTY3ODktMDE",
        "CREDENTIALS_KEYS": "test:b25seS1mb3ItdGhpcy10ZXN0LTAxMjM0NTY3ODktMDE",
    }
    inherited = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=inherited | base | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_django_s_own_list_is_clean_and_a_default_stops_every_way_in(tmp_path):
    check = ("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert manage(tmp_path, *check).returncode == 0
    refused = manage(tmp_path, *check, SECRET_KEY="changeme")
    assert refused.returncode == 1
    assert "memoryhub.E010" in refused.stderr
    serving = manage(tmp_path, "-c", "import memoryhub.wsgi", SECRET_KEY="changeme")
    assert serving.returncode == 1
    assert "memoryhub.E010" in serving.stderr
    preparing = manage(
        tmp_path, "-m", "memoryhub.prepare", "--base-url", "http://h", SECRET_KEY="changeme"
    )
    assert preparing.returncode == 1
    assert "memoryhub.E010" in preparing.stderr


@pytest.mark.slow
def test_a_secret_comes_from_a_file_and_cookies_bear_the_host_s_prefix(tmp_path):
    secret = tmp_path / "key"
    secret.write_text(STRONG + "1")
    says = (
        "import django; django.setup(); from django.conf import settings as s;"
        "print(s.SECRET_KEY[-1], s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME,"
        " s.SESSION_COOKIE_SECURE, s.SECURE_HSTS_SECONDS, s.SECURE_SSL_REDIRECT)"
    )
    told = manage(
        tmp_path, "-c", says, SECRET_KEY="", SECRET_KEY_FILE=str(secret),
        DJANGO_SETTINGS_MODULE="memoryhub.settings",
    )  # fmt: skip
    expected = ["1", "__Host-sessionid", "__Host-csrftoken", "True", "31536000", "True"]
    assert told.stdout.split() == expected, told.stderr
