"""Item statistics: what feedback says of each item, rolled up for rules and screens to read."""

from __future__ import annotations

from typing import Final

from django.db import connection, transaction

from curation.counters import bump
from feedback.models import Kind

# Simulated members count nowhere. Only rows that changed are written, and means are rounded, so that
# the order of adding up changes none.
_ROLL_UP: Final = f"""
WITH real AS MATERIALIZED (
    SELECT rating.* FROM feedback_rating AS rating
    WHERE NOT EXISTS (
        SELECT FROM curation_member AS member
        WHERE member.subject = rating.subject AND member.simulated
    )
), said AS (
    SELECT item_id, count(stars) AS ratings, round(avg(stars)::numeric, 6)::float8 AS mean_rating,
        count(*) FILTER (WHERE thumb = 1) AS likes,
        count(*) FILTER (WHERE thumb = -1) AS dislikes
    FROM real GROUP BY item_id
), clicked AS (
    SELECT item_id, count(*) AS clicks FROM feedback_interaction AS told
    WHERE kind = {Kind.CLICK:d} AND NOT simulated AND NOT EXISTS (
        SELECT FROM feedback_undo AS undo
        WHERE (undo.source, undo.event, undo.subject) = (told.source, told.event, told.subject)
    )
    GROUP BY item_id
), shown AS (
    SELECT item_id, count(*) AS shown
    FROM feedback_impression AS impression CROSS JOIN unnest(impression.items) AS item_id
    WHERE NOT simulated AND shown_at IS NOT NULL GROUP BY item_id
)
INSERT INTO curation_itemstats AS stats
    (item_id, ratings, mean_rating, likes, dislikes, clicks, shown, computed_at)
SELECT item.id, coalesce(ratings, 0), mean_rating, coalesce(likes, 0), coalesce(dislikes, 0),
    coalesce(clicks, 0), coalesce(shown, 0), now()
FROM curation_item AS item
LEFT JOIN said ON said.item_id = item.id
LEFT JOIN clicked ON clicked.item_id = item.id
LEFT JOIN shown ON shown.item_id = item.id
ORDER BY item.id
ON CONFLICT (item_id) DO UPDATE SET
    ratings = excluded.ratings, mean_rating = excluded.mean_rating, likes = excluded.likes,
    dislikes = excluded.dislikes, clicks = excluded.clicks, shown = excluded.shown,
    computed_at = excluded.computed_at
WHERE (stats.ratings, stats.mean_rating, stats.likes, stats.dislikes, stats.clicks, stats.shown)
    IS DISTINCT FROM (excluded.ratings, excluded.mean_rating, excluded.likes, excluded.dislikes,
        excluded.clicks, excluded.shown)
"""  # noqa: S608 - made of constants alone


def roll_up() -> int:
    """Bring every item's statistics up to date; answers how many changed.

    The `statistics` counter moves with them, so that slates whose rules read statistics are renewed.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_ROLL_UP)
            changed = int(cursor.rowcount)
        if changed:
            bump("statistics")
    return changed
