"""Signing erasure certificates with the key of the audit seals, and verifying them anywhere."""

import json
from collections.abc import Mapping
from typing import Any

from apps.audit.services import keys
from apps.governance.core import certificates as core
from apps.governance.models import Erasure
from apps.kernel.errors import Invalid


def sign(erasure: Erasure, *, event: str) -> dict[str, Any]:
    """The certificate of a finished erasure.

    Args:
        event: public id of the audit event that says it is done.

    Raises:
        Unkeyed: no key signs the audit log.
    """
    signer = keys.signer()
    asked = erasure.requested_by
    assert erasure.finished_at is not None, "it is signed when it is done"  # noqa: S101
    certificate: dict[str, Any] = {
        "format": core.FORMAT,
        "erasure": str(erasure.public_id),
        "organisation": str(erasure.organisation.public_id),
        "subject": core.subject(erasure.person.public_id),
        "requested_by": str(asked.public_id) if asked else None,
        "reason": erasure.reason,
        "requested_at": erasure.created_at.isoformat(),
        "finished_at": erasure.finished_at.isoformat(),
        "removed": dict(sorted(erasure.counts.items())),
        "remained": erasure.remained,
        "event": event,
        "key": signer.id,
    }
    certificate["signature"] = keys.encoded(signer.sign(core.message(certificate)))
    return certificate


def verify(text: str, known: Mapping[str, bytes]) -> dict[str, Any]:
    """The certificate, when one of the `known` public keys signed exactly it. Reads no database.

    Raises:
        Invalid: it is no certificate, the key is not known, or something in it was changed.
    """
    try:
        certificate: dict[str, Any] = json.loads(text)
        if certificate["format"] != core.FORMAT:
            raise Invalid(f"The certificate is of another format, not {core.FORMAT}.")
        message = core.message(certificate)
        key, signature = str(certificate["key"]), str(certificate["signature"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Invalid("This is not an erasure certificate as the hub writes it.") from error
    found = keys.signed(message, key=key, signature=signature, known=known)
    if found == "unknown":
        raise Invalid(f"No trusted key is called {key}; give it by --public-key.")
    if found == "forged":
        raise Invalid("The signature does not fit: the certificate was changed, or is forged.")
    return certificate
