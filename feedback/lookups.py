"""What is known of arriving events before they are recorded: keys, targets of undos, items, impressions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection

from feedback.events import NewInteraction
from feedback.judging import Known, Target
from feedback.models import Kind

_TARGETS: Final = """
SELECT told.event, told.subject, told.item_id, told.kind
FROM feedback_eventkey AS key
JOIN feedback_interaction AS told
  ON told.id = key.interaction AND told.occurred_at = key.occurred_at
WHERE key.source = %s AND key.event = ANY(%s)
"""

# Arrays rather than lists of parameters: a body of an import names ten thousand keys.
_DIGESTS: Final = (
    "SELECT event, digest FROM feedback_eventkey WHERE source = %s AND event = ANY(%s)"
)
_UNDONE: Final = "SELECT event, subject FROM feedback_undo WHERE source = %s AND event = ANY(%s)"
_ACTIVE: Final = "SELECT id, active FROM curation_item WHERE id = ANY(%s)"

_PLACEMENTS: Final = """
SELECT shown.id, shown.subject, placed.item
FROM feedback_impression AS shown
CROSS JOIN unnest(shown.items, shown.curated) AS placed (item, curated)
WHERE shown.id = ANY(%s) AND shown.served_at BETWEEN %s AND %s AND placed.curated
"""

# An impression's id is made within moments of its serving: a day allows for clocks that differ.
_SLACK: Final = timedelta(days=1)
_TIME_ORDERED: Final = 7


def known_of(events: Sequence[NewInteraction], source: str) -> Known:
    """What the database knows of these events, in a fixed number of queries."""
    undone = {event.undoes for event in events if event.kind is Kind.UNDO}
    items = {event.item_id for event in events if event.item_id}
    return Known(
        digests=digests_of({event.event for event in events}, source),
        targets=_targets(undone, source) if undone else {},
        items=dict(_fetch(_ACTIVE, [list(items)])),
    )


def digests_of(keys: Collection[str], source: str) -> dict[str, bytes]:
    """The digests of those keys that are taken."""
    return {event: bytes(told) for event, told in _fetch(_DIGESTS, [source, list(keys)])}


def _targets(keys: Collection[str], source: str) -> dict[str, Target]:
    rows = _fetch(_TARGETS, [source, list(keys)])
    return {event: Target(subject, item, Kind(kind)) for event, subject, item, kind in rows}


def undone_of(events: Iterable[NewInteraction], source: str) -> set[tuple[str, UUID]]:
    """Which of these events are taken back already, by an undo that came first or comes with them."""
    keys = [event.event for event in events if event.kind is not Kind.UNDO]
    together = {(e.undoes, e.subject) for e in events if e.kind is Kind.UNDO}
    return together.union(_fetch(_UNDONE, [source, keys]))


def curated_of(events: Iterable[NewInteraction]) -> set[tuple[UUID, UUID, UUID]]:
    """The placements that these events answer and that a curator decided: impression, subject, item."""
    cited = {e.impression for e in events if e.impression and e.impression.version == _TIME_ORDERED}
    if not cited:
        return set()
    instants = [instant_of(impression) for impression in cited]
    return set(_fetch(_PLACEMENTS, [list(cited), min(instants) - _SLACK, max(instants) + _SLACK]))


def instant_of(made: UUID) -> datetime:
    """The instant, to the millisecond, at which a UUIDv7 was made."""
    return datetime.fromtimestamp((made.int >> 80) / 1000, UTC)


def _fetch(sql: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
