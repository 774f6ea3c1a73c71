"""What members of a segment say of an item, beside what the others say, and how often it is served to them: in SQL.

A vote is what a member now says of an item, one for each item: against it (dislike, not interested, at most 2 stars),
for it (like, favourite, at least 4 stars, and nothing against it), or neither. Its words count whose interactions
stand in the database and are kept out by no cleaning rule; those of simulated members count only where asked for.
What was archived counts no more. Of many pairs some pass by chance, so they have to pass by a bound and not by a
figure, and a person decides. Shares are bounded by the score interval at 95 % (Wilson 1927), as in
`feedback.reporting.chance`, here for whole tables at once.

- *Disliked*: at least `LEAST_VOTES` votes of the segment and as many of others; the share against it is surely at
  least `DISLIKED`, and surely above the highest that it could be among the others; served to the segment on a surface
  `LEAST_SERVED` times in `LOOKED_BACK`.
- *Loved and unseen*: as many votes of the segment; the share for it is surely at least `LOVED`; on a surface for
  members, of at least `LEAST_SLATES` slates of the segment at most `UNSEEN` held it; at least as many members of the
  segment have not voted as have, so that there is somebody to show it to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection

from curation.models import Surface
from feedback.reporting.chance import Z

LEAST_VOTES: Final = 10
DISLIKED: Final = 0.5
LOVED: Final = 0.7
LEAST_SERVED: Final = 10
LEAST_SLATES: Final = 100
UNSEEN: Final = 0.01
LOOKED_BACK: Final = timedelta(days=28)
MOST: Final = 1_000
"""So many findings of each kind at most are read, the surest first."""


def low(part: str, n: str) -> str:
    """The lower end of the score interval of a share, as SQL; n above 0."""
    return _bound(part, n, "-")


def high(part: str, n: str) -> str:
    """Its upper end."""
    return _bound(part, n, "+")


def _bound(part: str, n: str, sign: str) -> str:
    square = Z * Z
    spread = f"sqrt({part}::float8 * ({n} - {part}) / {n} + {square / 4})"
    return f"(({part} + {square / 2} {sign} {Z} * {spread}) / ({n} + {square}))"


_ELSEWHERE_AGAINST: Final = high("against_elsewhere", "nullif(votes_elsewhere, 0)")
_ELSEWHERE_PLEASED: Final = high("pleased_elsewhere", "nullif(votes_elsewhere, 0)")
_VOTES: Final = """
WITH vote AS MATERIALIZED (
    SELECT said.subject, said.item_id, bool_or(word.against) AS against,
        bool_or(word.pleased) AND NOT bool_or(word.against) AS pleased
    FROM feedback_rating AS said
    JOIN curation_item AS item ON item.id = said.item_id AND item.active
    CROSS JOIN LATERAL (VALUES
        (said.stars_by, said.stars_at, said.stars <= 2, said.stars >= 4),
        (said.thumb_by, said.thumb_at, said.thumb = -1, said.thumb = 1),
        (said.never_by, said.never_at, CASE WHEN said.never THEN true END, false),
        (said.favourite_by, said.favourite_at, CASE WHEN said.favourite THEN false END, true)
    ) AS word (by, at, against, pleased)
    JOIN feedback_interaction AS told ON told.id = word.by AND told.occurred_at = word.at
    WHERE word.against IS NOT NULL AND told.mark IS NULL AND (%(simulated)s OR NOT told.simulated)
    GROUP BY said.subject, said.item_id
), everybody AS (
    SELECT item_id, count(*) AS votes, count(*) FILTER (WHERE against) AS against,
        count(*) FILTER (WHERE pleased) AS pleased
    FROM vote GROUP BY item_id
), crowd AS MATERIALIZED (
    SELECT within.segment_id, within.subject
    FROM curation_segmentmembership AS within
    JOIN curation_segment AS segment ON segment.id = within.segment_id AND segment.archived_at IS NULL
), inside AS (
    SELECT crowd.segment_id, vote.item_id, count(*) AS votes, count(*) FILTER (WHERE vote.against) AS against,
        count(*) FILTER (WHERE vote.pleased) AS pleased
    FROM vote JOIN crowd ON crowd.subject = vote.subject
    GROUP BY crowd.segment_id, vote.item_id HAVING count(*) >= %(least_votes)s
), opinion AS (
    SELECT segment_id, item_id, inside.votes, inside.against, inside.pleased,
        everybody.votes - inside.votes AS votes_elsewhere, everybody.against - inside.against AS against_elsewhere,
        everybody.pleased - inside.pleased AS pleased_elsewhere
    FROM inside JOIN everybody USING (item_id)
), served AS MATERIALIZED (
    SELECT crowd.segment_id, seen.surface, seen.items
    FROM feedback_impression AS seen JOIN crowd ON crowd.subject = seen.subject
    WHERE seen.served_at >= %(since)s AND (%(simulated)s OR NOT seen.simulated)
), slates AS (
    SELECT segment_id, surface, count(*) AS slates FROM served GROUP BY segment_id, surface
)
"""

_SEEN: Final = """seen AS (
    SELECT segment_id, item_id, served.surface, count(*) AS times
    FROM served CROSS JOIN LATERAL unnest(served.items) AS placed (item_id)
    JOIN found USING (segment_id, item_id)
    GROUP BY segment_id, item_id, served.surface
)"""

_DISLIKED: Final = f"""
{_VOTES}, found AS (
    SELECT *, {low("against", "votes")} AS low, {_ELSEWHERE_AGAINST} AS high_elsewhere
    FROM opinion
    WHERE votes_elsewhere >= %(least_votes)s AND {low("against", "votes")} >= %(share)s
      AND {low("against", "votes")} > {_ELSEWHERE_AGAINST}
), {_SEEN}
SELECT segment_id, item_id, surface, against, votes, low, against_elsewhere, votes_elsewhere, high_elsewhere,
    times, slates, 0
