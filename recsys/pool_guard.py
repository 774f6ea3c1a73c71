"""A worker that can make no more children ends, so that whoever supervises it starts it anew.

Spawned children share semaphores that a process of billiard's own counts, for as long as the worker lives. Where that
process was killed, the worker goes on as if nothing were wrong, until a child has to be replaced: that fails for ever.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import threading
import time
from typing import Final

from billiard import semaphore_tracker

log = logging.getLogger(__name__)

GRACE_S: Final = 15.0


def start() -> None:
    """Watch the tracker from a thread, in the worker's parent process."""
    threading.Thread(target=_watch, name="pool guard", daemon=True).start()


def _watch() -> None:
    _outlast(semaphore_tracker.getfd())
    log.error("the semaphore tracker of this worker is gone, so its pool cannot be renewed: ending")
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_S)
    os._exit(1)


def _outlast(pipe: int) -> None:
    """Return when nobody is left who reads the pipe."""
    poll = select.poll()
    poll.register(pipe, 0)  # an error is reported without being asked for
    poll.poll()
