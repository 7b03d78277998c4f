"""Failed sign-ins by account and by address, counted in Redis: guessing takes for ever."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from django.core.cache import cache
from redis.exceptions import RedisError

from apps.accounts.actors import of_user
from apps.accounts.models import User
from apps.audit.services import events

logger = structlog.get_logger(__name__)

WINDOW_SECONDS = 15 * 60
FAILURES = {"account": 10, "address": 50}  # many people may sit behind one address


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody at `address` (empty when unknown) who wants to be `account`."""

    account: str
    address: str

    def refused(self) -> bool:
        """Whether one of the two has failed too often in this window of 15 minutes.

        Without Redis nobody is refused: the password still is the door.
        """
        keys = self._keys()
        try:
            counts = cache.get_many(keys.values())
        except RedisError as error:
            logger.warning("attempts_unavailable", error=type(error).__name__)
            return False
        return any(counts.get(key, 0) >= FAILURES[kind] for kind, key in keys.items())

    def failed(self) -> None:
        """Count one failure; the window starts with the first."""
        for key in self._keys().values():
            try:
                cache.add(key, 0, WINDOW_SECONDS)
                cache.incr(key)
            except (RedisError, ValueError) as error:  # ValueError: the window ended in between
                logger.warning("attempts_unavailable", error=type(error).__name__)

    def succeeded(self) -> None:
        """Forget the account's failures; those of the address stay."""
        try:
            cache.delete(self._keys()["account"])
        except RedisError as error:
            logger.warning("attempts_unavailable", error=type(error).__name__)

    def record(self, refusal: str) -> None:
        """One event: `session.open`, or with a code of why not, `session.refuse`.

        An unknown account is not named: what people type may be a password in the wrong field.
        """
        person = User.objects.filter(email=self.account).first()
        by = of_user(person).by if person else events.SYSTEM
        events.record(
            action="session.refuse" if refusal else "session.open",
            by=events.By(organisation=by.organisation) if refusal else by,
            object_type="user",
            object_ids=[person.public_id] if person else [],
            reason=refusal,
        )

    def _keys(self) -> Mapping[str, str]:
        """Digests: what people type may be a password in the wrong field."""
        given = {"account": self.account, "address": self.address}
        return {
            kind: f"attempts:{kind}:{hashlib.sha256(value.encode()).hexdigest()[:32]}"
            for kind, value in given.items()
            if value
        }
