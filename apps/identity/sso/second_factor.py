"""Secrets of second factors are kept encrypted, each bound to whose it is.

allauth asks for text in and text out, and does not say of whom. That is who is signed in, or who
has shown a password just now and is asked for the code.
"""

from allauth.account.internal.stagekit import get_pending_stage
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter

from apps.accounts.models import User
from apps.vault.core.envelope import Place
from apps.vault.errors import Unopened
from apps.vault.services import credentials


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # it has no types
    """One-time code secrets and seeds of recovery codes, in the person's own place only."""

    def encrypt(self, text: str) -> str:
        return credentials.seal(text, place=place_of(_person()))

    def decrypt(self, encrypted_text: str) -> str:
        """Refuses what is not encrypted, too: whoever can write the table must not plant one."""
        return credentials.unseal(encrypted_text, place=place_of(_person()))


def place_of(person: User) -> Place:
    """Where a person's second factors are kept; people outlast organisations."""
    return Place("mfa_authenticator", person.public_id.hex, "second factor")


def _person() -> User:
    """Who is at it.

    Raises:
        Unopened: nobody is, as outside of requests.
    """
    request = context.request
    stage = None if request is None else get_pending_stage(request)
    user = getattr(request, "user", None) if stage is None else stage.login.user
    if not isinstance(user, User):
        raise Unopened("A second factor opens only for who is signing in.")
    return user
