"""Worker side of "why this item": what of a member's history spoke for it, scorer by scorer.

Made on demand beside the trace, so that a slate's own bytes, and with them its replay, stay as they are.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import orjson
import redis

from feedback.learning.history import state_of
from recsys.live import scorers as live
from recsys.ml.data.interactions import History
from recsys.ml.scorer import Explanation, Scorer
from recsys.models import Slate
from recsys.slates.gathering import history_of
from recsys.slates.why import LIFETIME_S, REPLY_LIFE_MS, key_of
from recsys.transport import cache

MOST_NAMED: Final = 3
PATIENCE_S: Final = 1.0
Told = dict[str, list[dict[str, Any]]]


def answer(slate_id: UUID, items: Sequence[UUID], reply: str) -> None:
    """Find the evidence, keep it for others who ask, and answer who waits on a reply list."""
    slate = Slate.objects.filter(pk=slate_id).first()
    told = evidence_of(slate, items) if slate else {}
    packed = orjson.dumps(told)

    def keep(client: redis.Redis) -> None:
        pipe = client.pipeline()
        if told:
            pipe.hset(key_of(slate_id), mapping={item: orjson.dumps(told[item]) for item in told})
            pipe.expire(key_of(slate_id), LIFETIME_S)
        pipe.rpush(reply, packed)
        pipe.pexpire(reply, REPLY_LIFE_MS)
        pipe.execute()

    cache.ask(keep, cache.PATIENT_TIMEOUT_S)


def evidence_of(slate: Slate, items: Sequence[UUID]) -> Told:
    """For each item the scorers of weight in the slate, and the history's items that spoke most for it.

    `share` is an item's part of all that spoke for it by that scorer. A scorer that names nothing, or
    whose version is no longer there, is left out; items that a second does not reach are, too.
    """
    trace = orjson.loads(zlib.decompress(slate.trace))
    history = _history(slate, trace)
    scorers = dict(_scorers(trace))
    told: Told = {}
    deadline = time.monotonic() + PATIENCE_S
    for item in items:
        if time.monotonic() > deadline:
            break
        told[str(item)] = [
            {"scorer": name, "items": named}
            for name, scorer in scorers.items()
            if (named := _named(scorer.explain(history, item)))
        ]
    return told


def _history(slate: Slate, trace: Mapping[str, Any]) -> History:
    """What the slate could know, as the member's feedback stands now: what was undone since is not named."""
    anchor = UUID(trace["anchor"]) if trace["anchor"] else None
    if anchor is None and slate.subject is None:
        return History.of((), slate.fused_at.timestamp())
    said = state_of(slate.subject, at=slate.fused_at).history if slate.subject else ()
    before = (each for each in said if each.occurred_at <= slate.fused_at)
    return history_of(before, anchor, slate.fused_at)


def _scorers(trace: Mapping[str, Any]) -> Iterator[tuple[str, Scorer]]:
    """The scorers that had weight, in the versions of that slate."""
    for name, weight in sorted(trace["blend"]["weights"].items()):
        version = trace["models"].get(name)
        scorer = live.hold(UUID(version)) if weight and version else None
        if scorer is not None:
            yield name, scorer


def _named(explanation: Explanation | None) -> list[dict[str, Any]]:
    """The items that spoke most for a score, with their share of all that did."""
    if explanation is None:
        return []
    spoke = [(item, share) for item, share in explanation.contributions if share > 0]
    total = sum(share for _, share in spoke)
    best = sorted(spoke, key=lambda each: (-each[1], str(each[0])))[:MOST_NAMED]
    return [{"item": str(item), "share": round(share / total, 4)} for item, share in best]
