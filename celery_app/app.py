"""The Celery application: `celery -A celery_app.app worker`. Nobody in `apps/` imports it."""

from typing import Any

from celery import Celery, bootsteps
from celery.signals import setup_logging, worker_init

from celery_app.schedule import SCHEDULE
from memoryhub import process

_HEARTBEAT_SECONDS = 10.0  # of the sixty for which one is believed

process.become("worker")

app = Celery("memoryhub", task_cls="celery_app.task:Task")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.task_queues = None
app.conf.beat_schedule = SCHEDULE
app.autodiscover_tasks()


@setup_logging.connect
def use_django_logging(**_: object) -> None:
    """Keep Celery from replacing the structured logging of settings.LOGGING."""


@worker_init.connect
def stop_unless_ready(**_: object) -> None:
    """A worker without its services says so in a sentence and ends."""
    from memoryhub import checks  # noqa: PLC0415 - Django is set up only by now

    checks.stop_unless_ready()


class Heart(bootsteps.StartStopStep):
    """Tells `/health/ready` that a worker is alive, for as long as its main loop turns.

    Celery's own heartbeat is an event for other workers, which ours do not send.
    """

    requires = ("celery.worker.components:Timer",)

    def start(self, worker: Any) -> None:
        """Beat now and every few seconds."""
        from apps.kernel import heartbeat  # noqa: PLC0415 - Django is set up only by now

        heartbeat.mark("worker")
        self._beating = worker.timer.call_repeatedly(
            _HEARTBEAT_SECONDS, heartbeat.mark, ("worker",)
        )

    def stop(self, worker: Any) -> None:
        """Beat no more."""
        self._beating.cancel()


app.steps["worker"].add(Heart)
