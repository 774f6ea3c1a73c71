"""The thread that keeps the lease of a run, and sees there whether somebody cancelled it or another worker has it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from django.db import DatabaseError, connection

from recsys.jobs import leases
from recsys.models import Run

log = logging.getLogger(__name__)

LOOK_S: Final = 0.5


class RunCancelled(Exception):
    """A person cancelled the run."""


@dataclass(slots=True)
class Watch:
    """What the heartbeat saw: a wish to cancel, the loss of the lease; and the word to stop beating."""

    cancelled: threading.Event = field(default_factory=threading.Event)
    fenced: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """Raise RunCancelled or Fenced where one of them holds."""
        if self.fenced.is_set():
            raise leases.Fenced
        if self.cancelled.is_set():
            raise RunCancelled


@contextmanager
def heartbeat(lease: leases.Lease) -> Iterator[Watch]:
    """Beat for a run while the context lasts."""
    watch = Watch()
    beating = threading.Thread(target=_beat, args=(lease, watch), name="heartbeat", daemon=True)
    beating.start()
    try:
        yield watch
    finally:
        watch.over.set()
        beating.join()


def _beat(lease: leases.Lease, watch: Watch) -> None:
    """Look for a cancel twice a second and renew the lease now and then, until the run is over."""
    looks = 0
    try:
        while not watch.over.wait(LOOK_S) and not watch.fenced.is_set():
            looks += 1
            _look(lease, watch, renew=looks % int(leases.BEAT_S / LOOK_S) == 0)
    finally:
        connection.close()


def _look(lease: leases.Lease, watch: Watch, *, renew: bool) -> None:
    try:
        asked = Run.objects.filter(pk=lease.id, cancel_requested=True)
        if (renew and lease.beat()) or asked.exists():
            watch.cancelled.set()
    except leases.Fenced:
        watch.fenced.set()
    except DatabaseError:
        log.warning("run %s: no heartbeat", lease.id, exc_info=True)
        connection.close()
