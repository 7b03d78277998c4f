"""The worker's sign of life, for as long as its loop turns."""

from typing import Any

from celery import bootsteps

_SECONDS = 5.0


class Pulse(bootsteps.StartStopStep):
    """Tells `/health/ready` every few seconds that a worker takes quick tasks.

    One that only curates says nothing: it would hide that nobody embeds.

    Celery's own heartbeats are switched off (`--without-heartbeat`), and with them its signal. A
    step of the consumer, not of the worker: this one starts again when the broker is back.
    """

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, **options)
        self._entry: Any = None

    def start(self, consumer: Any) -> None:
        """Beat now and from now on; an error of Redis is logged by the timer, which goes on."""
        if "default" not in consumer.app.amqp.queues.consume_from:
            return
        consumer.timer.call_after(0, _beat)
        self._entry = consumer.timer.call_repeatedly(_SECONDS, _beat)

    def stop(self, consumer: Any) -> None:
        """No beats between the loss of the broker and its return."""
        if self._entry is not None:
            self._entry.cancel()
            self._entry = None


def _beat() -> None:
    from apps.kernel import heartbeat  # noqa: PLC0415 - Django is set up only by now

    heartbeat.mark("worker")
