"""Queries over the catalogue: the fields that rules may name, and the items that they find in SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import BooleanField, Q, QuerySet
from django.db.models.expressions import RawSQL

from curation.compiling import Ground
from curation.fusion.columns import Kind, Schema
from curation.fusion.query import Query
from curation.models import Attribute, Item

COUNTS: Final = (
    *("ratings", "likes", "dislikes", "favourites", "not_interested"),
    *("clicks", "shares", "views", "purchases", "shown"),
)
RATES: Final[Mapping[str, str]] = {
    **{
        f"{name}_rate": f"s.{name}s::float8 / NULLIF(s.shown, 0)"
        for name in ("click", "like", "rating", "favourite", "share", "view", "purchase")
    },
    "positive_share": "s.likes::float8 / NULLIF(s.likes + s.dislikes, 0)",
    **{
        name: f"({' + '.join(f's.hours[{hour + 1}]' for hour in hours)})::float8"  # noqa: S608
        " / NULLIF((SELECT sum(n) FROM unnest(s.hours) n), 0)"
        for name, hours in {
            "night": range(6),
            "morning": range(6, 12),
            "afternoon": range(12, 18),
            "evening": range(18, 24),
        }.items()
    },
    "weekend": "(s.weekdays[6] + s.weekdays[7])::float8"
    " / NULLIF((SELECT sum(n) FROM unnest(s.weekdays) n), 0)",
}
"""Shares from 0 to 1, in SQL over a row of statistics; missing where there is nothing to divide by."""

BUILT_IN: Final[Mapping[str, Kind]] = {
    "title": Kind.TEXT,
    "provider": Kind.TEXT,
    "source": Kind.TEXT,
    "published_on": Kind.DATE,
    "stats.mean_rating": Kind.NUMBER,
    **{f"stats.{name}": Kind.NUMBER for name in (*COUNTS, *RATES)},
    "stats.last_on": Kind.DATE,
}
"""The fields that every item has beside its attributes."""

_STATS: Final = 'FROM curation_itemstats s WHERE s.item_id = "curation_item"."id")'
BUILT_IN_SQL: Final[Mapping[str, str]] = {
    "title": '"curation_item"."title"',
    "provider": """NULLIF("curation_item"."provider", '')""",
    "source": '"curation_item"."source"',
    "published_on": """to_char("curation_item"."published_on", 'YYYY-MM-DD')""",
    "stats.mean_rating": f"(SELECT s.mean_rating {_STATS}",
    **{f"stats.{name}": f"COALESCE((SELECT s.{name}::float8 {_STATS}, 0)" for name in COUNTS},
    **{f"stats.{name}": f"(SELECT {share} {_STATS}" for name, share in RATES.items()},
    "stats.last_on": f"(SELECT to_char(s.last_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') {_STATS}",
}
_GROUND: Final = Ground('"curation_item"."id"', '"curation_item"."attributes"', BUILT_IN_SQL)

_AT_ONCE: Final = 100
_ACTIVE: Final = "SELECT 1 FROM curation_item WHERE active"


def schema() -> dict[str, Kind]:
    """Every field that a query over items may name, and its kind."""
    declared = Attribute.objects.values_list("key", "kind")
    return {key: Kind(kind) for key, kind in declared} | dict(BUILT_IN)


def items_matching(query: Query) -> QuerySet[Item]:
    """The items that a query names, active or not."""
    sql, params = _GROUND.condition(query)
    return Item.objects.filter(RawSQL(f"({sql})", params, output_field=BooleanField()))  # noqa: S611 - fields are quoted, values are parameters


def without_ratings() -> Q:
    """The condition on items that nobody has rated."""
    return Q(stats__isnull=True) | Q(stats__ratings=0)


def count(query: Query) -> int:
    """How many active items a query names."""
    return items_matching(query).filter(active=True).count()


def some_match(queries: Sequence[Query]) -> list[bool]:
    """Whether each query names some active item: many queries in one statement."""
    found: list[bool] = []
    for start in range(0, len(queries), _AT_ONCE):
        compiled = [_GROUND.condition(query) for query in queries[start : start + _AT_ONCE]]
        asked = ", ".join(f"EXISTS ({_ACTIVE} AND ({sql}))" for sql, _params in compiled)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {asked}", list(chain(*(params for _sql, params in compiled))))
            found += cursor.fetchone()
    return found


def naming(item: UUID, queries: Sequence[Query]) -> list[bool]:
    """Whether each query names this item, active or not: many queries in one statement."""
    found: list[bool] = []
    for start in range(0, len(queries), _AT_ONCE):
        compiled = [_GROUND.condition(query) for query in queries[start : start + _AT_ONCE]]
        asked = ", ".join(f"coalesce(({sql}), false)" for sql, _params in compiled)
        params = [*chain(*(params for _sql, params in compiled)), item]
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {asked} FROM curation_item WHERE id = %s", params)  # noqa: S608 - see above
            found += cursor.fetchone()
    return found


__all__ = [
    "BUILT_IN",
    "Schema",
    "count",
    "items_matching",
    "schema",
    "some_match",
    "without_ratings",
]
