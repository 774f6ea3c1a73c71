"""Queries over members: the fields that segments may name, in SQL for counting and as columns for few members."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.db import connection

from curation.compiling import Ground, Sql
from curation.fusion.columns import Column, Kind, Schema
from curation.fusion.marking import marked as _
from curation.fusion.matching import Table
from curation.fusion.parsing import QueryError, parse
from curation.fusion.query import ItemList, Query, fields_of, leaves
from curation.fusion.reading import parse_text
from curation.models import Member, MemberAttribute

COUNTS: Final = (
    *("interactions", "likes", "dislikes", "favourites", "not_interested", "clicks"),
    *("shares", "views", "purchases", "comments", "shown"),
)
"""How often, of all time; 0 where feedback says nothing. `shown` counts placements that were shown."""

MEASURES: Final = (
    *("mean_rating", "positive_share", "click_rate", "like_rate", "rating_rate"),
    *("morning", "afternoon", "evening", "night", "weekend"),
)
"""Means and shares, missing where there is nothing to divide by. Times of day are the member's."""

FIELDS: Final[Mapping[str, Kind]] = {
    "language": Kind.TEXT,
    "time_zone": Kind.TEXT,
    "source": Kind.TEXT,
    "joined_on": Kind.DATE,
    "simulated": Kind.BOOLEAN,
    "ratings": Kind.NUMBER,
    "idle_days": Kind.NUMBER,
    **dict.fromkeys((*COUNTS, *MEASURES), Kind.NUMBER),
}
"""The fields that every member has beside their attributes; `idle_days` are whole days since the last feedback."""

_DAY_S: Final = 86_400
_GROUND: Final = Ground(
    key="m.id",
    attributes="m.attributes",
    built_in={
        "language": "NULLIF(m.language, '')",
        "time_zone": "NULLIF(m.time_zone, '')",
        "source": "m.source",
        "joined_on": "to_char(m.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')",
        "simulated": "m.simulated",
        "ratings": "COALESCE(s.ratings, 0)::float8",
        "idle_days": f"floor(extract(epoch FROM now() - s.last_at) / {_DAY_S})::float8",
        **{name: f"COALESCE((s.features ->> '{name}')::float8, 0)" for name in COUNTS},
        **{name: f"(s.features ->> '{name}')::float8" for name in MEASURES},
    },
)
_FROM: Final = """
FROM curation_member m LEFT JOIN curation_memberstats s ON s.subject = m.subject
WHERE m.merged_into_id IS NULL"""

_OF_THESE: Final = """
FROM unnest(%s::uuid[]) AS asked (subject)
LEFT JOIN curation_member m ON m.subject = asked.subject
LEFT JOIN curation_memberstats s ON s.subject = asked.subject
WHERE m.merged_into_id IS NULL"""


def schema() -> dict[str, Kind]:
    """Every field that a query over members may name, and its kind."""
    declared = MemberAttribute.objects.values_list("key", "kind")
    return {key: Kind(kind) for key, kind in declared} | dict(FIELDS)


def read(data: object, known: Schema | None = None) -> Query:
    """Read a query over members from JSON; raises `QueryError`. `known` is the schema, if read already."""
    return _of_members(parse(data, schema() if known is None else known))


def read_text(text: str, known: Schema | None = None) -> Query:
    """Read a query over members from text; raises `QueryError`."""
    return _of_members(parse_text(text, schema() if known is None else known))


def _of_members(query: Query) -> Query:
    if any(isinstance(leaf, ItemList) for leaf in leaves(query)):
        raise QueryError("", "not_a_query", _("a query over members lists no items"))
    return query


def matching(query: Query) -> Sql:
    """SQL of the subjects that a query names; merged members are left out."""
    condition, params = _GROUND.condition(query)
    return f"SELECT m.subject {_FROM} AND ({condition})", params


def count(query: Query) -> tuple[int, int]:
    """How many members a query names, and of how many."""
    condition, params = _GROUND.condition(query)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FILTER (WHERE {condition}), count(*) {_FROM}", params)
        named, everybody = cursor.fetchone()
    return int(named), int(everybody)


def sample(query: Query, most: int = 20) -> list[Member]:
    """Some members whom a query names, the same ones each time."""
    sql, params = matching(query)
    rows = Member.objects.raw(
        f"SELECT * FROM curation_member WHERE subject IN ({sql}) ORDER BY id LIMIT %s",  # noqa: S608 - see `count`
        [*params, most],
    )
    return list(rows)


def holding(
    subjects: Collection[UUID], queries: Sequence[Query], known: Schema
) -> list[frozenset[UUID]]:
    """Of whom of these members each query holds; merged ones are left out. One statement in all."""
    fields = sorted(frozenset[str]().union(*map(fields_of, queries)))
    rows = _values_of(subjects, fields, known)
    asked = [row[0] for row in rows]
    columns = {
        field: Column.of(known[field], [row[at] for row in rows])
        for at, field in enumerate(fields, start=1)
    }
    table = Table(len(asked), columns)
    return [frozenset(asked[row] for row in table.matches(query).nonzero()[0]) for query in queries]


def _values_of(
    subjects: Collection[UUID], fields: Sequence[str], known: Schema
) -> list[tuple[Any, ...]]:
    """A row for each member who was not merged: the subject, then the fields that are asked for."""
    compiled = [_GROUND.value_of(field, known[field]) for field in fields]
    values = "".join(f", ({sql})" for sql, _params in compiled)
    params = [param for _sql, more in compiled for param in more]
    statement = f"SELECT asked.subject{values} {_OF_THESE}"
    with connection.cursor() as cursor:
        cursor.execute(statement, [*params, list(subjects)])
        return list(cursor.fetchall())
