"""What members chose among what was shown to them: impressions with an answer that speaks for an item.

An item is chosen by a click, a like, a favourite, a share, a purchase or four stars and more in answer to the
impression. As for training, simulated members, what was undone and what carries a cleaning mark are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from feedback.folding.said import LIKED_FROM
from feedback.models import Kind
from feedback.rollups.tallies import STANDING

CHOOSING: Final = (Kind.CLICK, Kind.LIKE, Kind.FAVOURITE, Kind.SHARE, Kind.PURCHASE)

_CHOSEN: Final = f"""
told.impression IS NOT NULL AND NOT told.simulated AND told.occurred_at >= %(since)s AND {STANDING}
    AND (told.kind IN ({", ".join(f"{kind:d}" for kind in CHOOSING)})
        OR told.kind = {Kind.RATING:d} AND told.value >= {LIKED_FROM:d})"""
_SHOWN: Final = """
served.served_at >= %(since)s AND served.shown_at IS NOT NULL AND NOT served.simulated"""

_WHO: Final = f"""
SELECT DISTINCT told.subject FROM feedback_interaction AS told
JOIN feedback_impression AS served ON served.id = told.impression AND served.subject = told.subject
WHERE {_CHOSEN} AND {_SHOWN} ORDER BY told.subject
"""  # noqa: S608 - made of constants alone
_ANSWERED: Final = f"""
WITH answer AS MATERIALIZED (
    SELECT told.subject, told.impression, array_agg(DISTINCT told.item_id) AS chosen
    FROM feedback_interaction AS told WHERE told.subject = ANY(%(subjects)s) AND {_CHOSEN}
    GROUP BY told.subject, told.impression
), latest AS (
    SELECT served.subject, served.items, served.slots, answer.chosen, row_number() OVER (
        PARTITION BY served.subject ORDER BY served.served_at DESC, served.id DESC) AS nth
    FROM answer JOIN feedback_impression AS served
        ON served.id = answer.impression AND served.subject = answer.subject
    WHERE {_SHOWN}
)
SELECT subject, items, slots, chosen FROM latest WHERE nth <= %(most)s ORDER BY subject, nth
"""  # noqa: S608 - made of constants alone


@dataclass(frozen=True, slots=True)
class Answered:
    """An impression of a member: `items` stood in `slots`, and `chosen` are those of them that were chosen."""

    subject: UUID
    items: Sequence[UUID]
    slots: Sequence[int]
    chosen: frozenset[UUID]


def who(since: datetime) -> list[UUID]:
    """The members who chose anything of what was shown since then, by subject in order."""
    return [subject for (subject,) in _rows(_WHO, {"since": since})]


def answered(subjects: Sequence[UUID], since: datetime, most: int) -> Iterator[Answered]:
    """The latest impressions since then that these members answered by choosing, at most so many of each."""
    words = {"subjects": list(subjects), "since": since, "most": most}
    for subject, items, slots, chosen in _rows(_ANSWERED, words):
        yield Answered(subject, items, slots, frozenset(chosen))


def _rows(statement: str, words: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, words)
        return list(cursor.fetchall())
