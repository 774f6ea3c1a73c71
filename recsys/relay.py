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
from kombu import Producer
from kombu.exceptions import OperationalError

from curation.outbox import CHANNEL
from recsys import heartbeats
from recsys.config.celery import app

log = logging.getLogger(__name__)

POLL_S: Final = 1.0
PAUSE_S: Final = 1.0
BATCH: Final = 500
PATIENCE: Final = {"socket_timeout": 2, "socket_connect_timeout": 1, "max_retries": 0}

TAKE: Final = """
DELETE FROM curation_outbox WHERE id IN (
    SELECT id FROM curation_outbox ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
) RETURNING id, task, queue, arguments
"""

_open: list[Producer] = []


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


def publish_batch(producer: Producer) -> int:
    """Publish what waits, oldest first; answers how many. What the broker refuses stays in the outbox."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(TAKE, [BATCH])
        rows = sorted(cursor.fetchall())
        for _, task, queue, arguments in rows:
            app.send_task(
                task,
                args=arguments,
                queue=queue,
                producer=producer,
                retry=False,
                ignore_result=True,
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
        while publish_batch(_producer()) == BATCH:
            pass
    except (OperationalError, OSError) as trouble:
        log.warning("the broker does not answer, the outbox waits: %s", trouble)
        _drop_producer()


def _producer() -> Producer:
    if not _open:
        broker = app.connection_for_write(transport_options=PATIENCE)
        _open.append(app.amqp.Producer(broker, auto_declare=False))
    return _open[0]


def _drop_producer() -> None:
    broker = _open.pop().connection if _open else None
    if broker is not None:
        broker.collect(socket_timeout=PAUSE_S)
