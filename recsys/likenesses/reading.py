"""How near the texts of items come to one that is being written: how many are at least so near, and some of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.db import connection

from curation.catalogue.covers import Cover, cover_of
from curation.models import Item
from recsys.embeddings import encoders

SHOWN: Final = 6
"""So many of the nearest items are shown, and as many of those that are only just near enough."""
START: Final = 0.35
"""Where the threshold stands at first: texts of one subject are mostly nearer, others mostly farther."""

_STATEMENT: Final = """
WITH near AS MATERIALIZED (
    SELECT text.item_id AS item, (1 - (text.vector <=> %(vector)s::vector))::float8 AS likeness
    FROM curation_embedding AS text JOIN curation_item AS item ON item.id = text.item_id AND item.active
    WHERE text.encoder = %(encoder)s AND text.dimension = %(dimension)s
)
(SELECT 'all', NULL::uuid, count(*)::float8 FROM near)
UNION ALL (SELECT 'within', NULL, count(*) FROM near WHERE likeness >= %(at)s)
UNION ALL (SELECT 'nearest', item, likeness FROM near WHERE likeness >= %(at)s
    ORDER BY likeness DESC, item LIMIT %(shown)s)
UNION ALL (SELECT 'edge', item, likeness FROM near WHERE likeness >= %(at)s
    ORDER BY likeness, item DESC LIMIT %(shown)s)
UNION ALL (SELECT 'outside', item, likeness FROM near WHERE likeness < %(at)s
    ORDER BY likeness DESC, item LIMIT %(shown)s)
"""


@dataclass(frozen=True, slots=True)
class Near:
    """An item, and how near its text comes, -1 to 1."""

    item: Item
    cover: Cover
    likeness: float


@dataclass(frozen=True, slots=True)
class Sample:
    """What lies how near: `within` of `read` active items that have a vector are at least as near as asked.

    The `nearest` of them and those at the `edge`, nearest first; of the others those that come nearest, `outside`.
    """

    within: int
    read: int
    nearest: list[Near] = field(default_factory=list)
    edge: list[Near] = field(default_factory=list)
    outside: list[Near] = field(default_factory=list)


def sample(vector: Sequence[float], at: float) -> Sample:
    """The items around a threshold; two queries."""
    words: dict[str, Any] = {
        "vector": str(list(vector)),
        "dimension": len(vector),
        "encoder": encoders.current().name,
        "at": at,
        "shown": SHOWN,
    }
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENT, words)
        rows = cursor.fetchall()
    counts = {part: int(value) for part, item, value in rows if item is None}
    named = [(part, item, value) for part, item, value in rows if item is not None]
    return _sample(counts, named)


def _sample(counts: dict[str, int], named: list[tuple[str, UUID, float]]) -> Sample:
    items = Item.objects.in_bulk({item for _part, item, _value in named})
    near = {
        part: [
            Near(items[item], cover_of(items[item]), value)
            for own, item, value in named
            if own == part and item in items
        ]
        for part in ("nearest", "edge", "outside")
    }
    first = {each.item.pk for each in near["nearest"]}
    edge = [each for each in reversed(near["edge"]) if each.item.pk not in first]
    return Sample(counts["within"], counts["all"], near["nearest"], edge, near["outside"])
