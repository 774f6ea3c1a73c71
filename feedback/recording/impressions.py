"""Impressions, written behind: a request leaves its impression in a buffer and waits for nobody.

A thread of the process writes the buffer four times a second, and once more at exit. While the database
is away the buffer keeps the newest impressions that fit; what falls out is counted and told to the log.
Impressions and traces are all that may be lost in a crash; feedback itself never waits here.
"""

from __future__ import annotations

import atexit
import logging
import threading
from collections import deque
from collections.abc import Sequence
from typing import Final

import orjson
from django.conf import settings
from django.db import (
    DataError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    connection,
    transaction,
)

from feedback.models import Impression
from feedback.partitions import ensure_months

INTERVAL_S: Final = 0.25
MOST_KEPT: Final = 20_000
MOST_AT_ONCE: Final = 2_000

_COLUMNS: Final = [field.attname for field in Impression._meta.concrete_fields]

_INSERT: Final = f"""
INSERT INTO feedback_impression ({", ".join(_COLUMNS)})
SELECT {", ".join(_COLUMNS)} FROM json_populate_recordset(NULL::feedback_impression, %s)
ON CONFLICT DO NOTHING
"""  # noqa: S608 - the model's own columns

_log = logging.getLogger(__name__)


class Buffer:
    """Impressions that wait to be written, oldest first, and the thread that writes them."""

    def __init__(self, most: int = MOST_KEPT, interval_s: float = INTERVAL_S) -> None:
        self._waiting: deque[Impression] = deque()
        self._most, self._interval_s = most, interval_s
        self._changing = threading.Lock()
        self._writing = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._lost = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, impression: Impression) -> None:
        """Leave an impression to the thread, which starts with the first one."""
        with self._changing:
            self._waiting.append(impression)
            self._trim()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="impressions", daemon=True)
                self._thread.start()
                atexit.register(self.stop)

    def flush(self) -> int:
        """Write what waits; answers how many were written. Raises if the database is away."""
        written = 0
        with self._writing:
            while batch := self._take():
                try:
                    written += write(batch)
                except (OperationalError, InterfaceError):
                    self._put_back(batch)
                    raise
        return written

    def stop(self) -> None:
        """End the thread and write what still waits."""
        self._stopping.set()
        self._flush_patiently()

    def _run(self) -> None:
        while not self._stopping.wait(self._interval_s):
            self._flush_patiently()

    def _flush_patiently(self) -> None:
        try:
            self.flush()
        except (OperationalError, InterfaceError) as error:
            _log.warning("%d impressions wait for the database: %s", len(self), error)
        finally:
            connection.close()

    def _take(self) -> list[Impression]:
        with self._changing:
            if self._lost:
                _log.error(
                    "%d impressions were lost: the database is too slow, or away", self._lost
                )
                self._lost = 0
            return [self._waiting.popleft() for _ in range(min(len(self), MOST_AT_ONCE))]

    def _put_back(self, batch: list[Impression]) -> None:
        with self._changing:
            self._waiting.extendleft(reversed(batch))
            self._trim()

    def _trim(self) -> None:
        while len(self._waiting) > self._most:
            self._waiting.popleft()
            self._lost += 1


_buffer: Final = Buffer()


def log(impression: Impression) -> None:
    """Keep an impression: soon in a web process, where a request waits; at once elsewhere."""
    if settings.PROCESS == "web":
        _buffer.add(impression)
    else:
        write([impression])


def flush() -> int:
    """Write what this process has in its buffer; answers how many were written."""
    return _buffer.flush()


def write(impressions: Sequence[Impression]) -> int:
    """Write impressions, each once however often it is tried; answers how many were new.

    One that the database refuses is told to the log and left out, so that it holds up no other.
    """
    try:
        return _insert(impressions)
    except (DataError, IntegrityError) as error:
        if len(impressions) == 1:
            _log.error("impression %s was refused: %s", impressions[0].pk, error)
            return 0
        return sum(write([impression]) for impression in impressions)


def _insert(impressions: Sequence[Impression]) -> int:
    rows = [{column: getattr(each, column) for column in _COLUMNS} for each in impressions]
    alone = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if alone:  # a crash may cost the last moments of impressions, but nothing written with them
            cursor.execute("SET LOCAL synchronous_commit = off")
        ensure_months("feedback_impression", [each.served_at for each in impressions])
        cursor.execute(_INSERT, [orjson.dumps(rows).decode()])
        return int(cursor.rowcount)
