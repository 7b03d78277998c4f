"""People, agents, and the tokens they act with."""

import uuid
from typing import Any, ClassVar

import pgtrigger
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac

from apps.accounts.querysets import AgentTokenQuerySet, UserManager


class UserKind(models.TextChoices):
    PERSON = "person", "Person"
    AGENT = "agent", "Agent"


class Scope(models.TextChoices):
    READ = "read", "Read"
    WRITE = "write", "Write"
    REVIEW = "review", "Review"
    MANAGE = "manage", "Manage"


# Whoever switches a person off, by whatever way: sessions, tokens and agents end with it.
_END_SESSIONS = "NEW.session_epoch = OLD.session_epoch + 1; RETURN NEW;"
_END_TOKENS_AND_AGENTS = """
    UPDATE accounts_agenttoken SET revoked_at = now()
     WHERE user_id = NEW.id AND revoked_at IS NULL;
    UPDATE accounts_user SET is_active = false WHERE owner_id = NEW.id AND is_active;
    RETURN NULL;
"""
_DEACTIVATED = pgtrigger.Q(old__is_active=True, new__is_active=False)


class User(AbstractBaseUser, PermissionsMixin):
    """A person, who signs in by e-mail, or an agent, which has an owner and acts by token."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=10, choices=UserKind.choices, default=UserKind.PERSON)
    email = models.EmailField(unique=True, null=True, blank=True)
    name = models.CharField(max_length=120)
    owner = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="agents"
    )
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    session_epoch = models.PositiveIntegerField(
        default=0, editable=False, help_text="Sessions of an earlier epoch are over."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: Any = UserManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="agents_have_an_owner_and_no_login",
                condition=Q(kind="person", owner__isnull=True, email__isnull=False)
                | Q(kind="agent", owner__isnull=False, email__isnull=True, is_staff=False),
            ),
            models.CheckConstraint(
                name="email_is_lower_case",
                condition=Q(email__isnull=True) | Q(email=Lower("email")),
            ),
            models.CheckConstraint(
                name="nobody_owns_themselves",
                condition=Q(owner__isnull=True) | ~Q(owner=F("id")),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="deactivation_ends_sessions",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=_DEACTIVATED,
                func=_END_SESSIONS,
            ),
            pgtrigger.Trigger(
                name="deactivation_ends_tokens_and_agents",
                when=pgtrigger.After,
                operation=pgtrigger.Update,
                condition=_DEACTIVATED,
                func=_END_TOKENS_AND_AGENTS,
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_agent(self) -> bool:
        """True for an agent."""
        return self.kind == UserKind.AGENT

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session must carry to go on: a new password or a new epoch ends it."""
        salt = "apps.accounts.models.User.session"
        held = f"{self.session_epoch}:{self.password}"
        return salted_hmac(salt, held, secret=secret, algorithm="sha256").hexdigest()


class AgentToken(models.Model):
    """A credential `mh_<key>.<secret>`. Only a keyed digest of the secret is kept.

    Revoked tokens stay, so that the audit can always say which key acted.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    issued_by = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, editable=False, related_name="issued"
    )
    replaces = models.OneToOneField(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="replacement",
        help_text="The token that this one was made from by rotation.",
    )
    name = models.CharField(max_length=120)
    key = models.CharField(max_length=24, unique=True)
    digest = models.CharField(max_length=64)
    pepper = models.CharField(max_length=40)
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope.choices))
    spaces = ArrayField(models.UUIDField(), null=True, blank=True)
    rate_limit = models.PositiveIntegerField(
        null=True, blank=True, help_text="Requests a minute; empty for the hub's own limit."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    objects = AgentTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="a_token_may_make_some_request",
                condition=Q(rate_limit__isnull=True) | Q(rate_limit__gt=0),
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} (mh_{self.key[:4]}…)"
