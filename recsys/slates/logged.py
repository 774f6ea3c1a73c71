"""The latest logged requests whose slates can be replayed: what was served in which slots, and how it was answered."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import connection

from feedback.models import Kind
from feedback.rollups.tallies import STANDING

SPANS: Final = (timedelta(hours=6), timedelta(days=2), timedelta(days=14))
"""How far back is looked at first: the newest requests are found without reading all that there are."""

_HERE: Final = """
FROM feedback_impression AS served JOIN recsys_slate AS slate ON slate.id = served.slate
WHERE served.surface = ANY(%(surfaces)s) AND served.served_at >= now() - %(span)s
  AND (%(simulated)s OR NOT served.simulated)
"""
_REQUESTS: Final = f"""
WITH served AS MATERIALIZED (
    SELECT served.* {_HERE} AND slate.inputs IS NOT NULL
    ORDER BY served.served_at DESC, served.id DESC LIMIT %(most)s
), answer AS (
    SELECT told.impression, array_agg(DISTINCT told.item_id) AS items
    FROM served JOIN feedback_interaction AS told
        ON told.impression = served.id AND told.subject = served.subject
    WHERE told.occurred_at >= now() - %(span)s AND {STANDING} AND (
        told.kind IN ({Kind.CLICK:d}, {Kind.LIKE:d}, {Kind.FAVOURITE:d})
        OR told.kind = {Kind.RATING:d} AND told.value >= 4)
    GROUP BY told.impression
)
SELECT served.slate, served.subject, served.surface, served.served_at, served.shown_at IS NOT NULL,
    served.items, served.slots, served.propensities, coalesce(answer.items, '{{}}')
FROM served LEFT JOIN answer ON answer.impression = served.id
ORDER BY served.served_at DESC, served.id DESC
"""  # noqa: S608 - made of constants alone
_BARE: Final = f"""
SELECT count(*) {_HERE} AND slate.inputs IS NULL AND served.served_at >= %(since)s
"""


@dataclass(frozen=True, slots=True)
class Request:
    """A slate as it was served once: `items` stand in `slots`, each with the chance that it had (None: unknown).

    `answered` are the items that were clicked, liked, made favourites or rated 4 stars and more in answer to it.
    """

    slate: UUID
    subject: UUID
    surface: str
    shown: bool
    items: Sequence[UUID]
    slots: Sequence[int]
    chances: Sequence[float | None]
    answered: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class Log:
    """The requests found, newest first; `bare` more of the same time kept no inputs to replay."""

    requests: Sequence[Request]
    bare: int


def latest(surfaces: Collection[str], most: int, *, simulated: bool) -> Log:
    """The latest requests on some surfaces whose slates keep their inputs."""
    words = {"surfaces": list(surfaces), "most": most, "simulated": simulated}
    rows: list[tuple[Any, ...]] = []
    for span in (*SPANS, timedelta(days=settings.SLATE_RETENTION_DAYS)):
        rows = _rows(_REQUESTS, {**words, "span": span})
        if len(rows) >= most:
            break
    if not rows:
        return Log((), _rows(_BARE, {**words, "span": span, "since": "-infinity"})[0][0])
    bare = _rows(_BARE, {**words, "span": span, "since": rows[-1][3]})[0][0]
    return Log([_request(row) for row in rows], bare)


def _request(row: tuple[Any, ...]) -> Request:
    slate, subject, surface, _served_at, shown, items, slots, chances, answered = row
    return Request(slate, subject, surface, shown, items, slots, chances, frozenset(answered))


def _rows(statement: str, words: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, words)
        return list(cursor.fetchall())
