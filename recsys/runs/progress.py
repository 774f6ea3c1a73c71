"""How far a run is, kept in its row for the pages that watch it: at most one write a second, fenced."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any, Final

from django.db import DatabaseError, connection
from django.utils import timezone

from recsys.jobs.leases import Lease
from recsys.models import Job, Run, RunProgress

logger = logging.getLogger(__name__)

LEAST_GAP_S: Final = 1.0
LOG_LINES: Final = 200
READINGS: Final = 240
CURVE_POINTS: Final = 2_000


class Reporter:
    """Gathers what happens in a run and writes it to `RunProgress`."""

    def __init__(self, lease: Lease) -> None:
        kept = RunProgress.objects.get_or_create(run_id=lease.id)[0]
        self._lease = lease
        self._part, self._stage, self._done, self._total = "", "claimed", 0, 0
        self._readings: list[Mapping[str, Any]] = list(kept.readings)
        self._curve: list[Mapping[str, Any]] = list(kept.curve) if lease.attempt > 1 else []
        self._log: list[Mapping[str, object]] = list(kept.log)
        self._written_at = 0.0

    def stage(self, name: str, done: int = 0, total: int = 0, part: str = "") -> None:
        """Say where the run stands, by codes of `run_words`; the log tells when a part begins."""
        if part and part != self._part:
            self.log("began", part=part)
        self._part, self._stage, self._done, self._total = part, name, done, total

    def point(self, part: str, metrics: Mapping[str, float]) -> None:
        """Add a point to the loss curve of one part of the run; a point told again replaces itself."""
        same = [each for each in self._curve if not _is_same(each, part, metrics)]
        self._curve = [*same, {"part": part, **metrics}][-CURVE_POINTS:]

    def log(self, code: str, **facts: object) -> None:
        """Add a line to the log, with its instant: a code of `run_words` and what its words name."""
        line = {"at": timezone.now().isoformat(), "code": code, **facts}
        self._log = [*self._log, line][-LOG_LINES:]

    def read(self, reading: Mapping[str, float]) -> None:
        """Add what the fit uses of the machine; of a long run every other reading goes, again and again."""
        if not reading:
            return
        self._readings.append({"at": timezone.now().isoformat(), **reading})
        if len(self._readings) > READINGS:
            self._readings = self._readings[::2]

    def write(self, *, now: bool = False) -> None:
        """Write what was gathered, if the last write is a second ago or it must be now.

        A database that is away for a moment costs this write, not the run.
        """
        if not now and time.monotonic() - self._written_at < LEAST_GAP_S:
            return
        self._written_at = time.monotonic()
        try:
            self._update()
        except DatabaseError:
            logger.warning("the progress of run %s was not written", self._lease.id, exc_info=True)
            connection.close()

    def _update(self) -> None:
        held = Run.objects.filter(
            pk=self._lease.id,
            attempt=self._lease.attempt,
            worker=self._lease.worker,
            state=Job.State.RUNNING,
        )
        RunProgress.objects.filter(run__in=held).update(
            part=self._part,
            stage=self._stage,
            done=self._done,
            total=self._total,
            curve=self._curve,
            log=self._log,
            readings=self._readings,
            updated_at=timezone.now(),
        )


def _is_same(point: Mapping[str, Any], part: str, metrics: Mapping[str, float]) -> bool:
    return point["part"] == part and point.get("epoch") == metrics.get("epoch")
