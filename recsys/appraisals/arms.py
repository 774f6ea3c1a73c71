"""Whom a decision reached and whom it spares, as it was served: what each member was sent, and how they answered.

Which of the two a member belongs to is a hash of decision and member alone: nobody chose it. Both kinds are counted in
the very slates in which the decision held, whether or not it had anything to do there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from curation.fusion.slate import Outcome
from feedback.models import Kind
from feedback.rollups.tallies import STANDING
from recsys.appraisals.lifts import Answered

_ARMS: Final = f"""
WITH served AS MATERIALIZED (
    SELECT served.id, served.subject, slate.arms -> %(decision)s ->> 1 AS outcome
    FROM feedback_impression AS served JOIN recsys_slate AS slate ON slate.id = served.slate
    WHERE served.served_at >= %(since)s AND (%(simulated)s OR NOT served.simulated)
      AND slate.subject IS NOT NULL
      AND (slate.arms -> %(decision)s ->> 0)::int = ANY(%(revisions)s)
), answer AS (
    SELECT told.impression, told.item_id, bool_or(told.kind = {Kind.CLICK:d}) AS clicked,
        bool_or(told.kind IN ({Kind.LIKE:d}, {Kind.FAVOURITE:d})
            OR told.kind = {Kind.RATING:d} AND told.value >= 4) AS liked,
        avg(told.value) FILTER (WHERE told.kind = {Kind.RATING:d}) AS stars
    FROM served JOIN feedback_interaction AS told
        ON told.impression = served.id AND told.subject = served.subject
    WHERE told.occurred_at >= %(since)s AND {STANDING}
    GROUP BY told.impression, told.item_id
), answered AS (
    SELECT impression, count(*) FILTER (WHERE clicked) AS clicks, count(*) FILTER (WHERE liked) AS likes,
        count(stars) AS rated, coalesce(sum(stars), 0) AS stars
    FROM answer GROUP BY impression
)
SELECT bool_or(outcome = %(withheld)s), bool_or(outcome <> %(withheld)s), count(*),
    count(*) FILTER (WHERE outcome = %(fired)s), coalesce(sum(clicks), 0)::float8, coalesce(sum(likes), 0)::float8,
    coalesce(sum(rated), 0)::float8, coalesce(sum(answered.stars), 0)::float8
FROM served LEFT JOIN answered ON answered.impression = served.id
GROUP BY served.subject
"""  # noqa: S608 - made of constants alone


@dataclass(frozen=True, slots=True)
class Arms:
    """The members of either kind; `fired` counts the slates in which it had something to do.

    `crossed` members were of both kinds, which a merge of two members makes; they count in neither.
    """

    reached: Sequence[Answered]
    spared: Sequence[Answered]
    fired: int
    crossed: int


def arms(decision: UUID, revisions: Sequence[int], since: datetime, *, simulated: bool) -> Arms:
    """Count the members who were served a slate since then in which one of these revisions held."""
    words: dict[str, Any] = {
        "decision": str(decision),
        "revisions": list(revisions),
        "since": since,
    }
    more = {"simulated": simulated, "withheld": Outcome.WITHHELD, "fired": Outcome.FIRED}
    with connection.cursor() as cursor:
        cursor.execute(_ARMS, words | more)
        rows = cursor.fetchall()
    reached = [row for row in rows if row[1] and not row[0]]
    return Arms(
        reached=[_answered(row) for row in reached],
        spared=[_answered(row) for row in rows if row[0] and not row[1]],
        fired=sum(row[3] for row in reached),
        crossed=sum(1 for row in rows if row[0] and row[1]),
    )


def _answered(row: Sequence[float]) -> Answered:
    _spared, _reached, slates, _fired, clicks, likes, rated, stars = row
    return Answered(int(slates), clicks, likes, rated, stars)
