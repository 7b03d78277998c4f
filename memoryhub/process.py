"""What kind of process this is. PostgreSQL shows each kind different rows (`DATABASE_ROLE`)."""

import os

from django.conf import settings


def become(kind: str) -> None:
    """Called by an entry point before anything reads the settings: "web" or "worker", unless told.

    A process whose settings are loaded is something else already (a command, a test): there the
    name would change nothing but the processes it starts, which then could not migrate.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "memoryhub.settings")
    if not settings.configured:
        os.environ.setdefault("DATABASE_ROLE", kind)
