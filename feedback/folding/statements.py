"""The fold, in SQL: what a member now says of an item, from their interactions that were not undone.

Each aspect is the word of its last interaction by (occurred, id): ids are made on receipt and sort by
its time, so this is (occurred, received, id). There are two ways to it, tested to agree: `lay` puts the
last words of new interactions over what stands, touching no history; `REBUILD` folds a pair's whole
history again, which only an undo makes necessary; words whose interactions were archived stay under
it. `ABSORB` lays what one member said over another's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID

from django.db import connection

from curation.arrays import array
from feedback.models import Kind


@dataclass(frozen=True, slots=True)
class Aspect:
    """One thing that a member says of an item: the kinds that speak of it and how its word is kept.

    `reading` reads the word from a number, 1 unless the kind says another.
    """

    name: str
    kinds: tuple[Kind, ...]
    type: str
    reading: str = "{}"


ASPECTS: Final = (
    Aspect("stars", (Kind.RATING,), "float8"),
    Aspect("thumb", (Kind.LIKE, Kind.DISLIKE), "smallint", "{}::smallint"),
    Aspect("favourite", (Kind.FAVOURITE,), "boolean", "coalesce({} <> 0, false)"),
    Aspect("never", (Kind.NOT_INTERESTED,), "boolean", "{} IS NOT NULL"),
    Aspect("clicked", (Kind.CLICK,), "boolean", "{} IS NOT NULL"),
    Aspect("shared", (Kind.SHARE,), "boolean", "{} IS NOT NULL"),
    Aspect("viewed", (Kind.VIEW,), "float8"),
    Aspect("purchased", (Kind.PURCHASE,), "float8"),
)
_SPEAKS: Final = {kind: aspect.name for aspect in ASPECTS for kind in aspect.kinds}
_VALUED: Final = frozenset({Kind.RATING, Kind.FAVOURITE})
_MEASURED: Final = frozenset({Kind.VIEW, Kind.PURCHASE})


class Told(Protocol):
    """An interaction as far as the fold needs it."""

    @property
    def id(self) -> UUID: ...
    @property
    def occurred_at(self) -> datetime: ...
    @property
    def subject(self) -> UUID: ...
    @property
    def item_id(self) -> UUID | None: ...
    @property
    def kind(self) -> Kind: ...
    @property
    def value(self) -> float | None: ...


def _says(kind: str, value: str) -> str:
    cases = [f"WHEN {Kind.DISLIKE:d} THEN -1"]
    cases += [f"WHEN {one:d} THEN {value}" for one in sorted(_VALUED)]
    cases += [f"WHEN {one:d} THEN coalesce({value}, 0)" for one in sorted(_MEASURED)]
    return f"CASE {kind} {' '.join(cases)} ELSE 1 END"


def _lay_statement(aspect: Aspect) -> str:
    name = aspect.name
    flags = [each.name for each in ASPECTS if each.type == "boolean" and each.name != name]
    others, silence = "".join(f", {flag}" for flag in flags), ", false" * len(flags)
    return f"""
INSERT INTO feedback_rating AS stood
    (subject, item_id, {name}, {name}_at, {name}_by, changed_at{others})
SELECT subject, item_id, {aspect.reading.format("says")}, at, by, %(now)s{silence}
FROM unnest(%(subjects)s::uuid[], %(items)s::uuid[], %(says)s::float8[],
    %(instants)s::timestamptz[], %(ids)s::uuid[]) AS told (subject, item_id, says, at, by)
ORDER BY subject, item_id
ON CONFLICT (subject, item_id) DO UPDATE
SET {name} = excluded.{name}, {name}_at = excluded.{name}_at, {name}_by = excluded.{name}_by,
    changed_at = excluded.changed_at
        + CASE WHEN stood.{name}_at IS NULL THEN interval '0' ELSE interval '1 microsecond' END
