"""Organisations, spaces and the grants on them."""

import uuid

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from apps.spaces import sql
from apps.spaces.querysets import MembershipQuerySet, SpaceQuerySet, SwitchQuerySet


class SpaceKind(models.TextChoices):
    PERSONAL = "personal", "Personal"
    TEAM = "team", "Team"
    ORGANISATION = "organisation", "Organisation"


class SpaceRole(models.TextChoices):
    VIEWER = "viewer", "Viewer"
    MEMBER = "member", "Member"
    REVIEWER = "reviewer", "Reviewer"
    CURATOR = "curator", "Curator"


class OrganisationRole(models.TextChoices):
    MEMBER = "member", "Member"
    AUDITOR = "auditor", "Auditor"
    ADMIN = "admin", "Admin"


class SwitchKind(models.TextChoices):
    PROMOTION = "promotion", _("Promotion is paused")
    CONSOLIDATION = "consolidation", _("Consolidation is paused")
    READ_ONLY = "read_only", _("The hub is read-only")


ROLE_PERMISSIONS: dict[str, tuple[str, ...]] = {
    SpaceRole.VIEWER: ("read_space",),
    SpaceRole.MEMBER: ("read_space", "write_space"),
    SpaceRole.REVIEWER: ("read_space", "write_space", "review_space"),
    SpaceRole.CURATOR: ("read_space", "write_space", "review_space", "manage_space"),
}


class Organisation(models.Model):
    """The tenant. Nothing crosses it."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=120)
    read_only = models.BooleanField(default=False)
    share_for_promotion = models.BooleanField(
        default=True, help_text="Whether curation may read personal spaces unless a person says no."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        triggers = [
            pgtrigger.Trigger(
                name="born_read_only",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=sql.BORN_READ_ONLY,
            )
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person belongs to one organisation, with a role in it."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="memberships"
    )
    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="membership"
    )
    role = models.CharField(
        max_length=10, choices=OrganisationRole.choices, default=OrganisationRole.MEMBER
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = MembershipQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.person} in {self.organisation}"


class Space(models.Model):
    """Where memories live and who shares them. Promotion goes from a space to one above it."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="spaces")
    kind = models.CharField(max_length=12, choices=SpaceKind.choices)
    name = models.CharField(max_length=120)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )
    person = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="personal_space",
    )
    read_only = models.BooleanField(default=False)
    share_for_promotion = models.BooleanField(
        null=True, blank=True, help_text="A person's own choice; empty follows the organisation."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SpaceQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        permissions = [
            ("read_space", "Can read the space"),
            ("write_space", "Can write to the space"),
            ("review_space", "Can review what is proposed for the space"),
            ("manage_space", "Can manage members and policy of the space"),
        ]
        constraints = [
            models.CheckConstraint(
                name="personal_spaces_have_a_person",
                condition=Q(kind="personal", person__isnull=False)
                | (~Q(kind="personal") & Q(person__isnull=True)),
            ),
            models.CheckConstraint(
                name="only_the_organisation_space_is_a_root",
                condition=Q(kind="organisation", parent__isnull=True)
                | (~Q(kind="organisation") & Q(parent__isnull=False)),
            ),
            models.UniqueConstraint(
                name="one_organisation_space",
                fields=["organisation"],
                condition=Q(kind="organisation"),
            ),
            models.UniqueConstraint(
                name="team_names_are_unique",
                fields=["organisation", "name"],
                condition=Q(kind="team"),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def shares(self) -> bool:
        """Whether curation may read this personal space; the organisation must be loaded."""
        own = self.share_for_promotion
        return bool(self.organisation.share_for_promotion if own is None else own)


class SpaceUserPermission(UserObjectPermissionBase):
    """Guardian's direct grants to a user; kept empty, grants go to groups."""

    content_object = models.ForeignKey(Space, on_delete=models.CASCADE)


class SpaceGroupPermission(GroupObjectPermissionBase):
    """Grants on a space to a group; one group per space and role."""

    content_object = models.ForeignKey(Space, on_delete=models.CASCADE)


class SpaceVersion(models.Model):
    """What a room asks of a space, one row per version; a space without one inherits from above."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="+")
    version = models.PositiveIntegerField()
    values = models.JSONField()
    reason = models.TextField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        abstract = True


class Switch(models.Model):
    """A kill switch that was turned on: for one organisation, or without one for the whole hub.

    Rows stay when it is lifted. A trigger keeps `Organisation.read_only` in step, so that every
    path that writes finds it where it looks anyway.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, null=True, blank=True, related_name="switches"
    )
    kind = models.CharField(max_length=13, choices=SwitchKind.choices)
    reason = models.TextField()
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    set_at = models.DateTimeField()
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    lifted_at = models.DateTimeField(null=True, blank=True)
    lift_reason = models.TextField(blank=True)

    objects = SwitchQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "switches"
        constraints = [
            models.UniqueConstraint(
                name="a_switch_is_on_once",
                fields=["organisation", "kind"],
                condition=Q(lifted_at__isnull=True, organisation__isnull=False),
            ),
            models.UniqueConstraint(
                name="a_switch_of_the_hub_is_on_once",
                fields=["kind"],
                condition=Q(lifted_at__isnull=True, organisation__isnull=True),
            ),
            models.CheckConstraint(
                name="known_switch", condition=Q(kind__in=[kind.value for kind in SwitchKind])
            ),
            models.CheckConstraint(name="a_switch_has_a_reason", condition=~Q(reason="")),
        ]
        triggers = [
            pgtrigger.Protect(name="switches_stay", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="only_lifted", fields=["organisation", "kind", "reason", "set_by", "set_at"]
            ),
            pgtrigger.Trigger(
                name="closes_organisations",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update,
                condition=pgtrigger.Q(new__kind="read_only"),
                func=sql.CLOSE_ORGANISATIONS,
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())
