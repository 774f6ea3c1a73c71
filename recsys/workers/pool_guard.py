"""A worker that can do no more work ends, so that whoever supervises it starts it anew.

Spawned children share semaphores that a process of billiard's own counts, for as long as the worker lives. Where that
process was killed, the worker goes on as if nothing were wrong, until a child has to be replaced: that fails for ever.
A worker that holds a task which no child begins is deaf, too, whatever the reason.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import threading
import time
from collections.abc import Callable
from typing import Final

from billiard import semaphore_tracker
from celery.worker import state

log = logging.getLogger(__name__)

LOOK_S: Final = 5.0
GRACE_S: Final = 15.0
STUCK_S: Final = 120.0
"""Longer than a child takes to start on a busy machine."""


def start() -> None:
    """Watch the pool from a thread, in the worker's parent process."""
    threading.Thread(target=_watch, name="pool guard", daemon=True).start()


def _watch() -> None:
    stuck = Stuck(time.monotonic)
    tracker = select.poll()
    tracker.register(
        semaphore_tracker.getfd(), 0
    )  # that nobody reads it is told without being asked for
    while True:
        if tracker.poll(LOOK_S * 1000):
            log.error(
                "this worker lost its semaphore tracker, so its pool cannot be renewed: ending"
            )
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(GRACE_S)
            os._exit(1)
        if stuck.look(len(state.reserved_requests), len(state.active_requests)):
            log.error("no child of this worker takes the task that waits: ending")
            os._exit(1)  # politely it would wait for that task


class Stuck:
    """Tells that tasks have waited for STUCK_S while none was at work."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._since: float | None = None

    def look(self, reserved: int, active: int) -> bool:
        """Take note of how many tasks the worker holds, and how many of them a child has begun."""
        if not reserved or active:
            self._since = None
            return False
        if self._since is None:
            self._since = self._clock()
        return self._clock() - self._since > STUCK_S
