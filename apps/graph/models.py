"""Entities, relations between them over time, and the memories that say so."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField
from django.db import models
from django.db.models import F, Q

from apps.graph.querysets import (
    EntityChangeQuerySet,
    EntityQuerySet,
    EvidenceQuerySet,
    PendingQuerySet,
    ReadingQuerySet,
    RelationQuerySet,
)


class RelationStatus(models.TextChoices):
    ACTIVE = "active", "Stands"
    CONFLICTING = "conflicting", "Contradicts another"
    REJECTED = "rejected", "Rejected"


class Decided(models.TextChoices):
    NOT = "", "Not decided"
    ACCEPTED = "accepted", "Accepted"
    REJECTED = "rejected", "Rejected"


class Act(models.TextChoices):
    MERGE = "merge", "Merge"
    SPLIT = "split", "Split"


class Entity(models.Model):
    """Something that memories speak of, by one of its names.

    A merge points the row at the one that stands for both and moves nothing: what is merged can be
    taken apart as it was. `spaces` are those whose memories speak of it now, `known_spaces` also
    those that did before an edit; triggers keep both, and delete the row with its last evidence.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey("spaces.Organisation", on_delete=models.CASCADE)
    type = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    normalised = models.CharField(max_length=200)
    serial = models.PositiveSmallIntegerField(
        default=1, help_text="Above 1 for one that was split off another of the same name."
    )
    merged_into = models.ForeignKey(
        "self", on_delete=models.DO_NOTHING, null=True, blank=True, related_name="merged"
    )
    spaces = ArrayField(models.BigIntegerField(), default=list)
    known_spaces = ArrayField(models.BigIntegerField(), default=list)
    created_at = models.DateTimeField()

    objects = EntityQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "normalised", "type", "serial"],
                name="one_entity_per_name_and_type",
            ),
            models.CheckConstraint(
                name="nothing_is_merged_into_itself",
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")),
            ),
        ]

    def __str__(self) -> str:
        return self.name if self.serial == 1 else f"{self.name} ({self.serial})"

    @property
    def group(self) -> int:
        """Row id of the one that stands for it."""
        return self.merged_into_id or self.pk


