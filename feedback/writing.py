"""The rows of accepted events: their keys claimed, the rest written by COPY, as fast as there is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection

from feedback.arrays import CSV, array, line
from feedback.events import NewInteraction
from feedback.models import Comment, Kind

_CLAIM: Final = """
INSERT INTO feedback_eventkey (source, event, digest, interaction, occurred_at)
SELECT %s, event, decode(digest, 'hex'), interaction, occurred_at
FROM unnest(%s::text[], %s::text[], %s::uuid[], %s::timestamptz[])
    AS sent (event, digest, interaction, occurred_at)
ORDER BY event
ON CONFLICT DO NOTHING
"""

_CLAIMED: Final = (
    "SELECT interaction FROM feedback_eventkey WHERE source = %s AND event = ANY(%s::text[])"
)

_COPY: Final = f"""
COPY feedback_interaction (
    id, occurred_at, received_at, original_at, source, event, subject, item_id, kind, value, undoes,
    impression, curated, simulated
) FROM STDIN {CSV}
"""

_TAKE_BACK: Final = """
INSERT INTO feedback_undo (source, event, subject, undone_by)
SELECT %s, * FROM unnest(%s::text[], %s::uuid[], %s::text[])
ON CONFLICT DO NOTHING
"""

_TAKE_BACK_COMMENTS: Final = """
DELETE FROM feedback_comment AS comment USING feedback_eventkey AS key
WHERE comment.interaction = key.interaction AND key.source = %s AND key.event = ANY(%s::text[])
"""


class Row(NamedTuple):
    """An interaction to be written, beside the event that it comes from."""

    id: UUID
    occurred_at: datetime
    received_at: datetime
    subject: UUID
    item_id: UUID | None
    kind: Kind
    value: float | None
    event: NewInteraction
    curated: bool
    simulated: bool
    undone: bool


def claim(rows: Sequence[Row], source: str) -> set[str]:
    """Claim the keys of these rows; answers those that another transaction took meanwhile."""
    words = [
        array(row.event.event for row in rows),
        array(row.event.digest().hex() for row in rows),
        array(row.id for row in rows),
        array(row.occurred_at for row in rows),
    ]
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [source, *words])
        if cursor.rowcount == len(rows):
            return set()
        cursor.execute(_CLAIMED, [source, words[0]])
        ours = {interaction for (interaction,) in cursor.fetchall()}
    return {row.event.event for row in rows if row.id not in ours}


def write(rows: Sequence[Row], source: str) -> None:
    """Write what was claimed: the interactions, what their undos take back, what their comments say."""
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.write(b"".join(_lines(rows, source)))
    undos = [row.event for row in rows if row.kind is Kind.UNDO]
    if undos:
        _take_back(undos, source)
    Comment.objects.bulk_create(
        Comment(
            interaction=row.id,
            subject=row.subject,
            item_id=row.item_id,
            text=row.event.text,
            public=row.event.public,
            written_at=row.occurred_at,
        )
        for row in rows
        if row.kind is Kind.COMMENT and row.item_id and not row.undone
    )


def _lines(rows: Iterable[Row], source: str) -> Iterable[bytes]:
    for row in rows:
        event = row.event
        yield line(
            (
                row.id,
                row.occurred_at,
                row.received_at,
                event.original_at,
                source,
                event.event,
                row.subject,
                row.item_id,
                int(row.kind),
                row.value,
                event.undoes,
                event.impression,
                row.curated,
                row.simulated,
            )
        )


def _take_back(undos: Sequence[NewInteraction], source: str) -> None:
    events = array(event.undoes for event in undos)
    words: list[Any] = [
        array(event.subject for event in undos),
        array(event.event for event in undos),
    ]
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_BACK, [source, events, *words])
        cursor.execute(_TAKE_BACK_COMMENTS, [source, events])
