"""Queries over members: the fields that segments may name, in SQL for counting and as columns for few members."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import numpy as np
from django.db import connection

from curation.fusion.columns import Column, Kind, Schema
from curation.fusion.marking import marked as _
from curation.fusion.matching import Table
from curation.fusion.parsing import QueryError, parse
from curation.fusion.query import ItemList, Query, fields_of, leaves
from curation.fusion.reading import parse_text
from curation.models import Member, MemberAttribute
from curation.queries.compiling import Ground, Sql

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

ROLLED_UP: Final = frozenset({*COUNTS, *MEASURES})
"""The fields that the roll-up of feedback writes."""

OF_THE_ROW: Final = frozenset(FIELDS) - {"ratings", "idle_days", *COUNTS, *MEASURES}
"""The built-in fields that stand in a member's own row, where their attributes do."""

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


def reads_the_row(fields: Iterable[str]) -> bool:
    """Whether some of these fields stand in a member's own row: attributes do, and all but what feedback says."""
    return any(name in OF_THE_ROW or name not in FIELDS for name in fields)


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


def count_in(query: Query, segment: UUID | None) -> int:
    """How many members a query names, of a segment's (None: of all)."""
    sql, params = matching(query)
    statement = f"SELECT count(*) FROM ({sql}) AS named"  # noqa: S608 - see `matching`
    if segment is not None:
        statement += " JOIN curation_segmentmembership g USING (subject) WHERE g.segment_id = %s"
        params = [*params, segment]
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return int(cursor.fetchone()[0])


def some_match(queries: Sequence[Query]) -> list[bool]:
    """Of each query whether it names any member: one statement, none where nothing is asked."""
    if not queries:
        return []
    compiled = [_GROUND.condition(query) for query in queries]
    asked = ", ".join(f"COALESCE(bool_or({sql}), false)" for sql, _params in compiled)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {asked} {_FROM}", [p for _sql, params in compiled for p in params])
        return [bool(each) for each in cursor.fetchone()]


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
    kinds = {field: known[field] for field in frozenset[str]().union(*map(fields_of, queries))}
    asked, columns = columns_of(subjects, kinds)
    table = Table(len(asked), columns)
    return [frozenset(asked[row] for row in table.matches(query).nonzero()[0]) for query in queries]


def columns_of(subjects: Collection[UUID], kinds: Schema) -> tuple[list[UUID], dict[str, Column]]:
    """Those of some members who were not merged, and their values of these fields, as they are now: one statement."""
    rows = _values_of(subjects, kinds)
    columns = {
        field: Column.of(kind, [row[at] for row in rows])
        for at, (field, kind) in enumerate(kinds.items(), start=1)
    }
    return [row[0] for row in rows], columns


def traits_of(subjects: Collection[UUID], kinds: Schema) -> dict[UUID, dict[str, Column]]:
    """Of some members what decisions ask of them, as columns of one row; no statement where they ask nothing."""
    if not kinds or not subjects:
        return {}
    found, columns = columns_of(subjects, kinds)
    return {
        subject: {name: column.take(np.array([row])) for name, column in columns.items()}
        for row, subject in enumerate(found)
    }


def _values_of(subjects: Collection[UUID], kinds: Schema) -> list[tuple[Any, ...]]:
    """A row for each member who was not merged: the subject, then the fields that are asked for."""
    compiled = [_GROUND.value_of(field, kind) for field, kind in kinds.items()]
    values = "".join(f", ({sql})" for sql, _params in compiled)
    params = [param for _sql, more in compiled for param in more]
    statement = f"SELECT asked.subject{values} {_OF_THESE}"
    with connection.cursor() as cursor:
        cursor.execute(statement, [*params, list(subjects)])
        return list(cursor.fetchall())
