"""The fold, in SQL: what a member now says of an item, from their interactions that were not undone.

Each aspect is the word of its last interaction by (occurred, id): ids are made on receipt and sort by
its time, so this is (occurred, received, id). There are two ways to it, tested to agree: `MERGE` lays
new interactions over what stands, touching no history; `REBUILD` folds a pair's whole history again,
which only an undo makes necessary.
"""

from __future__ import annotations

from typing import Final

from feedback.models import Kind

# Aspect, the kinds that speak of it, how its word is read from a number, and the word of silence.
_ASPECTS: Final = (
    ("stars", (Kind.RATING,), "{}"),
    ("thumb", (Kind.LIKE, Kind.DISLIKE), "{}::smallint"),
    ("favourite", (Kind.FAVOURITE,), "coalesce({} <> 0, false)"),
    ("never", (Kind.NOT_INTERESTED,), "{} IS NOT NULL"),
    ("clicked", (Kind.CLICK,), "{} IS NOT NULL"),
)


def _kinds(kinds: tuple[Kind, ...]) -> str:
    return ", ".join(str(int(kind)) for kind in kinds)


def _last(aspect: str, reading: str) -> str:
    said = reading.format(f"max(says) FILTER (WHERE aspect = '{aspect}')")
    return (
        f"{said} AS {aspect},"
        f" max(occurred_at) FILTER (WHERE aspect = '{aspect}') AS {aspect}_at,"
        f" (array_agg(id) FILTER (WHERE aspect = '{aspect}'))[1] AS {aspect}_by"
    )


def _overrules(aspect: str) -> str:
    newer = f"(excluded.{aspect}_at, excluded.{aspect}_by) > (stood.{aspect}_at, stood.{aspect}_by)"
    return f"excluded.{aspect}_at IS NOT NULL AND (stood.{aspect}_at IS NULL OR {newer})"


def _laid_over(aspect: str) -> str:
    return ", ".join(
        f"{column} = CASE WHEN {_overrules(aspect)} THEN excluded.{column} ELSE stood.{column} END"
        for column in (aspect, f"{aspect}_at", f"{aspect}_by")
    )


_NAMES: Final = [aspect for aspect, _kind, _reading in _ASPECTS]
_ASPECT: Final = " ".join(f"WHEN kind IN ({_kinds(kinds)}) THEN '{a}'" for a, kinds, _ in _ASPECTS)
_SAYS: Final = (
    f"CASE kind WHEN {Kind.RATING:d} THEN value WHEN {Kind.DISLIKE:d} THEN -1"
    f" WHEN {Kind.FAVOURITE:d} THEN value ELSE 1 END"
)

FOLD: Final = f"""
INSERT INTO feedback_rating AS stood
    (subject, item_id, {", ".join(f"{a}, {a}_at, {a}_by" for a in _NAMES)}, changed_at)
SELECT subject, item_id, {", ".join(_last(a, reading) for a, _, reading in _ASPECTS)}, %(now)s
FROM (
    SELECT DISTINCT ON (subject, item_id, aspect) subject, item_id, aspect, says, occurred_at, id
    FROM (
        SELECT subject, item_id, occurred_at, id, CASE {_ASPECT} END AS aspect, {_SAYS} AS says
        FROM {{source}} WHERE kind <> {Kind.UNDO:d} AND NOT undone
    ) AS told
    ORDER BY subject, item_id, aspect, occurred_at DESC, id DESC
) AS last
GROUP BY subject, item_id
"""  # noqa: S608 - made of the words above alone

MERGE: Final = f"""{FOLD}
ON CONFLICT (subject, item_id) DO UPDATE
SET {", ".join(_laid_over(aspect) for aspect in _NAMES)}, changed_at = excluded.changed_at
"""

CLEAR: Final = """
DELETE FROM feedback_rating
USING unnest(%(subjects)s::uuid[], %(items)s::uuid[]) AS pair (subject, item_id)
WHERE feedback_rating.subject = pair.subject AND feedback_rating.item_id = pair.item_id
"""

REBUILD: Final = FOLD.format(
    source="""(
    SELECT told.*, EXISTS (
        SELECT FROM feedback_undo AS undo
        WHERE (undo.source, undo.event, undo.subject) = (told.source, told.event, told.subject)
    ) AS undone
    FROM feedback_interaction AS told
    JOIN unnest(%(subjects)s::uuid[], %(items)s::uuid[]) AS pair (subject, item_id)
      ON told.subject = pair.subject AND told.item_id = pair.item_id
) AS history"""
)
