"""What feedback says of one member: all that fusing and folding-in need to know of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection

from feedback.models import Kind, MemberState, Rating
from feedback.rewards import Rewards, in_force, rewards_of

_SHOWN: Final = """
SELECT item, count(*)
FROM feedback_impression AS impression CROSS JOIN unnest(impression.items) AS item
WHERE impression.subject = %s AND impression.served_at >= %s AND impression.served_at <= %s
  AND impression.shown_at IS NOT NULL
GROUP BY item
"""


@dataclass(frozen=True, slots=True)
class Reacted:
    """A member's last word on an item: its reward in 0..1 and the instant of the interaction."""

    item_id: UUID
    reward: float
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class MemberFeedback:
    """A member's feedback as of `version`.

    `history` holds the latest word on each item by instant, oldest first; `rated` the items with stars
    or a thumb, `interacted` those with any feedback in force, `never` those they want no more of,
    `stars` the stars by item, `shown` how often each item was shown within the days asked for.
    """

    version: int = 0
    ratings: int = 0
    history: tuple[Reacted, ...] = ()
    rated: frozenset[UUID] = frozenset()
    interacted: frozenset[UUID] = frozenset()
    never: frozenset[UUID] = frozenset()
    stars: dict[UUID, float] = field(default_factory=dict)
    shown: dict[UUID, int] = field(default_factory=dict)


def version_of(subject: UUID) -> int:
    """The member's feedback version, 0 before any feedback."""
    found = MemberState.objects.filter(pk=subject).values_list("version", flat=True).first()
    return found or 0


def state_of(
    subject: UUID, *, at: datetime, shown_days: int = 0, worth: Rewards | None = None
) -> MemberFeedback:
    """All of a member's feedback, in two queries, and a third if times shown are asked for.

    Rewards are those of a version of the table; of the one in force, a further query, if none is given.

    The version is read before what it vouches for: read outside a snapshot, the feedback may be newer
    than the version says, never older.
    """
    state = MemberState.objects.filter(pk=subject).first()
    rows = list(Rating.objects.filter(subject=subject)) if state else []
    return MemberFeedback(
        version=state.version if state else 0,
        ratings=state.ratings if state else 0,
        history=_history(rows, worth or in_force()) if rows else (),
        rated=frozenset(r.item_id for r in rows if r.stars is not None or r.thumb is not None),
        interacted=frozenset(row.item_id for row in rows if _words(row)),
        never=frozenset(row.item_id for row in rows if row.never),
        stars={row.item_id: row.stars for row in rows if row.stars is not None},
        shown=_shown(subject, at, shown_days) if shown_days else {},
    )


def _history(rows: list[Rating], worth: Rewards) -> tuple[Reacted, ...]:
    last = [(row.item_id, *_last_word(words)) for row in rows if (words := _words(row))]
    last.sort(key=lambda one: (one[3], one[0]))
    kinds, values = [kind for _, kind, _, _ in last], [value for _, _, value, _ in last]
    rewards = rewards_of(kinds, values, worth)
    return tuple(
        Reacted(item, reward, at)
        for (item, _kind, _value, at), reward in zip(last, rewards.tolist(), strict=True)
    )


_Word = tuple[Kind, float | None, datetime]


def _words(row: Rating) -> list[_Word]:
    """What stands of each aspect: its kind, its stars or seconds, and when it was said."""
    words: list[tuple[bool, Kind, float | None, Any]] = [
        (row.stars is not None, Kind.RATING, row.stars, row.stars_at),
        (row.thumb == 1, Kind.LIKE, None, row.thumb_at),
        (row.thumb == -1, Kind.DISLIKE, None, row.thumb_at),
        (row.favourite, Kind.FAVOURITE, None, row.favourite_at),
        (row.never, Kind.NOT_INTERESTED, None, row.never_at),
        (row.shared, Kind.SHARE, None, row.shared_at),
        (row.purchased is not None, Kind.PURCHASE, row.purchased, row.purchased_at),
        (row.clicked, Kind.CLICK, None, row.clicked_at),
        (row.viewed is not None, Kind.VIEW, row.viewed, row.viewed_at),
    ]
    return [(kind, value, at) for stands, kind, value, at in words if stands]


def _last_word(words: list[_Word]) -> _Word:
    """What was said last; a click says something only where nothing was said, a view where none came."""
    said = [word for word in words if word[0] not in {Kind.CLICK, Kind.VIEW}]
    clicks = [word for word in words if word[0] is Kind.CLICK]
    return max(said or clicks or words, key=lambda word: word[2])


def _shown(subject: UUID, at: datetime, days: int) -> dict[UUID, int]:
    with connection.cursor() as cursor:
        cursor.execute(_SHOWN, [subject, at - timedelta(days=days), at])
        return dict(cursor.fetchall())
