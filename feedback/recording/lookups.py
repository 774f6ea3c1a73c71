"""What is known of arriving events before they are recorded: keys, targets of undos, items, impressions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection

from curation.arrays import array
from feedback.models import Kind
from feedback.recording.events import NewInteraction
from feedback.recording.judging import Known, Taken, Target

_TOLD: Final = """
SELECT key.event, key.digest, told.subject, told.item_id, told.kind
FROM feedback_eventkey AS key
LEFT JOIN feedback_interaction AS told
  ON told.id = key.interaction AND told.occurred_at = key.occurred_at
WHERE key.source = %s AND key.event = ANY(%s::text[])
"""

# Of nearly all keys there is nothing: to ask for the rows behind them would cost more than to find that.
_TAKEN: Final = """
SELECT event FROM feedback_eventkey WHERE source = %s AND event = ANY(%s::text[])
"""
_UNDONE: Final = """
SELECT event, subject FROM feedback_undo WHERE source = %s AND event = ANY(%s::text[])
"""
_ACTIVE: Final = "SELECT id, active FROM curation_item WHERE id = ANY(%s::uuid[])"

_PLACEMENTS: Final = """
SELECT shown.id, shown.subject, placed.item
FROM feedback_impression AS shown
CROSS JOIN unnest(shown.items, shown.curated) AS placed (item, curated)
WHERE shown.id = ANY(%s::uuid[]) AND shown.served_at BETWEEN %s AND %s AND placed.curated
"""

# An impression's id is made within moments of its serving: a day allows for clocks that differ.
_SLACK: Final = timedelta(days=1)
_TIME_ORDERED: Final = 7


def known_of(
    events: Sequence[NewInteraction], source: str, active: Mapping[UUID, bool] | None = None
) -> Known:
    """What the database knows of these events, in a fixed number of queries.

    `active` are their items, where whoever found them has asked whether they are active.
    """
    keys = {event.event for event in events}
    targets = {event.undoes for event in events if event.kind is Kind.UNDO}
    if active is None:
        active = dict(
            _fetch(_ACTIVE, [array({event.item_id for event in events if event.item_id})])
        )
    return Known(
        keys=keys_of(keys, source),
        targets=_targets(targets, source) if targets else {},
        items=active,
        undone=set(_fetch(_UNDONE, [source, array(keys | targets)])),
    )


def keys_of(keys: Collection[str], source: str) -> dict[str, Taken]:
    """What was sent under those keys that are taken."""
    taken = [event for (event,) in _fetch(_TAKEN, [source, array(keys)])]
    rows = _fetch(_TOLD, [source, array(taken)]) if taken else []
    return {event: Taken(bytes(digest), subject) for event, digest, subject, _item, _kind in rows}


def _targets(keys: Collection[str], source: str) -> dict[str, Target]:
    rows = _fetch(_TOLD, [source, array(keys)])
    return {
        event: Target(subject, item, Kind(kind))
        for event, _digest, subject, item, kind in rows
        if subject is not None
    }


def curated_of(events: Iterable[NewInteraction]) -> set[tuple[UUID, UUID, UUID]]:
    """The placements that these events answer and that a curator decided: impression, subject, item."""
    cited = {e.impression for e in events if e.impression and e.impression.version == _TIME_ORDERED}
    if not cited:
        return set()
    instants = [instant_of(impression) for impression in cited]
    earliest, latest = min(instants) - _SLACK, max(instants) + _SLACK
    return set(_fetch(_PLACEMENTS, [array(cited), earliest, latest]))


def instant_of(made: UUID) -> datetime:
    """The instant, to the millisecond, at which a UUIDv7 was made."""
    return datetime.fromtimestamp((made.int >> 80) / 1000, UTC)


def _fetch(sql: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