WHERE stood.{name}_at IS NULL
    OR (excluded.{name}_at, excluded.{name}_by) > (stood.{name}_at, stood.{name}_by)
"""  # noqa: S608 - made of the words above alone


_LAY: Final = {aspect.name: _lay_statement(aspect) for aspect in ASPECTS}

# What is returned of a row is as it stands now. A word over a word of its kind is noted as changed a microsecond
# later, which tells it from the first; to look for what stood would take as long as a third of all this.
_LAY_STARS: Final = f"""
WITH laid AS ({_LAY["stars"]} RETURNING subject, changed_at)
SELECT subject, count(*) FROM laid WHERE changed_at = %(now)s GROUP BY subject
"""  # noqa: S608 - made of the words above alone


Words = Mapping[str, Mapping[str, Any]]
"""By aspect, what is to be laid: columns as arrays."""


def words(rows: Iterable[Told], now: datetime) -> Words:
    """The last words of new interactions, for `lay`."""
    last: dict[str, dict[tuple[UUID, UUID | None], Told]] = {}
    for row in rows:
        if aspect := _SPEAKS.get(row.kind):
            of_aspect, pair = last.setdefault(aspect, {}), (row.subject, row.item_id)
            stood = of_aspect.get(pair)
            if stood is None or (row.occurred_at, row.id) > (stood.occurred_at, stood.id):
                of_aspect[pair] = row
    return {aspect: _columns(list(last[aspect].values()), now) for aspect in sorted(last)}


def lay(words: Words) -> dict[UUID, int]:
    """Lay words over what stands: a statement for each aspect spoken of.

    Answers, by member, how many items have stars that had none.
    """
    more: dict[UUID, int] = {}
    with connection.cursor() as cursor:
        for aspect, columns in words.items():
            if aspect == "stars":
                more = dict(cursor.execute(_LAY_STARS, columns).fetchall())
            else:
                cursor.execute(_LAY[aspect], columns)
    return more


def _columns(rows: Sequence[Told], now: datetime) -> dict[str, Any]:
    return {
        "subjects": array(row.subject for row in rows),
        "items": array(row.item_id for row in rows),
        "says": array(_number(row) for row in rows),
        "instants": array(row.occurred_at for row in rows),
        "ids": array(row.id for row in rows),
        "now": now,
    }


def _number(row: Told) -> float | None:
    if row.kind in _VALUED:
        return row.value
    if row.kind in _MEASURED:
        return row.value or 0.0
    return -1.0 if row.kind is Kind.DISLIKE else 1.0


def _last(aspect: Aspect) -> str:
    name = aspect.name
    said = aspect.reading.format(f"max(says) FILTER (WHERE aspect = '{name}')")
    return (
        f"{said} AS {name},"
        f" max(occurred_at) FILTER (WHERE aspect = '{name}') AS {name}_at,"
        f" (array_agg(id) FILTER (WHERE aspect = '{name}'))[1] AS {name}_by"
    )


_COLUMNS: Final = ", ".join(f"{a.name}, {a.name}_at, {a.name}_by" for a in ASPECTS)
_ASPECT: Final = " ".join(
    f"WHEN kind IN ({', '.join(str(int(kind)) for kind in a.kinds)}) THEN '{a.name}'"
    for a in ASPECTS
)
_WORDLESS: Final = ", ".join(str(int(kind)) for kind in Kind if kind not in _SPEAKS)


def _is_archived(name: str) -> str:
    return (
        f"{name}_by IS NOT NULL AND NOT EXISTS (SELECT FROM feedback_interaction AS told"
        f" WHERE told.id = {name}_by AND told.occurred_at = {name}_at)"
    )


def _if_archived(aspect: Aspect) -> str:
    """An aspect and whose word it is, where its interaction has left the database; else nothing said."""
    name, nothing = aspect.name, "false" if aspect.type == "boolean" else "NULL"
    return ", ".join(
        f"CASE WHEN {_is_archived(name)} THEN {column} ELSE {other} END AS {column}"
        for column, other in ((name, nothing), (f"{name}_at", "NULL"), (f"{name}_by", "NULL"))
    )


CLEAR: Final = f"""
WITH cleared AS (
    DELETE FROM feedback_rating
    USING unnest(%(subjects)s::uuid[], %(items)s::uuid[]) AS pair (subject, item_id)
    WHERE feedback_rating.subject = pair.subject AND feedback_rating.item_id = pair.item_id
    RETURNING feedback_rating.*
)
INSERT INTO feedback_rating (subject, item_id, {_COLUMNS}, changed_at)
SELECT subject, item_id, {", ".join(map(_if_archived, ASPECTS))}, %(now)s FROM cleared
WHERE {" OR ".join(f"({_is_archived(aspect.name)})" for aspect in ASPECTS)}
"""  # noqa: S608 - made of the words above alone
"""Of what stands of these pairs only the words stay whose interactions were archived: no history has them."""


def _overrules(name: str) -> str:
    newer = f"(excluded.{name}_at, excluded.{name}_by) > (stood.{name}_at, stood.{name}_by)"
    return f"excluded.{name}_at IS NOT NULL AND (stood.{name}_at IS NULL OR {newer})"


_LAID_OVER: Final = ", ".join(
    f"{column} = CASE WHEN {_overrules(a.name)} THEN excluded.{column} ELSE stood.{column} END"
    for a in ASPECTS
    for column in (a.name, f"{a.name}_at", f"{a.name}_by")
)

REBUILD: Final = f"""
INSERT INTO feedback_rating AS stood (subject, item_id, {_COLUMNS}, changed_at)
SELECT subject, item_id, {", ".join(_last(aspect) for aspect in ASPECTS)}, %(now)s
FROM (
    SELECT DISTINCT ON (subject, item_id, aspect) subject, item_id, aspect, says, occurred_at, id
    FROM (
        SELECT told.subject, told.item_id, occurred_at, id, CASE {_ASPECT} END AS aspect,
            {_says("kind", "value")} AS says
        FROM feedback_interaction AS told
        JOIN unnest(%(subjects)s::uuid[], %(items)s::uuid[]) AS pair (subject, item_id)
          ON told.subject = pair.subject AND told.item_id = pair.item_id
        WHERE kind NOT IN ({_WORDLESS}) AND NOT EXISTS (
            SELECT FROM feedback_undo AS undo
            WHERE (undo.source, undo.event, undo.subject) = (told.source, told.event, told.subject)
        )
    ) AS history
    ORDER BY subject, item_id, aspect, occurred_at DESC, id DESC
) AS last
GROUP BY subject, item_id
ON CONFLICT (subject, item_id) DO UPDATE SET {_LAID_OVER}, changed_at = excluded.changed_at
"""  # noqa: S608 - made of the words above alone


def rebuild(pairs: Iterable[tuple[UUID, UUID | None]], now: datetime) -> None:
    """Fold the whole history of these pairs of member and item again."""
    found = list(pairs)
    if not found:
        return
    words: Mapping[str, Any] = {
        "subjects": array(subject for subject, _item in found),
        "items": array(item for _subject, item in found),
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(CLEAR, words)
        cursor.execute(REBUILD, words)


ABSORB: Final = f"""
WITH left_behind AS (
    DELETE FROM feedback_rating WHERE subject = %(member)s RETURNING *
)
INSERT INTO feedback_rating AS stood (subject, item_id, {_COLUMNS}, changed_at)
SELECT %(into)s, item_id, {_COLUMNS}, %(now)s FROM left_behind
ON CONFLICT (subject, item_id) DO UPDATE SET {_LAID_OVER}, changed_at = excluded.changed_at
"""  # noqa: S608 - made of the words above alone
"""What one member says becomes another's: of each aspect the later word stands, as in a fold of both."""
