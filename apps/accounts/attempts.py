"""Failed sign-ins, counted in Redis: guessing takes for ever, and locks nobody else out.

django-axes asks and tells on every way to sign in; what is counted, and when it is too much, stands
here. Three counters of 15 minutes: of an account from one address, of an account from everywhere,
of an address whatever the account. The latter two may be driven up by anybody, against one person
or against a whole office; so they do not count for an address from which that account was signed in
to before.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

import structlog
from axes.backends import AxesStandaloneBackend
from axes.handlers.base import AxesHandler
from django.http import HttpRequest
from redis.exceptions import RedisError

from apps.accounts.models import User
from apps.audit.services import events
from apps.kernel import counters
from apps.kernel.addresses import client_address

logger = structlog.get_logger(__name__)

WINDOW_SECONDS = 15 * 60
FAILURES = {"pair": 10, "account": 50, "address": 100}
_KNOWN_SECONDS = 90 * 86400


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody at `address` (empty when unknown) who wants to be `account`."""

    account: str
    address: str

    def refused(self) -> bool:
        """Whether this has failed too often in this window of 15 minutes.

        Without Redis nobody is refused: the password still is the door.
        """
        try:
            pair, account, address, known = counters.read(*self._keys(), self._key("known"))
        except RedisError as error:
            logger.warning("attempts_unavailable", error=type(error).__name__)
            return False
        elsewhere = account >= FAILURES["account"] or address >= FAILURES["address"]
        return pair >= FAILURES["pair"] or (elsewhere and not known)

    def failures(self) -> list[int]:
        """How often the pair, the account and the address failed in their windows."""
        return counters.read(*self._keys())

    def failed(self) -> None:
        """Count one failure; the window starts with the first."""
        try:
            counters.hit(*self._keys(), seconds=WINDOW_SECONDS)
        except RedisError as error:
            logger.warning("attempts_unavailable", error=type(error).__name__)

    def succeeded(self) -> None:
        """Forget the account's failures at this address, and remember that it belongs here."""
        try:
            counters.forget(self._key("pair"))
            counters.mark(self._key("known"), seconds=_KNOWN_SECONDS)
        except RedisError as error:
            logger.warning("attempts_unavailable", error=type(error).__name__)

    def record(self, refusal: str) -> None:
        """One event: `session.open`, or with a code of why not, `session.refuse`.

        An unknown account is not named: what people type may be a password in the wrong field. It
        costs the same statements as a known one, so the time tells neither.
        """
        rows = User.objects.filter(email=self.account)
        found = rows.values_list("public_id", "membership__organisation__public_id").first()
        person, organisation = found or (None, None)
        who = None if refusal else person
        events.record(
            action="session.refuse" if refusal else "session.open",
            by=events.By(actor=who, owner=who, organisation=organisation),
            object_type="user",
            object_ids=[person] if person else [],
            reason=refusal,
        )

    def _keys(self) -> list[str]:
        return [self._key("pair"), self._key("account"), self._key("address")]

    def _key(self, kind: str) -> str:
        """With digests: what people type may be a password in the wrong field."""
        of = {
            "account": self.account,
            "address": self.address,
        }.get(kind, f"{self.account}\n{self.address}")
        return f"attempts:{kind}:{hashlib.sha256(of.encode()).hexdigest()[:32]}"


class Backend(AxesStandaloneBackend):  # type: ignore[misc]
    """First of the authentication backends: refuses before a password is looked at."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> None:
        """Lets pass or raises PermissionDenied. Without a request nobody is at a door."""
        if request is not None:
            super().authenticate(request, username, password, **kwargs)


class Handler(AxesHandler):  # type: ignore[misc]
    """What django-axes asks and tells, whichever page somebody signs in at."""

    def is_locked(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
        return _attempt(request, credentials or {}).refused()

    def user_login_failed(
        self,
        sender: object,
        credentials: dict[str, Any],
        request: HttpRequest | None = None,
        **kwargs: Any,
    ) -> None:
        """A refusal is no further failure: it ends by itself."""
        if request is not None and not vars(request).get("axes_locked_out"):
            _attempt(request, credentials).failed()

    def user_logged_in(
        self, sender: object, request: HttpRequest, user: User, **kwargs: Any
    ) -> None:
        Attempt(user.get_username() or "", client_address(request)).succeeded()


def _attempt(request: HttpRequest, credentials: dict[str, Any]) -> Attempt:
    """Libraries call the account differently."""
    named = (credentials.get(name) for name in ("username", "email", "login"))
    account = str(next(filter(None, named), "")).strip().lower()
    return Attempt(account, client_address(request))
