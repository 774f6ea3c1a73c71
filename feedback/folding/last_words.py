"""The last word of each member on each item, in SQL: what training reads.

Of what a member said of an item (a rating, a thumb, a favourite, "not interested", a share, a purchase)
the last counts; where nothing was said the last click, else the last view. The fold in `Rating` knows it
already, without reading the past. It holds all that was said, though: pairs of member and item with an
interaction that training must not see, marked or simulated, are kept apart and folded here from the
others. Each is a statement of its own: joined into one, they take three times as long.

Of months that left the database `feedback.keeping.remnants` keeps what this asks of their interactions.
"""

from __future__ import annotations

from typing import Final

from feedback.models import Kind

SAID: Final = (
    (Kind.RATING, "stars", "stars_at", "stars_by"),
    (Kind.LIKE, "thumb = 1", "thumb_at", "thumb_by"),
    (Kind.DISLIKE, "thumb = -1", "thumb_at", "thumb_by"),
    (Kind.FAVOURITE, "favourite", "favourite_at", "favourite_by"),
    (Kind.NOT_INTERESTED, "never", "never_at", "never_by"),
    (Kind.SHARE, "shared", "shared_at", "shared_by"),
    (Kind.PURCHASE, "purchased", "purchased_at", "purchased_by"),
)
"""Kind, column and whose word it is; of two at one instant the first in this order."""

_DONE: Final = (
    (Kind.CLICK, "clicked", "clicked_at", "clicked_by"),
    (Kind.VIEW, "viewed", "viewed_at", "viewed_by"),
)
_VALUES: Final = ((Kind.RATING, "stars"), (Kind.VIEW, "viewed"), (Kind.PURCHASE, "purchased"))
_FLAGS: Final = frozenset({"stars", "purchased", "clicked", "viewed", "shared", "never"})


def _stands(says: str) -> str:
    """Whether a word stands; of these an instant alone says so."""
    return "true" if says in _FLAGS else says


_SAID_AT: Final = (
    "greatest(stars_at, thumb_at, CASE WHEN favourite THEN favourite_at END,"
    " never_at, shared_at, purchased_at)"
)
_KIND: Final = " ".join(
    f"WHEN {_stands(says)} AND said_at = {at} THEN {kind:d}" for kind, says, at, _by in SAID
)
_DONE_KIND: Final = " ".join(f"WHEN {at} IS NOT NULL THEN {kind:d}" for kind, _, at, _by in _DONE)


def _of_kind(column: int) -> str:
    return " ".join(f"WHEN {each[0]:d} THEN {each[column]}" for each in (*SAID, *_DONE))


_FOLDED: Final = f"""
SELECT subject, item_id, kind,
    CASE kind {" ".join(f"WHEN {kind:d} THEN {column}" for kind, column in _VALUES)} END AS value,
    CASE kind {_of_kind(2)} END AS occurred_at, CASE kind {_of_kind(3)} END AS id
FROM (
    SELECT *, (CASE {_KIND} {_DONE_KIND} END)::smallint AS kind
    FROM (SELECT *, {_SAID_AT} AS said_at FROM feedback_rating WHERE {{pages}}) AS said
) AS rating
WHERE kind IS NOT NULL
"""  # noqa: S608 - made of constants alone


PAGES: Final = "SELECT (pg_relation_size('feedback_rating') / current_setting('block_size')::int)::int AS pages"


def folded(first: int = 0, until: int | None = None) -> str:
    """The fold's last words, of the table's pages from the first until before another, or to its end.

    Columns subject, item_id, kind, value (stars, seconds or amount), occurred_at, id; in no order.
    """
    end = "" if until is None else f"AND ctid < '({until},0)'"
    return _FOLDED.format(pages=f"ctid >= '({first},0)' {end}")


_ORDER: Final = " ".join(f"WHEN {each[0]:d} THEN {at}" for at, each in enumerate(SAID))
ASPECT: Final = f"CASE kind WHEN {Kind.DISLIKE:d} THEN {Kind.LIKE:d} ELSE kind END"
"""What an interaction speaks of: both thumbs of the same."""

