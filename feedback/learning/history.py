"""What feedback says of one member: all that fusing and folding-in need to know of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection

from feedback.models import Kind, MemberState, Rating
from feedback.rewards.tables import BUILT_IN, Rewards, in_force, rewards_of

_SHOWN: Final = """
SELECT impression.subject, item, count(*)
FROM feedback_impression AS impression CROSS JOIN unnest(impression.items) AS item
WHERE impression.subject = ANY(%s) AND impression.served_at >= %s AND impression.served_at <= %s
  AND impression.shown_at IS NOT NULL
GROUP BY 1, 2
"""
# What of a rating is read: not by which interactions it came to be.
_READ: Final = [
    each.attname
    for each in Rating._meta.concrete_fields
    if not each.attname.endswith("_by") and each.attname != "changed_at"
]


@dataclass(frozen=True, slots=True)
class Reacted:
    """A member's last word on an item: its reward in 0..1, the instant of the interaction, its stars if it has any."""

    item_id: UUID
    reward: float
    occurred_at: datetime
    stars: float | None = None


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
    return states_of([subject], at=at, shown_days=shown_days, worth=worth)[subject]


def states_of(
    subjects: Collection[UUID],
    *,
    at: datetime,
    shown_days: int = 0,
    worth: Rewards | None = None,
) -> dict[UUID, MemberFeedback]:
    """What `state_of` says of each of these members, in as many queries as of one."""
    states = MemberState.objects.in_bulk(subjects)
    rows = _rows(states)
    shown = _shown(subjects, at, shown_days) if shown_days and subjects else {}
    if rows and worth is None:
        worth = in_force()
    return {
        each: _told(states.get(each), rows.get(each, ()), shown.get(each, {}), worth or BUILT_IN)
        for each in subjects
    }


_Row = Any
"""A named tuple of what is read of a rating."""


def _rows(subjects: Collection[UUID]) -> dict[UUID, list[_Row]]:
    """What these members now say of items, by member; those without feedback are not asked about."""
    found: dict[UUID, list[_Row]] = defaultdict(list)
    if subjects:
        for row in Rating.objects.filter(subject__in=subjects).values_list(*_READ, named=True):
            found[row.subject].append(row)
    return found


def _told(
    state: MemberState | None, rows: Sequence[_Row], shown: dict[UUID, int], worth: Rewards
) -> MemberFeedback:
    said = [(row.item_id, words) for row in rows if (words := _words(row))]
    return MemberFeedback(
        version=state.version if state else 0,
        ratings=state.ratings if state else 0,
        history=_history(said, worth) if said else (),
        rated=frozenset(r.item_id for r in rows if r.stars is not None or r.thumb is not None),
        interacted=frozenset(item for item, _ in said),
        never=frozenset(row.item_id for row in rows if row.never),
        stars={row.item_id: row.stars for row in rows if row.stars is not None},
        shown=shown,
    )


def _history(said: Sequence[tuple[UUID, list[_Word]]], worth: Rewards) -> tuple[Reacted, ...]:
    last = [(item, *_last_word(words)) for item, words in said]
    last.sort(key=lambda one: (one[3], one[0]))
    kinds, values = [kind for _, kind, _, _ in last], [value for _, _, value, _ in last]
    rewards = rewards_of(kinds, values, worth)
    return tuple(
        Reacted(item, reward, at, value if kind is Kind.RATING else None)
        for (item, kind, value, at), reward in zip(last, rewards.tolist(), strict=True)
    )


_Word = tuple[Kind, float | None, datetime]


def _words(row: _Row) -> list[_Word]:
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


def _shown(subjects: Collection[UUID], at: datetime, days: int) -> dict[UUID, dict[UUID, int]]:
    """How often each item was shown to each of these members, by member."""
    found: dict[UUID, dict[UUID, int]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(_SHOWN, [list(subjects), at - timedelta(days=days), at])
        for subject, item, times in cursor:
            found[subject][item] = times
    return found
