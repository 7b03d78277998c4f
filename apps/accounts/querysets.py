"""Reading people, agents and tokens."""

from typing import TYPE_CHECKING, Any, Self

from django.contrib.auth.models import BaseUserManager
from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from apps.accounts.actors import Actor
    from apps.accounts.models import AgentToken, User


class UserQuerySet(models.QuerySet["User"]):
    def visible_to(self, actor: "Actor") -> Self:
        """The actor's own person and that person's agents."""
        principal = actor.principal.pk
        return self.filter(Q(pk=principal) | Q(owner_id=principal))

    def administered_by(self, actor: "Actor") -> Self:
        """People of the organisation that the actor administers; nobody for everybody else."""
        organisation = actor.administers
        if organisation is None:
            return self.none()
        return self.filter(kind="person", membership__organisation__public_id=organisation)

    def agents(self) -> Self:
        """Only agents."""
        return self.filter(kind="agent")


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """`create_superuser` for Django's own commands; everything else goes through services."""

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> Any:
        """A person with every Django permission; still sees no space it has no grant on."""
        user = self.model(email=email.lower(), is_staff=True, is_superuser=True, **extra)
        user.name = user.name or email.partition("@")[0]
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> Any:
        """The person of an address, typed in any case; Django's login asks here."""
        return super().get_by_natural_key(username.lower() if username else username)


class AgentTokenQuerySet(models.QuerySet["AgentToken"]):
    def visible_to(self, actor: "Actor") -> Self:
        """Tokens of the actor's person and of that person's agents, revoked ones included.

        A token knows only those that may do no more than itself.
        """
        principal = actor.principal.pk
        own = self.filter(Q(user_id=principal) | Q(user__owner_id=principal))
        if actor.token is None:
            return own
        own = own.filter(scopes__contained_by=sorted(actor.scopes))
        if actor.token_spaces is not None:
            own = own.filter(spaces__contained_by=sorted(actor.token_spaces))
        if actor.token.expires_at is not None:
            own = own.filter(expires_at__lte=actor.token.expires_at)
        if actor.token.rate_limit is not None:
            own = own.filter(rate_limit__lte=actor.token.rate_limit)
        return own
