"""What identity providers and directories say of people, and what follows from it here."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from apps.identity.querysets import (
    DirectoryGroupQuerySet,
    DirectoryPersonQuerySet,
    GroupMappingQuerySet,
    ScimTokenQuerySet,
)
from apps.spaces.models import Organisation, OrganisationRole, Space, SpaceRole

SCIM = "scim"  # the source of what came by provisioning; other sources are ids of providers


class Identity(models.Model):
    """A person as one issuer knows them. Nobody else is ever this issuer and subject."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="identities"
    )
    provider = models.CharField(max_length=30)
    issuer = models.CharField(max_length=500)
    subject = models.CharField(max_length=255)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="one_person_per_subject", fields=["issuer", "subject"]),
            models.UniqueConstraint(name="one_subject_per_person", fields=["issuer", "person"]),
        ]
        verbose_name_plural = "identities"

    def __str__(self) -> str:
        return f"{self.person} at {self.provider}"


class GroupMapping(models.Model):
    """Members of a group at the provider get these roles, as long as they are members."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="group_mappings"
    )
    source = models.CharField(
        max_length=30, blank=True, help_text="Id of a provider, or scim; empty for all of them."
    )
    group = models.CharField(
        max_length=256, help_text="Name or id of the group as the provider sends it; * for all."
    )
    organisation_role = models.CharField(
        max_length=10, choices=OrganisationRole.choices, default=OrganisationRole.MEMBER
    )
    space = models.ForeignKey(Space, on_delete=models.CASCADE, null=True, blank=True)
    space_role = models.CharField(max_length=10, choices=SpaceRole.choices, blank=True)
    replaces = models.BooleanField(
        default=False, help_text="Also replaces a role that somebody gave by hand."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = GroupMappingQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["group", "pk"]
        constraints: ClassVar = [
            # two, since `nulls_distinct` makes `manage.py check` ask the database for its version
            models.UniqueConstraint(
                name="one_mapping_per_group_and_space",
                fields=["organisation", "source", "group", "space"],
            ),
            models.UniqueConstraint(
                name="one_mapping_per_group_without_space",
                fields=["organisation", "source", "group"],
                condition=Q(space__isnull=True),
            ),
            models.CheckConstraint(
                name="a_space_and_its_role_come_together",
                condition=Q(space__isnull=True, space_role="")
                | (Q(space__isnull=False) & ~Q(space_role="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.group} -> {self.space_role or self.organisation_role}"


class ManagedGrant(models.Model):
    """The mark of a role that a directory gave; without a space, of the role in the organisation.

    A role without a mark was given by hand.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="managed_grants"
    )
    source = models.CharField(max_length=30)
    space = models.ForeignKey(Space, on_delete=models.CASCADE, null=True, blank=True)
    role = models.CharField(max_length=10)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_mark_per_source_and_space", fields=["person", "source", "space"]
            ),
            models.UniqueConstraint(
                name="one_mark_per_source_in_the_organisation",
                fields=["person", "source"],
                condition=Q(space__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} of {self.person} by {self.source}"


class DirectoryPerson(models.Model):
    """What a directory keeps of a person: that it made them, how it names them, if it suspended
    them. Somebody made by hand has no row until a directory says something about them."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="directory"
    )
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    made_by = models.CharField(
        max_length=30, blank=True, help_text="Source that made this person; empty for by hand."
    )
    user_name = models.CharField(max_length=256, blank=True)
    external_id = models.CharField(max_length=256, blank=True)
    given_name = models.CharField(max_length=120, blank=True)
    family_name = models.CharField(max_length=120, blank=True)
    suspended_by = models.CharField(max_length=30, blank=True)
    hidden = models.BooleanField(default=False, help_text="The directory deleted this person.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = DirectoryPersonQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "directory people"
        constraints: ClassVar = [
            models.UniqueConstraint(
                F("organisation"),
                Lower("user_name"),
                name="user_names_are_unique",
                condition=~Q(user_name="") & Q(hidden=False),
            )
        ]

    def __str__(self) -> str:
        return self.user_name or str(self.person)


class DirectoryGroup(models.Model):
    """A group that a directory pushed by SCIM."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="directory_groups"
    )
    display_name = models.CharField(max_length=256)
    external_id = models.CharField(max_length=256, blank=True)
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, related_name="directory_groups", blank=True
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = DirectoryGroupQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                F("organisation"), Lower("display_name"), name="group_names_are_unique"
            )
        ]

    def __str__(self) -> str:
        return self.display_name


class ScimToken(models.Model):
    """A directory's credential `mhs_<key>.<secret>` for one organisation; only a digest is kept."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="scim_tokens"
    )
    name = models.CharField(max_length=120)
    key = models.CharField(max_length=24, unique=True)
    digest = models.CharField(max_length=64)
    pepper = models.CharField(max_length=40)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    objects = ScimTokenQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.name} (mhs_{self.key[:4]}…)"


class BreakGlass(models.Model):
    """While it lasts, this person may sign in with a password although that is switched off."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="break_glass"
    )
    until = models.DateTimeField()
    reason = models.CharField(max_length=500)
    ended_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "break glass"

    def __str__(self) -> str:
        return f"{self.person} until {self.until:%Y-%m-%d %H:%M}"
