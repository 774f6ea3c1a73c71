"""The catalogue as columns: what fusing asks of items, read from their rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.db.models import F, QuerySet
from django.db.models.expressions import RawSQL

from curation.fusion.columns import Column, Schema
from curation.models import Item
from curation.queries.items import BUILT_IN, COUNTS, is_likeness, sql_of
from curation.queries.stored import READERS

_SHOWN_AS: Final[Mapping[str, str]] = {
    **{name: name for name in ("title", "provider", "source", "published_on")},
    **{f"stats.{name}": f"stats__{name}" for name in (*COUNTS, "mean_rating")},
}


def columns(
    items: QuerySet[Item], fields: Collection[str], schema: Schema
) -> tuple[list[UUID], dict[str, Column]]:
    """Read these fields of these items in one query: the ids, and for each field its column.

    A stored value that is not of the declared kind is missing, as in `curation.queries.items`.
    """
    built_in = [field for field in fields if field in BUILT_IN or is_likeness(field)]
    declared = [field for field in fields if field not in built_in]
    paths = [_path(field) for field in built_in]
    rows = list(items.order_by().values_list("id", "attributes", *paths))
    found = {
        field: Column.of(schema[field], [_told(field, row[at]) for row in rows])
        for at, field in enumerate(built_in, start=2)
    }
    for field in declared:
        read = READERS[schema[field]]
        found[field] = Column.of(schema[field], [read(row[1].get(field)) for row in rows])
    return [row[0] for row in rows], found


def _path(field: str) -> F | RawSQL:
    """A built-in field of an item; what is reckoned is reckoned by the database, as in queries."""
    if field in _SHOWN_AS:
        return F(_SHOWN_AS[field])
    return RawSQL(sql_of(field), [])  # noqa: S611 - constants alone


def _told(field: str, value: Any) -> Any:  # noqa: ANN401 - a database value of any type
    """A built-in value as a column takes it: counts without a row are 0, an empty provider is none."""
    if isinstance(value, date):
        return value.isoformat()
    if value is None and field.removeprefix("stats.") in COUNTS:
        return 0
    return None if field == "provider" and not value else value
