"""Types of command line arguments about the audit's keys."""

from argparse import ArgumentTypeError

from apps.audit.services import keys
from apps.kernel.errors import Invalid


def public_key(text: str) -> bytes:
    """A public key as `audit key` shows it.

    Raises:
        ArgumentTypeError: it is none.
    """
    try:
        return keys.decoded(text, name="--public-key")
    except Invalid as error:
        raise ArgumentTypeError(error.detail) from error