_TOLD: Final = f"""
SELECT DISTINCT ON (subject, item_id) subject, item_id, kind,
    CASE WHEN kind IN ({", ".join(f"{kind:d}" for kind, _ in _VALUES)}) THEN coalesce(value, 0) END AS value,
    occurred_at, id
FROM (
    SELECT DISTINCT ON (subject, item_id, {ASPECT}) *,
        CASE kind WHEN {Kind.VIEW:d} THEN 2 WHEN {Kind.CLICK:d} THEN 1 ELSE 0 END AS rank
    FROM ({{words}}) AS told
    ORDER BY subject, item_id, {ASPECT}, occurred_at DESC, id DESC
) AS aspect
WHERE NOT (kind = {Kind.FAVOURITE:d} AND value = 0)
ORDER BY subject, item_id, rank, occurred_at DESC, CASE kind {_ORDER} END
"""  # noqa: S608 - made of constants alone

SPEAKING: Final = f"""
told.kind NOT IN ({Kind.UNDO:d}, {Kind.COMMENT:d}) AND NOT EXISTS (
    SELECT FROM feedback_undo AS undo
    WHERE (undo.source, undo.event, undo.subject) = (told.source, told.event, told.subject)
)"""
"""Whether an interaction says anything of its item, and still does."""

BARRED: Final = "(told.mark IS NOT NULL OR told.simulated)"
"""Whether training must not see an interaction."""

_SEEN: Final = f"""
SELECT told.subject, told.item_id, told.kind, told.value, told.occurred_at, told.id
FROM feedback_interaction AS told {{among}} WHERE NOT {BARRED} AND {SPEAKING}
"""  # noqa: S608 - made of constants alone

APART: Final = f"""
SELECT subject, item_id FROM feedback_interaction AS told WHERE {BARRED}
UNION
SELECT subject, item_id FROM feedback_remnant WHERE barred
"""  # noqa: S608 - made of constants alone
"""The pairs of member and item whose fold holds what training must not see."""

AMONG: Final = "JOIN apart ON (apart.subject, apart.item_id) = (told.subject, told.item_id)"

_REMAINING: Final = f"""
SELECT told.subject, told.item_id, told.kind, told.value, told.occurred_at, told.id
FROM feedback_remnant AS told {AMONG} WHERE NOT told.barred
"""  # noqa: S608 - made of constants alone

_NUMBERS: Final = {**dict(_VALUES), Kind.FAVOURITE: "favourite::int"}
_LAID: Final = ", ".join(
    f"({kind:d}, {_NUMBERS.get(kind, 'NULL')}, {at}, {by},"
    f" {says if says.startswith('thumb') else f'{at} IS NOT NULL'})"
    for kind, says, at, by in (*SAID, *_DONE)
)

# A pair may be barred after a word of it left the database: no remnant has the word, but the fold does.
# Without an archive nothing is looked up.
_ARCHIVED: Final = f"""
SELECT told.subject, told.item_id, word.kind::smallint, word.value, word.occurred_at, word.id
FROM feedback_rating AS told {AMONG}
CROSS JOIN LATERAL (VALUES {_LAID}) AS word (kind, value, occurred_at, id, stands)
WHERE stands
    AND word.occurred_at < (SELECT max(since) + interval '15 minutes' FROM feedback_tally WHERE archived)
    AND NOT EXISTS (
        SELECT FROM feedback_interaction AS kept
        WHERE (kept.id, kept.occurred_at) = (word.id, word.occurred_at)
    )
    AND NOT EXISTS (SELECT FROM feedback_remnant AS remnant WHERE remnant.id = word.id)
"""  # noqa: S608 - made of constants alone

_WORDS_APART: Final = " UNION ALL ".join((_SEEN.format(among=AMONG), _REMAINING, _ARCHIVED))

TOLD_APART: Final = f"WITH apart AS MATERIALIZED ({APART}) {_TOLD.format(words=_WORDS_APART)}"
"""The last words of these pairs, from what training may see of them; columns as in `folded`."""

FROM_THE_PAST: Final = _TOLD.format(words=_SEEN.format(among=""))
"""The last words of all pairs, from every interaction: slow, and what tests hold the others against."""

# An impression may be written after its answer came: then the placement itself is asked.
ANSWERED: Final = """
SELECT told.id FROM feedback_impression AS served JOIN feedback_interaction AS told
    ON told.impression = served.id AND told.subject = served.subject
WHERE true = ANY (served.curated) AND served.curated[array_position(served.items, told.item_id)]
"""
"""The interactions that answer a placement of which the impression says that a curator decided it."""

DECIDED: Final = f"""
SELECT id FROM feedback_interaction WHERE curated
UNION {ANSWERED} UNION
SELECT interaction FROM feedback_decided
"""  # noqa: S608 - made of constants alone
"""The interactions that answer a placement which a curator decided."""
