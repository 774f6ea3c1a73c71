"""Placements as they were served, each with how it was answered: counted from the latest slates of the days.

No roll-up knows an item's slot, mode or chance, so the rows themselves are read, at most so many slates of them.
"""

from __future__ import annotations

from typing import Final

from feedback.models import Kind
from feedback.rollups.segments import THEIRS
from feedback.rollups.tallies import STANDING

MOST_SLATES: Final = 10_000

SERVED: Final = f"""
served AS MATERIALIZED (
    SELECT id, slate, subject, surface, mode, shown_at, served_at, items, slots, propensities, curated
    FROM feedback_impression AS served
    WHERE served_at >= %(start)s AND served_at < %(end)s AND (%(simulated)s OR NOT simulated)
      AND (%(surface)s::text IS NULL OR surface = %(surface)s)
      AND (%(segment)s::uuid IS NULL OR {THEIRS.format(rows="served")})
    ORDER BY served_at DESC, id DESC LIMIT {MOST_SLATES}
)"""  # noqa: S608 - made of constants alone

ANSWERED: Final = f"""
answer AS (
    SELECT told.impression, told.item_id, bool_or(told.kind = {Kind.CLICK:d}) AS clicked,
        bool_or(told.kind IN ({Kind.LIKE:d}, {Kind.FAVOURITE:d})
            OR told.kind = {Kind.RATING:d} AND told.value >= 4) AS liked
    FROM served JOIN feedback_interaction AS told
        ON told.impression = served.id AND told.subject = served.subject
    WHERE told.occurred_at >= %(start)s AND {STANDING}
    GROUP BY told.impression, told.item_id
)"""  # noqa: S608 - made of constants alone

PLACED: Final = f"""
WITH {SERVED}, {ANSWERED}, placed AS (
    SELECT served.id, served.surface, served.mode, served.shown_at, served.slate, placed.item, placed.slot,
        placed.propensity, placed.curated, coalesce(answer.clicked, false) AS clicked,
        coalesce(answer.liked, false) AS liked
    FROM served
    CROSS JOIN unnest(served.items, served.slots, served.propensities, served.curated)
        AS placed (item, slot, propensity, curated)
    LEFT JOIN answer ON answer.impression = served.id AND answer.item_id = placed.item
)
"""  # noqa: S608 - made of constants alone
"""Begins a query over `placed`, one row for each placement; `liked` counts favourites and good ratings too."""
