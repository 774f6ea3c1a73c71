"""Figures of the members of a segment: counted from the rows themselves, since roll-ups know no member.

They stand in for the roll-ups of the same columns. A month that has left the database counts nowhere.
"""

from __future__ import annotations

from typing import Final

from feedback.models import Kind
from feedback.rollups.arrivals import ANSWERED_WITHIN
from feedback.rollups.tallies import STANDING

THEIRS: Final = """EXISTS (
    SELECT FROM curation_segmentmembership AS member
    WHERE member.segment_id = %(segment)s AND member.subject = {rows}.subject
)"""

TALLY: Final = f"""(
    SELECT told.occurred_at AS since, coalesce(served.surface, '') AS surface, told.kind,
        CASE told.kind WHEN {Kind.RATING:d} THEN round(told.value * 2) / 2 ELSE 0 END AS stars,
        told.simulated, 1 AS count
    FROM feedback_interaction AS told
    LEFT JOIN feedback_impression AS served ON served.id = told.impression
        AND served.served_at >= %(start)s - {ANSWERED_WITHIN} AND served.served_at < %(end)s
    WHERE told.occurred_at >= %(start)s AND told.occurred_at < %(end)s AND {STANDING}
      AND {THEIRS.format(rows="told")}
)"""  # noqa: S608 - made of constants alone

SLOT_TALLY: Final = f"""(
    SELECT served.served_at AS since, served.surface, placed.slot, served.simulated, 1 AS served,
        placed.curated::int AS curated, coalesce(answer.clicked, false)::int AS clicked,
        coalesce(answer.liked, false)::int AS liked
    FROM feedback_impression AS served
    CROSS JOIN unnest(served.items, served.slots, served.curated) AS placed (item, slot, curated)
    LEFT JOIN (
        SELECT told.impression, told.subject, told.item_id,
            bool_or(told.kind = {Kind.CLICK:d}) AS clicked,
            bool_or(told.kind = {Kind.LIKE:d}) AS liked
        FROM feedback_interaction AS told
        WHERE told.impression IS NOT NULL AND told.kind IN ({Kind.CLICK:d}, {Kind.LIKE:d})
          AND told.occurred_at >= %(start)s AND {STANDING}
        GROUP BY told.impression, told.subject, told.item_id
    ) AS answer ON answer.impression = served.id AND answer.subject = served.subject
        AND answer.item_id = placed.item
    WHERE served.served_at >= %(start)s AND served.served_at < %(end)s
      AND {THEIRS.format(rows="served")}
)"""  # noqa: S608 - made of constants alone

EACH: Final = f"""
SELECT segment.name, coalesce(state.size, 0), count(DISTINCT told.subject), count(told.id),
    count(*) FILTER (WHERE told.kind = {Kind.RATING:d}),
    avg(told.value) FILTER (WHERE told.kind = {Kind.RATING:d}),
    count(*) FILTER (WHERE told.kind = {Kind.LIKE:d}),
    count(*) FILTER (WHERE told.kind = {Kind.CLICK:d})
FROM curation_segment AS segment
LEFT JOIN curation_segmentstate AS state ON state.segment_id = segment.id
LEFT JOIN (
    SELECT member.segment_id, told.id, told.subject, told.kind, told.value
    FROM curation_segmentmembership AS member
    JOIN feedback_interaction AS told ON told.subject = member.subject
    LEFT JOIN feedback_impression AS served ON served.id = told.impression
        AND served.served_at >= %(start)s - {ANSWERED_WITHIN} AND served.served_at < %(end)s
    WHERE told.occurred_at >= %(start)s AND told.occurred_at < %(end)s AND {STANDING}
      AND (%(simulated)s OR NOT told.simulated)
      AND (%(surface)s::text IS NULL OR served.surface = %(surface)s)
) AS told ON told.segment_id = segment.id
WHERE segment.archived_at IS NULL AND (%(segment)s::uuid IS NULL OR segment.id = %(segment)s)
GROUP BY segment.id, segment.name, state.size ORDER BY segment.name, segment.id
"""  # noqa: S608 - made of constants alone
"""For each live segment: name, members now, members with feedback, interactions, ratings, mean, likes, clicks."""
