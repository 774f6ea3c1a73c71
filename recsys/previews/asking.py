"""Web side of a preview: asked of a realtime worker by task name, within a budget; read again while it is kept.

Nothing of it is stored in the database. It lies in the cache for a while, so that each placement can open its sum.
"""

from __future__ import annotations

import logging
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from uuid import UUID, uuid4

import orjson

from recsys.slates import doorbell
from recsys.transport import broker, cache

log = logging.getLogger(__name__)

TASK: Final = "recsys.preview"
BUDGET_S: Final = 2.0
MESSAGE_LIFE_S: Final = 2.0
REPLY_LIFE_MS: Final = 5_000
LIFETIME_S: Final = 1_800
FAILED: Final = b"failed"
"""What a worker answers where it could not fuse."""

SIDES: Final = ("now", "drafted")
Trace = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a worker fused: traces by side, `drafted` None where no drafts were named; `ms` is how long it took."""

    id: UUID
    asked: Mapping[str, Any]
    now: Trace
    drafted: Trace | None
    ms: int = 0

    def side(self, name: str) -> Trace | None:
        """One of its traces, by the name of its side."""
        return {"now": self.now, "drafted": self.drafted}.get(name)


class Late(Exception):
    """No worker answered within the budget, or none can be asked."""


class Failed(Exception):
    """A worker tried, and could not."""


def key_of(preview: str) -> str:
    """Where a preview lies for a while."""
    return f"tandem:preview:{preview}"


def ask(asked: Mapping[str, Any], budget_s: float = BUDGET_S) -> Preview:
    """Have both slates fused: see `previewer.both` for what is asked. Raises Late, Failed."""
    started, key = time.monotonic(), uuid4()
    reply = f"tandem:reply:{key.hex}"
    try:
        broker.publish(
            TASK,
            [str(key), dict(asked), reply],
            queue=doorbell.QUEUE,
            timeout_s=cache.PATIENT_TIMEOUT_S,
            expires_s=MESSAGE_LIFE_S,
        )
        wait = partial(doorbell.popped, reply=reply, patience_s=budget_s)
        packed = cache.ask(wait, cache.PATIENT_TIMEOUT_S)
    except cache.Unavailable as trouble:
        log.warning("no preview: %s", trouble)
        raise Late from trouble
    if packed is None:
        raise Late
    if packed == FAILED:
        raise Failed
    return _read(key, packed, round((time.monotonic() - started) * 1000))


def kept(preview: UUID) -> Preview | None:
    """A preview that was made a moment ago; None where it is kept no longer. Raises Late."""
    try:
        packed = cache.ask(lambda client: client.get(key_of(str(preview))))
    except cache.Unavailable as trouble:
        raise Late from trouble
    return _read(preview, packed) if isinstance(packed, bytes) else None


def _read(key: UUID, packed: bytes, ms: int = 0) -> Preview:
    told = orjson.loads(zlib.decompress(packed))
    return Preview(key, told["asked"], told["now"], told["drafted"], ms)
