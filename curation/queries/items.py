"""Queries over the catalogue: the fields that rules may name, and the items that they find in SQL."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from itertools import chain
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import BooleanField, Q, QuerySet, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Concat
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from curation.fusion.columns import Kind, Schema
from curation.fusion.query import Query
from curation.given import given
from curation.models import Attribute, Item, Likeness
from curation.queries.compiling import Ground, Sql
from curation.queries.likeness_uses import LIKE

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

_OWN: Final[Mapping[str, str]] = {
    "title": '"curation_item"."title"',
    "provider": """NULLIF("curation_item"."provider", '')""",
    "source": '"curation_item"."source"',
    "published_on": """to_char("curation_item"."published_on", 'YYYY-MM-DD')""",
}
_TOLD: Final[Mapping[str, str]] = {
    "stats.mean_rating": "s.mean_rating",
    **{f"stats.{name}": f"s.{name}::float8" for name in COUNTS},
    **{f"stats.{name}": share for name, share in RATES.items()},
    "stats.last_on": "to_char(s.last_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')",
}
"""What statistics say, over their row `s`, which an item need not have."""

_STATS: Final = 'FROM curation_itemstats s WHERE s.item_id = "curation_item"."id"'
_FROM: Final = """
FROM curation_item LEFT JOIN curation_itemstats s ON s.item_id = curation_item.id WHERE curation_item.active"""

_SHOWN: Final = 60
_LIKENESS: Final = re.compile(r"like\.[a-z0-9-]+", re.ASCII)
_LIKE_SQL: Final = (
    "(SELECT (1 - (e.vector <=> l.vector))::float8 FROM curation_likeness l"
    " JOIN curation_embedding e ON e.encoder = l.encoder"
    """ WHERE l.key = '{key}' AND e.item_id = "curation_item"."id")"""
)


class _BuiltIn(dict[str, str]):
    """The SQL of what every item has beside its attributes; that of a likeness is written when it is asked for."""

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or is_likeness(str(name))

    def __missing__(self, name: str) -> str:
        if not is_likeness(name):
            raise KeyError(name)
        return _LIKE_SQL.format(key=name.removeprefix(LIKE))


def labels() -> dict[str, str]:
    """Attribute to what people call it."""
    rows = Attribute.objects.values_list("key", "label")
    return {key: given(label) for key, label in rows}


def is_likeness(name: str) -> bool:
    """Whether a field is how near a text comes to one that a curator wrote."""
    return _LIKENESS.fullmatch(name) is not None


def likeness_names(fields: Collection[str]) -> dict[str, str]:
    """What these fields are called, by the texts that they are about; those that are gone have no name."""
    if not fields:
        return {}
    keys = [name.removeprefix(LIKE) for name in fields]
    rows = Likeness.objects.filter(key__in=keys).values_list("key", "text")
    return {f"{LIKE}{key}": likeness_name(text) for key, text in rows}


def likenesses_offered() -> set[str]:
    """The fields of the texts that are not retired."""
    keys = Likeness.objects.filter(retired_at=None).values_list("key", flat=True)
    return {f"{LIKE}{key}" for key in keys}


def likeness_name(text: str) -> str:
    """What the field of a text is called."""
    return _("likeness to “%(text)s”") % {"text": Truncator(text).chars(_SHOWN)}


def _ground(read: str) -> Ground:
    """Items, with their statistics as `read` has it."""
    told = {name: read.format(sql) for name, sql in _TOLD.items()}
    counts = {f"stats.{name}": f"COALESCE({told[f'stats.{name}']}, 0)" for name in COUNTS}
    return Ground(
        '"curation_item"."id"',
        '"curation_item"."attributes"',
        _BuiltIn({**_OWN, **told, **counts}),
    )


_GROUND: Final = _ground(f"(SELECT {{}} {_STATS})")
_JOINED: Final = _ground("{}")
"""Over `_FROM`, where all items are asked: one join is cheaper than a look for each."""

_AT_ONCE: Final = 100
_ACTIVE: Final = "SELECT 1 FROM curation_item WHERE active"


def schema() -> dict[str, Kind]:
    """Every field that a query over items may name, and its kind."""
    declared = Attribute.objects.order_by().values_list("key", "kind")
    written = Likeness.objects.order_by().annotate(
        field=Concat(Value(LIKE), "key"), kind=Value(str(Kind.NUMBER))
    )
    rows = declared.union(written.values_list("field", "kind"), all=True)
    return {key: Kind(kind) for key, kind in sorted(rows)} | dict(BUILT_IN)


def sql_of(name: str) -> str:
    """The SQL of a field that every item has beside its attributes, over a row of items."""
    return _GROUND.built_in[name]


def items_matching(query: Query) -> QuerySet[Item]:
    """The items that a query names, active or not."""
    sql, params = _GROUND.condition(query)
    return Item.objects.filter(RawSQL(f"({sql})", params, output_field=BooleanField()))  # noqa: S611 - fields are quoted, values are parameters


def read_once(fields: Sequence[tuple[str, Kind]]) -> tuple[Sql, Ground]:
    """The active items with each of these fields read once, and the ground on which they are called f0, f1, …."""
    read = [_JOINED.comparable(name, kind) for name, kind in fields]
    told = ", ".join(
        [f"{_JOINED.key} AS id", *(f"{sql} AS f{at}" for at, (sql, _params) in enumerate(read))]
    )
    # OFFSET 0, since PostgreSQL would else read a field again wherever it is compared.
    sql = f"(SELECT {told} {_FROM} OFFSET 0) AS read"
    names = {f"f{at}": f"read.f{at}" for at in range(len(read))}
    return (sql, list(chain(*(params for _sql, params in read)))), Ground("read.id", "NULL", names)


def without_ratings() -> Q:
    """The condition on items that nobody has rated."""
    return Q(stats__isnull=True) | Q(stats__ratings=0)


def count(query: Query) -> int:
    """How many active items a query names."""
    sql, params = _JOINED.condition(query)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {_FROM} AND ({sql})", params)
        return int(cursor.fetchone()[0])


def best(query: Query, most: int) -> list[Item]:
    """Some active items that a query names, those with most ratings first."""
    sql, params = _JOINED.condition(query)
    order = "ORDER BY s.ratings DESC NULLS LAST, curation_item.id LIMIT %s"
    asked = f"SELECT curation_item.* {_FROM} AND ({sql}) {order}"
    return list(Item.objects.raw(asked, [*params, most]))


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
