"""Web side of "why this item": what of a member's history spoke for it, asked of a worker where nobody has yet."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from uuid import UUID, uuid4

import orjson

from curation.models import Item
from recsys.screens import reasons
from recsys.slates import doorbell
from recsys.transport import broker, cache

log = logging.getLogger(__name__)

TASK: Final = "recsys.explain"
BUDGET_S: Final = 0.5
LIFETIME_S: Final = 3_600
REPLY_LIFE_MS: Final = 5_000
MESSAGE_LIFE_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Spoke:
    """One item of the history, with its share of all that spoke for a score."""

    item: str
    title: str
    share: float
    item_id: str = ""

    @property
    def percent(self) -> int:
        """The share in whole percent."""
        return round(100 * self.share)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a scorer names for an item, the strongest first."""

    scorer: str
    items: tuple[Spoke, ...]

    @property
    def label(self) -> str:
        """What it means that this scorer spoke, in words."""
        return reasons.text_of({"code": "scorer", "scorer": self.scorer})


Known = Mapping[UUID, tuple[Evidence, ...]]
"""Evidence by item."""


def key_of(slate: UUID) -> str:
    """Where the evidence of a slate's items is kept for a while."""
    return f"tandem:evidence:{slate}"


def evidence(slate: UUID, items: Sequence[UUID], budget_s: float = BUDGET_S) -> Known:
    """The evidence for items of a slate; one that no worker explained in time is not among them."""
    try:
        told = _kept(slate, items)
        missing = [item for item in items if item not in told]
        if missing:
            told |= _asked(slate, missing, budget_s)
    except cache.Unavailable as trouble:
        log.warning("no evidence for slate %s: %s", slate, trouble)
        return {}
    return _with_titles(told)


def _kept(slate: UUID, items: Sequence[UUID]) -> dict[UUID, Any]:
    if not items:
        return {}
    names = [str(item) for item in items]
    found = cache.ask(lambda client: client.hmget(key_of(slate), names))
    pairs = zip(items, found, strict=True)
    return {item: orjson.loads(packed) for item, packed in pairs if packed}


def _asked(slate: UUID, items: Sequence[UUID], budget_s: float) -> dict[UUID, Any]:
    reply = f"tandem:reply:{uuid4().hex}"
    broker.publish(
        TASK,
        [str(slate), [str(item) for item in items], reply],
        queue=doorbell.QUEUE,
        timeout_s=cache.PATIENT_TIMEOUT_S,
        expires_s=MESSAGE_LIFE_S,
    )
    wait = partial(doorbell.popped, reply=reply, patience_s=budget_s)
    packed = cache.ask(wait, cache.PATIENT_TIMEOUT_S)
    return {UUID(item): told for item, told in orjson.loads(packed or b"{}").items()}


def _with_titles(told: Mapping[UUID, Any]) -> Known:
    """The answer with items as they are known outside, read in one query; those gone since are left out."""
    outside = _outside(
        {named["item"] for rows in told.values() for row in rows for named in row["items"]}
    )
    return {
        item: tuple(
            Evidence(
                row["scorer"],
                tuple(
                    Spoke(*outside[named["item"]], named["share"], named["item"])
                    for named in row["items"]
                    if named["item"] in outside
                ),
            )
            for row in rows
        )
        for item, rows in told.items()
    }


def _outside(items: Iterable[str]) -> dict[str, tuple[str, str]]:
    rows = Item.objects.filter(pk__in=list(items)).values_list("pk", "outside_id", "title")
    return {str(pk): (outside_id, title) for pk, outside_id, title in rows}
