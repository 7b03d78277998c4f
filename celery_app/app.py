"""The Celery application: `celery -A celery_app.app worker`. Nobody in `apps/` imports it."""

from celery import Celery
from celery.signals import setup_logging, worker_init

from celery_app.pulse import Pulse
from celery_app.schedule import SCHEDULE
from memoryhub import process

process.become("worker")

app = Celery("memoryhub", task_cls="celery_app.task:Task")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.task_queues = None
app.conf.beat_schedule = SCHEDULE
app.autodiscover_tasks()
app.steps["consumer"].add(Pulse)


@setup_logging.connect
def use_django_logging(**_: object) -> None:
    """Keep Celery from replacing the structured logging of settings.LOGGING."""


@worker_init.connect
def stop_unless_ready(**_: object) -> None:
    """A worker without its services says so in a sentence and ends."""
    from memoryhub import checks  # noqa: PLC0415 - Django is set up only by now

    checks.stop_unless_ready()
