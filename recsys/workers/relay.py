"""The relay: publishes what the outbox holds, once its transaction has committed, at least once.

A row is deleted in the transaction that publishes it, so a message that the broker did not take stays. The tasks claim
a row of their own, which makes a second delivery harmless.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

import psycopg
from django.db import DatabaseError, connection, transaction

from curation.outbox import CHANNEL
from recsys.operations import heartbeats
from recsys.transport import broker
from recsys.transport.cache import Unavailable

log = logging.getLogger(__name__)

POLL_S: Final = 1.0
PAUSE_S: Final = 1.0
BATCH: Final = 500
BROKER_TIMEOUT_S: Final = 2.0

TAKE: Final = """
DELETE FROM curation_outbox WHERE id IN (
    SELECT id FROM curation_outbox ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
) RETURNING id, task, queue, arguments::json, request
"""


def run(ready: Callable[[], None], stopped: Callable[[], bool]) -> None:
    """Publish until told to stop; outlives outages of the broker and of PostgreSQL."""
    told = False
    while not stopped():
        try:
            _listen()
            if not told:
                ready()
                told = True
            _work(stopped)
        except (DatabaseError, psycopg.Error) as trouble:
            log.warning("the database does not answer, trying again: %s", trouble)
            connection.close()
            time.sleep(PAUSE_S)


def publish_batch() -> int:
    """Publish what waits, oldest first; answers how many. Raises Unavailable, and all of them stay."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(TAKE, [BATCH])
        rows = sorted(cursor.fetchall())
        for _, task, queue, arguments, request in rows:
            broker.publish(
                task, arguments, queue=queue, timeout_s=BROKER_TIMEOUT_S, request=request
            )
    return len(rows)


def _listen() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"LISTEN {CHANNEL}")


def _work(stopped: Callable[[], bool]) -> None:
    beaten = -heartbeats.BEAT_S
    while not stopped():
        if time.monotonic() - beaten >= heartbeats.BEAT_S:
            heartbeats.beat("relay")
            beaten = time.monotonic()
        _publish_all()
        for _notice in connection.connection.notifies(timeout=POLL_S, stop_after=1):
            pass


def _publish_all() -> None:
    """Empty the outbox; what the broker does not take waits for the next turn."""
    try:
        while publish_batch() == BATCH:
            pass
    except Unavailable as trouble:
        log.warning("the broker does not answer, the outbox waits: %s", trouble)
