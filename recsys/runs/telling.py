"""What a fit tells the worker that started it: JSON lines of steps, points of the curve, log codes, its end."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO, Final

from recsys.ml.scorer import NO_METRICS, Cancelled, Untrainable

LEAST_GAP_S: Final = 0.3


@dataclass(slots=True)
class Teller:
    """Tells the worker how far the fit is, and stops it where a cancel came: the Progress of a learner."""

    out: IO[str]
    part: str = ""
    told_at: float = 0.0
    told: str = ""
    cancelled: threading.Event = field(default_factory=threading.Event)

    def __call__(
        self, stage: str, done: int, total: int, metrics: Mapping[str, float] = NO_METRICS
    ) -> None:
        if self.cancelled.is_set():
            raise Cancelled
        if not all(map(math.isfinite, metrics.values())):
            raise Untrainable(
                "The loss is no longer a number. Lower the learning rate.",
                reason="loss_not_a_number",
                is_setting=True,
            )
        if stage == self.told and not metrics and time.monotonic() - self.told_at < LEAST_GAP_S:
            return
        self.told, self.told_at = stage, time.monotonic()
        step = {"stage": stage, "part": self.part, "done": done, "total": total}
        self.say(step=step, metrics=dict(metrics))

    def log(self, code: str, **facts: object) -> None:
        """Add a line to the log of the run: a code of `run_words` and what its words name."""
        self.say(log={"code": code, **facts})

    def say(self, **message: object) -> None:
        """Send one message."""
        self.out.write(json.dumps(message) + "\n")
        self.out.flush()
