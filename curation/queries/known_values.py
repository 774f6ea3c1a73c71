"""The values that texts and tags are known to have, to be offered where somebody writes one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.db import connection

from curation.fusion.columns import Kind

MOST: Final = 12
_LOOKED_THROUGH: Final = 20_000
_LONGEST: Final = 200
_TAGS: Final = (
    "jsonb_array_elements_text(CASE jsonb_typeof(attributes -> %(field)s)"
    " WHEN 'array' THEN attributes -> %(field)s ELSE '[]' END)"
)
_TEXT: Final = (
    "CASE jsonb_typeof(attributes -> %(field)s) WHEN 'string' THEN attributes ->> %(field)s END"
)
# What a member who was merged had is what the other has now: one person's value must not count as that of two.
_LIVING: Final = "curation_member WHERE merged_into_id IS NULL"
_ITEM_COLUMNS: Final = {"title": "title", "provider": "provider", "source": "source"}
_MEMBER_COLUMNS: Final = {"language": "language", "time_zone": "time_zone", "source": "source"}


def of_items(field: str, kind: Kind | None, typed: str) -> list[str]:
    """Values that items have, those that begin with what was typed first, then the most usual."""
    return _found("curation_item", _ITEM_COLUMNS, field, kind, typed, 1)


def of_members(field: str, kind: Kind | None, typed: str) -> list[str]:
    """Values that members have; one that a single member has is theirs alone and is not told."""
    return _found(_LIVING, _MEMBER_COLUMNS, field, kind, typed, 2)


def _found(
    table: str, columns: Mapping[str, str], field: str, kind: Kind | None, typed: str, least: int
) -> list[str]:
    if kind not in (Kind.TEXT, Kind.TAGS) or "\0" in typed:
        return []
    value = columns.get(field) or (_TAGS if kind is Kind.TAGS else _TEXT)
    told: dict[str, Any] = {"field": field, "typed": typed, "least": least}
    told |= {"longest": _LONGEST, "sample": _LOOKED_THROUGH, "most": MOST}
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENT.format(value=value, table=table), told)
        return [each for (each,) in cursor.fetchall()]


_STATEMENT: Final = """
SELECT value FROM (SELECT {value} AS value FROM (SELECT * FROM {table} LIMIT %(sample)s) AS sample) AS held
WHERE value <> '' AND length(value) <= %(longest)s AND strpos(lower(value), lower(%(typed)s)) > 0
GROUP BY value HAVING count(*) >= %(least)s
ORDER BY strpos(lower(value), lower(%(typed)s)) = 1 DESC, count(*) DESC, value LIMIT %(most)s
"""
