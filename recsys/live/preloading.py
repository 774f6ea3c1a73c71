"""Before a version goes live, every realtime process has it in memory: asked by a notification, seen in heartbeats."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models.functions import Now

from recsys.models import Heartbeat

CHANNEL: Final = "preload"
ROLE: Final = "realtime"
LIVES: Final = timedelta(seconds=40)
POLL_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Readiness:
    """How many of the realtime processes that live hold a version."""

    ready: int
    expected: int

    @property
    def complete(self) -> bool:
        """Whether no process would have to load it at its next slate."""
        return self.ready == self.expected


def everywhere(version: UUID, timeout_s: float = 2.0) -> Readiness:
    """Have all realtime processes load a version, and wait until they have or the time is up.

    Inside a transaction it does not wait: the notification leaves when that commits.
    """
    deadline = time.monotonic() + (0 if connection.in_atomic_block else timeout_s)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, str(version)])
    readiness = _readiness(version)
    while not readiness.complete and time.monotonic() < deadline:
        time.sleep(POLL_S)
        readiness = _readiness(version)
    return readiness


def _readiness(version: UUID) -> Readiness:
    alive = Heartbeat.objects.filter(role=ROLE, beat_at__gt=Now() - LIVES)
    return Readiness(alive.filter(loaded__contains=[version]).count(), alive.count())
