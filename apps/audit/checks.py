"""System checks of the keys that seal the log."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

from apps.audit.services import keys
from apps.kernel.errors import Invalid


def check_keys(**_kwargs: Any) -> list[CheckMessage]:
    """E001: there is no key to sign or verify seals with; E002: one cannot be read."""
    if not settings.AUDIT_SIGNING_KEY and not settings.AUDIT_PUBLIC_KEYS:
        return [
            Error(
                "AUDIT_SIGNING_KEY is not set: the audit log would never be sealed.",
                hint="`manage.py audit key --new` makes one. Web processes need only the public"
                " half, in AUDIT_PUBLIC_KEYS.",
                id="audit.E001",
            )
        ]
    named = {
        "AUDIT_SIGNING_KEY": [settings.AUDIT_SIGNING_KEY] if settings.AUDIT_SIGNING_KEY else []
    }
    named["AUDIT_PUBLIC_KEYS"] = settings.AUDIT_PUBLIC_KEYS
    try:
        for name, texts in named.items():
            for text in texts:
                keys.decoded(text, name=name)
    except Invalid as error:
        return [Error(error.detail, hint="See `manage.py audit key`.", id="audit.E002")]
    return []