class RelationType(models.Model):
    """What is known of a type of relation: whether a subject has one object of it at a time."""

    organisation = models.ForeignKey("spaces.Organisation", on_delete=models.CASCADE)
    name = models.CharField(max_length=40)
    functional = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "name"], name="one_relation_type_per_name"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Relation(models.Model):
    """`subject` stands in a relation to `object` while `valid`, as memories declare.

    `subject_group` and `object_group` are what the ends were merged into: walks go by them.
    Memories of a personal space contradict only each other: `realm` is that space, 0 for what is
    shared. System time runs from `recorded_at` to `ended_at`.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey("spaces.Organisation", on_delete=models.CASCADE)
    realm = models.BigIntegerField(default=0)
    type = models.CharField(max_length=40)
    subject = models.ForeignKey(
        Entity, on_delete=models.DO_NOTHING, related_name="+", db_index=False
    )
    object = models.ForeignKey(
        Entity, on_delete=models.DO_NOTHING, related_name="+", db_index=False
    )
    subject_group = models.BigIntegerField()
    object_group = models.BigIntegerField()
    valid = DateTimeRangeField()
    functional = models.BooleanField(default=False)
    status = models.CharField(
        max_length=11, choices=RelationStatus.choices, default=RelationStatus.ACTIVE
    )
    decision = models.CharField(
        max_length=8, choices=Decided.choices, default=Decided.NOT, blank=True
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    spaces = ArrayField(models.BigIntegerField(), default=list)
    known_spaces = ArrayField(models.BigIntegerField(), default=list)
    recorded_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = RelationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "object", "type", "realm", "valid"],
                name="one_relation_per_claim",
            ),
            models.CheckConstraint(
                name="valid_time_of_a_relation_is_not_empty", condition=Q(valid__isempty=False)
            ),
            models.CheckConstraint(
                name="known_relation_status",
                condition=Q(status__in=[status.value for status in RelationStatus]),
            ),
        ]
        indexes = [
            models.Index(fields=["subject_group", "id"], name="relation_from"),
            models.Index(fields=["object_group", "id"], name="relation_to"),
            models.Index(fields=["object"], name="relation_object"),
            models.Index(
                fields=["organisation", "id"],
                name="relation_conflicting",
                condition=Q(status="conflicting"),
            ),
        ]

    def __str__(self) -> str:
        return self.type


class Evidence(models.Model):
    """A memory, or a section of canon, speaks of an entity or declares a relation.

    `revision` is of the memory or of the section's document; it says so until `ended_at`.
    """

    space = models.ForeignKey("spaces.Space", on_delete=models.CASCADE, related_name="+")
    memory = models.ForeignKey(
        "memories.Memory", on_delete=models.CASCADE, null=True, related_name="+"
    )
    section = models.ForeignKey(
        "canon.Section", on_delete=models.CASCADE, null=True, related_name="+"
    )
    revision = models.PositiveIntegerField()
    entity = models.ForeignKey(
        Entity, on_delete=models.DO_NOTHING, null=True, related_name="evidence", db_index=False
    )
    relation = models.ForeignKey(
        Relation, on_delete=models.DO_NOTHING, null=True, related_name="evidence"
    )
    confidence = models.FloatField()
    recorded_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="evidence_has_a_source",
                condition=Q(memory__isnull=False) ^ Q(section__isnull=False),
            ),
            models.CheckConstraint(
                name="evidence_is_of_one_thing",
                condition=Q(entity__isnull=False, relation__isnull=True)
                | Q(entity__isnull=True, relation__isnull=False),
            ),
            models.CheckConstraint(
                name="confidence_between_0_and_1",
                condition=Q(confidence__gte=0, confidence__lte=1),
            ),
            models.UniqueConstraint(
                name="a_memory_mentions_an_entity_once",
                fields=["memory", "entity"],
                condition=Q(ended_at__isnull=True, entity__isnull=False),
            ),
            models.UniqueConstraint(
                name="a_memory_declares_a_relation_once",
                fields=["memory", "relation"],
                condition=Q(ended_at__isnull=True, relation__isnull=False),
            ),
            models.UniqueConstraint(
                name="a_section_mentions_an_entity_once",
                fields=["section", "entity"],
                condition=Q(ended_at__isnull=True, entity__isnull=False),
            ),
            models.UniqueConstraint(
                name="a_section_declares_a_relation_once",
                fields=["section", "relation"],
                condition=Q(ended_at__isnull=True, relation__isnull=False),
            ),
        ]
        # The newest of what speaks of one is found without reading all of it
        indexes = [models.Index(fields=["entity", "id"], name="evidence_of_entity")]


class Change(models.Model):
    """A merge or a split, and what undoing it needs. Row ids: entities may be gone since."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey("spaces.Organisation", on_delete=models.CASCADE)
    act = models.CharField(max_length=5, choices=Act.choices)
    kept = models.BigIntegerField(help_text="The entity that stands, or was split.")
    other = models.BigIntegerField(help_text="The entity that was merged, or split off.")
    moved = ArrayField(
        models.BigIntegerField(), help_text="Entities that changed groups; memories of a split."
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    objects = EntityChangeQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["organisation", "kept"], name="change_by_kept"),
            models.Index(fields=["organisation", "other"], name="change_by_other"),
        ]

    def __str__(self) -> str:
        return self.act


class PersonalGraph(models.Model):
    """A person lets the graph read the personal space; no row means no."""

    space = models.OneToOneField("spaces.Space", on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField()


class Reading(models.Model):
    """What a language model found in a memory: a question that waits until `found` is written.

    `found` holds what the text bears out (`core.hearing`), for as long as the memory says the
    revision's words; triggers delete the row with what takes the memory's evidence along.
    """

    memory = models.OneToOneField("memories.Memory", on_delete=models.CASCADE, related_name="+")
    revision = models.PositiveIntegerField()
    found = models.JSONField(null=True)
    model = models.CharField(max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()

    objects = ReadingQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["next_attempt_at", "memory"],
                name="graph_reading_due",
                condition=Q(found__isnull=True),
            )
        ]


class Pending(models.Model):
    """A memory or a section that was written or changed and is to be read. Triggers write it."""

    memory = models.OneToOneField(
        "memories.Memory", on_delete=models.CASCADE, null=True, related_name="+"
    )
    section = models.OneToOneField(
        "canon.Section", on_delete=models.CASCADE, null=True, related_name="+"
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()

    objects = PendingQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["next_attempt_at", "id"], name="graph_pending_due")]
        constraints = [
            models.CheckConstraint(
                name="what_is_pending_is_one_thing",
                condition=Q(memory__isnull=False) ^ Q(section__isnull=False),
            )
        ]
