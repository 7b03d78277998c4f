"""Which role a process takes, and that it does not reach the processes that others start."""

import os
import subprocess
import sys

import pytest

TELL = "; from django.conf import settings; print(settings.DATABASE_ROLE)"


def role_after(statement: str, **more: str) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_ROLE"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", statement + TELL],
        env=environment | more,
        capture_output=True,
        check=True,
        text=True,
    )
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("module", "role"),
    [("memoryhub.wsgi", "web"), ("memoryhub.asgi", "web"), ("celery_app.app", "worker")],
)
@pytest.mark.parametrize("named", [{}, {"DJANGO_SETTINGS_MODULE": "memoryhub.settings"}])
def test_an_entry_point_takes_its_role(module, role, named):
    assert role_after(f"import {module}", **named) == role


def test_what_was_told_stays():
    assert role_after("import celery_app.app", DATABASE_ROLE="owner") == "owner"


def test_a_command_that_imports_an_entry_point_stays_the_owner_and_so_do_its_children():
    said = role_after(
        "import os, django; from django.conf import settings; settings.DEBUG;"
        " import celery_app.app, memoryhub.wsgi; assert 'DATABASE_ROLE' not in os.environ"
    )
    assert said == "owner"
