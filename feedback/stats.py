"""Item statistics: what feedback says of each item, rolled up for rules and screens to read."""

from __future__ import annotations

from typing import Final

from django.db import connection, transaction

from curation.counters import bump
from feedback import tallies
from feedback.models import Kind

# Simulated members count nowhere. Only rows that changed are written, and means are rounded, so that
# the order of adding up changes none. An item that nobody spoke of has a row too.
_STATISTICS: Final = f"""
WITH wanted AS MATERIALIZED (
    SELECT item.id FROM curation_item AS item {{wanted}}
), said AS (
    SELECT item_id, count(stars) AS ratings, round(avg(stars)::numeric, 6)::float8 AS mean_rating,
        count(*) FILTER (WHERE thumb = 1) AS likes,
        count(*) FILTER (WHERE thumb = -1) AS dislikes
    FROM feedback_rating AS rating JOIN wanted ON wanted.id = rating.item_id
    WHERE NOT EXISTS (
        SELECT FROM curation_member AS member
        WHERE member.subject = rating.subject AND member.simulated
    )
    GROUP BY item_id
), done AS (
    SELECT item_id, sum(count) FILTER (WHERE kind = {Kind.CLICK:d}) AS clicks
    FROM feedback_itemtally JOIN wanted ON wanted.id = item_id GROUP BY item_id
), shown AS (
    SELECT item_id, sum(count) AS shown
    FROM feedback_itemshown JOIN wanted ON wanted.id = item_id GROUP BY item_id
)
INSERT INTO curation_itemstats AS stats
    (item_id, ratings, mean_rating, likes, dislikes, clicks, shown, computed_at)
SELECT wanted.id, coalesce(ratings, 0), mean_rating, coalesce(likes, 0), coalesce(dislikes, 0),
    coalesce(clicks, 0), coalesce(shown, 0), now()
FROM wanted
LEFT JOIN said ON said.item_id = wanted.id
LEFT JOIN done ON done.item_id = wanted.id
LEFT JOIN shown ON shown.item_id = wanted.id
ORDER BY wanted.id
ON CONFLICT (item_id) DO UPDATE SET
    ratings = excluded.ratings, mean_rating = excluded.mean_rating, likes = excluded.likes,
    dislikes = excluded.dislikes, clicks = excluded.clicks, shown = excluded.shown,
    computed_at = excluded.computed_at
WHERE (stats.ratings, stats.mean_rating, stats.likes, stats.dislikes, stats.clicks, stats.shown)
    IS DISTINCT FROM (excluded.ratings, excluded.mean_rating, excluded.likes, excluded.dislikes,
        excluded.clicks, excluded.shown)
"""  # noqa: S608

_TOUCHED: Final = """
WHERE item.id IN (SELECT item_id FROM touched_itemtally)
   OR item.id IN (SELECT item_id FROM touched_itemshown)
   OR NOT EXISTS (SELECT FROM curation_itemstats AS stats WHERE stats.item_id = item.id)
"""


def roll_up(*, rebuild: bool = False) -> int:
    """Bring tallies and every item's statistics up to date; answers how many items changed.

    What changed since the last time is counted again, or everything for a rebuild, to the same
    figures. The `statistics` counter moves with them, so that slates whose rules read statistics are
    renewed.
    """
    with transaction.atomic():
        tallies.lock()
        everything = tallies.count(rebuild=rebuild)
        with connection.cursor() as cursor:
            cursor.execute(_STATISTICS.format(wanted="" if everything else _TOUCHED))
            changed = int(cursor.rowcount)
        if changed:
            bump("statistics")
    return changed
