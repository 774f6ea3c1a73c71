"""The thread by which a worker process shows that it lives.

A realtime process also holds the live models before its first slate, and each version that is about to go live.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Final
from uuid import UUID

import psycopg
from django.db import DatabaseError, connection

from recsys.live import preloading
from recsys.live import scorers as live
from recsys.operations.heartbeats import BEAT_S, beat
from recsys.runs import devices

log = logging.getLogger(__name__)

RETRY_S: Final = 2.0


def start(role: str) -> None:
    """Beat for as long as this process lives."""
    work = _listen_and_beat if role == preloading.ROLE else _beat
    threading.Thread(target=_lasting, args=(role, work), name="heartbeat", daemon=True).start()


def _lasting(role: str, work: Callable[[str], None]) -> None:
    while True:
        try:
            work(role)
        except (DatabaseError, psycopg.Error) as trouble:
            log.warning("no heartbeat for the moment: %s", trouble)
            connection.close()
            time.sleep(RETRY_S)


def _beat(role: str) -> None:
    trains = role == "training"
    device, room = (devices.gpu(), devices.room()) if trains else ("", 1)
    while True:
        beat(role, device=device, room=room)
        time.sleep(BEAT_S)


def _listen_and_beat(role: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"LISTEN {preloading.CHANNEL}")
    live.preload()
    while True:
        beat(role, live.held(), live.problems())
        # All of them first: the generator keeps the connection to itself, and loading asks it.
        for notice in list(connection.connection.notifies(timeout=BEAT_S, stop_after=1)):
            live.hold(UUID(notice.payload))
