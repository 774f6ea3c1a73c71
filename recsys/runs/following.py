"""Listening to the child that fits: its steps into the progress of the run, its end as a result or a trouble."""

from __future__ import annotations

import signal
import time
from collections.abc import Mapping
from typing import Any, Final

from recsys.jobs.failures import Failure, Trouble, heard
from recsys.runs.devices import Meter
from recsys.runs.fit_process import FitProcess, Message
from recsys.runs.progress import Reporter
from recsys.runs.watching import RunCancelled, Watch

LISTEN_S: Final = 0.5
READ_EVERY_S: Final = 5.0


class RunFailed(Exception):
    """A run that gives no version."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(str(trouble.facts.get("detail", trouble.failure)))
        self.trouble = trouble


def follow(child: FitProcess, reporter: Reporter, watch: Watch) -> Message:
    """Listen to the child until its result; raises RunFailed, RunCancelled, Fenced."""
    meter, read_at = Meter(child.pid), 0.0
    while True:
        try:
            message = child.next_message(LISTEN_S)
        except EOFError:
            raise RunFailed(_last_words(child)) from None
        if message and "result" in message:
            reporter.write(now=True)
            return message["result"]  # type: ignore[no-any-return]
        if message:
            _note(message, reporter)
        _stop_where_asked(child, watch)
        if time.monotonic() - read_at > READ_EVERY_S:
            read_at = time.monotonic()
            reporter.read(meter.read())
        reporter.write()


def _stop_where_asked(child: FitProcess, watch: Watch) -> None:
    try:
        watch.check()
    except RunCancelled:
        child.stop()
        raise


def _note(message: Message, reporter: Reporter) -> None:
    if "failed" in message:
        raise RunFailed(heard(message["failed"]))
    if "log" in message:
        reporter.log(**message["log"])
    if "step" in message:
        step: Mapping[str, Any] = message["step"]
        reporter.stage(step["stage"], step["done"], step["total"], part=step["part"])
        if message["metrics"]:
            reporter.point(step["part"], message["metrics"])


def _last_words(child: FitProcess) -> Trouble:
    """Whoever is killed without our doing has most likely asked the kernel for more memory than there is."""
    status = child.exit_status()
    if child.processes > 1:
        return Trouble(Failure.RANK_LOST, {"reason": "rank_lost", "log": str(child.log_path)})
    if status == -signal.SIGKILL:
        return Trouble(Failure.OUT_OF_MEMORY, {"reason": "killed"})
    return Trouble(
        Failure.CODE_ERROR, {"reason": "ended", "status": status, "log": str(child.log_path)}
    )