FROM found JOIN seen USING (segment_id, item_id) JOIN slates USING (segment_id, surface)
JOIN curation_surface AS place ON place.slug = surface
WHERE times >= %(least_served)s
ORDER BY low DESC, times DESC, item_id, segment_id, surface
LIMIT %(most)s
"""  # noqa: S608 - made of constants alone

_LOVED: Final = f"""
{_VOTES}, size AS (
    SELECT segment_id, count(*) AS members FROM crowd GROUP BY segment_id
), found AS (
    SELECT opinion.*, size.members - votes AS silent, {low("pleased", "votes")} AS low
    FROM opinion JOIN size USING (segment_id)
    WHERE size.members - votes >= votes AND {low("pleased", "votes")} >= %(share)s
), {_SEEN}
SELECT segment_id, item_id, surface, pleased, votes, low, pleased_elsewhere, votes_elsewhere,
    coalesce({_ELSEWHERE_PLEASED}, 1), coalesce(times, 0), slates, silent
FROM found JOIN slates USING (segment_id)
JOIN curation_surface AS place ON place.slug = surface AND place.kind = %(personal)s
LEFT JOIN seen USING (segment_id, item_id, surface)
WHERE slates >= %(least_slates)s AND coalesce(times, 0) <= slates * %(unseen)s
ORDER BY low DESC, slates DESC, item_id, segment_id, surface
LIMIT %(most)s
"""  # noqa: S608 - made of constants alone


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a segment says of an item: `part` of `votes`, surely at least `low`, beside `elsewhere`.

    It was served `times` in `slates` slates of the segment on the surface; `silent` members have not voted.
    """

    segment: UUID
    item: UUID
    surface: str
    part: int
    votes: int
    low: float
    part_elsewhere: int
    votes_elsewhere: int
    high_elsewhere: float
    times: int
    slates: int
    silent: int


def disliked(at: datetime, *, simulated: bool) -> Iterator[Opinion]:
    """What a segment surely dislikes, more than others do, and is served: the surest first."""
    more = {"share": DISLIKED, "least_served": LEAST_SERVED}
    return _read(_DISLIKED, at, more, simulated=simulated)


def loved(at: datetime, *, simulated: bool) -> Iterator[Opinion]:
    """What a segment surely loves and is hardly ever served: the surest first."""
    more = {
        "share": LOVED,
        "least_slates": LEAST_SLATES,
        "unseen": UNSEEN,
        "personal": Surface.Kind.PERSONAL,
    }
    return _read(_LOVED, at, more, simulated=simulated)


def _read(
    statement: str, at: datetime, more: dict[str, Any], *, simulated: bool
) -> Iterator[Opinion]:
    words: dict[str, Any] = {"simulated": simulated, "least_votes": LEAST_VOTES, "most": MOST}
    with connection.cursor() as cursor:
        cursor.execute(statement, {**words, **more, "since": at - LOOKED_BACK})
        return (Opinion(*row) for row in cursor.fetchall())
