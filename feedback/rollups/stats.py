"""Item statistics: what feedback says of each item, rolled up for rules and screens to read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.db import connection, transaction

from curation.counters import bump
from feedback.models import Kind
from feedback.rollups import behaviour, tallies
from feedback.rollups.tallies import HEARD

_SAID: Final = {
    "likes": "thumb = 1",
    "dislikes": "thumb = -1",
    "favourites": "favourite",
    "not_interested": "never",
}
_DONE: Final = {
    "clicks": Kind.CLICK,
    "shares": Kind.SHARE,
    "views": Kind.VIEW,
    "purchases": Kind.PURCHASE,
}
_COUNTS: Final = ("ratings", *_SAID, *_DONE, "shown")
_FIGURES: Final = (*_COUNTS, "mean_rating")


def _each(form: str, names: Iterable[str]) -> str:
    return ", ".join(form.format(name) for name in names)


# Simulated members count nowhere. Only rows that changed are written, and means are rounded, so that
# the order of adding up changes none. An item that nobody spoke of has a row too.
_STATISTICS: Final = f"""
WITH wanted AS MATERIALIZED (
    SELECT item.id FROM curation_item AS item {{wanted}}
), said AS (
    SELECT item_id, count(stars) AS ratings, round(avg(stars)::numeric, 6)::float8 AS mean_rating,
        {", ".join(f"count(*) FILTER (WHERE {says}) AS {name}" for name, says in _SAID.items())}
    FROM {HEARD} AS rating JOIN wanted ON wanted.id = rating.item_id
    WHERE NOT EXISTS (
        SELECT FROM curation_member AS member
        WHERE member.subject = rating.subject AND member.simulated
    )
    GROUP BY item_id
), done AS (
    SELECT item_id,
        {", ".join(f"sum(count) FILTER (WHERE kind = {kind:d}) AS {name}" for name, kind in _DONE.items())}
    FROM feedback_itemtally JOIN wanted ON wanted.id = item_id GROUP BY item_id
), shown AS (
    SELECT item_id, sum(count) AS shown
    FROM feedback_itemshown JOIN wanted ON wanted.id = item_id GROUP BY item_id
)
INSERT INTO curation_itemstats AS stats (item_id, mean_rating, {", ".join(_COUNTS)}, computed_at)
SELECT wanted.id, mean_rating, {_each("coalesce({}, 0)", _COUNTS)}, now()
FROM wanted
LEFT JOIN said ON said.item_id = wanted.id
LEFT JOIN done ON done.item_id = wanted.id
LEFT JOIN shown ON shown.item_id = wanted.id
ORDER BY wanted.id
ON CONFLICT (item_id) DO UPDATE SET
    {_each("{0} = excluded.{0}", _FIGURES)}, computed_at = excluded.computed_at
WHERE ({_each("stats.{}", _FIGURES)}) IS DISTINCT FROM ({_each("excluded.{}", _FIGURES)})
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
    renewed. Whose behaviour has to be counted again is noted.
    """
    with transaction.atomic():
        tallies.lock()
        everything = tallies.count(rebuild=rebuild)
        with connection.cursor() as cursor:
            cursor.execute(_STATISTICS.format(wanted="" if everything else _TOUCHED))
            changed = int(cursor.rowcount)
        behaviour.note(everybody=everything)
        if changed:
            bump("statistics")
    return changed
