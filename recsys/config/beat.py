"""Who rings for the periodic tasks, also after the clock was set back."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from django.utils import timezone
from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler

log = logging.getLogger(__name__)


class Scheduler(DatabaseScheduler):  # type: ignore[misc]
    """The schedule in the database; what it notes of the last run is never later than now.

    Else a clock that is set back by an hour would silence every task for that hour: each counts from its
    last run, and waits in a heap that is ordered by instants.
    """

    _seen = datetime.min.replace(tzinfo=UTC)

    def tick(self) -> float:
        """Send one task that is due; seconds until the next. Starts anew where the clock went back."""
        now = timezone.now()
        if now < self._seen:
            log.warning("the clock went back by %s", self._seen - now)
            self._initial_read, self._heap = True, None
        self._seen = now
        wait: float = super().tick()
        return wait

    def enabled_models(self) -> list[PeriodicTask]:
        """The tasks to send, of which none was sent in the future."""
        now = timezone.now()
        self.Model.objects.filter(last_run_at__gt=now).update(last_run_at=now)
        tasks: list[PeriodicTask] = super().enabled_models()
        return tasks
