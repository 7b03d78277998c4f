"""What language models said, and how often they were asked."""

from django.db import models


class Opinion(models.Model):
    """What a language model answered about one text or a pair of them, so that it is asked once.

    Texts are named by their SHA-256. Without an answer the row counts how often there was none.
    """

    organisation = models.ForeignKey("spaces.Organisation", on_delete=models.CASCADE)
    task = models.CharField(max_length=20)
    version = models.PositiveSmallIntegerField()
    model = models.CharField(max_length=200)
    subject = models.CharField(max_length=64)
    other = models.CharField(max_length=64, blank=True)
    sample = models.PositiveSmallIntegerField(default=0)
    answer = models.JSONField(null=True)
    failures = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="an_opinion_is_asked_once",
                fields=["organisation", "task", "version", "model", "subject", "other", "sample"],
            )
        ]

    def __str__(self) -> str:
        return f"{self.task} by {self.model}"


class ModelUse(models.Model):
    """What an organisation's curation asked of language models on one day, UTC."""

    organisation = models.ForeignKey("spaces.Organisation", on_delete=models.CASCADE)
    day = models.DateField()
    calls = models.PositiveIntegerField(default=0)
    tokens = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "day"], name="use_is_counted_by_day")
        ]

    def __str__(self) -> str:
        return f"{self.calls} calls on {self.day}"
