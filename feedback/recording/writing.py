"""The rows of accepted events: their keys claimed, the rest written by COPY, as fast as there is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection
from psycopg.errors import UniqueViolation

from curation.arrays import CSV, array, line
from feedback.models import Comment, Kind
from feedback.recording.events import NewInteraction

_AT_A_TIME: Final = 100

_CLAIM: Final = f"""
COPY feedback_eventkey (source, event, digest, interaction, occurred_at) FROM STDIN {CSV}
"""

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


class KeyTaken(Exception):
    """Another transaction has taken the key of one of these events since keys were looked up."""


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
    undone: bool


def claim(rows: Sequence[Row], source: str) -> None:
    """Claim the keys of these rows, in their order, so that nobody waits in a circle.

    Raises `KeyTaken`, with which the transaction has to end, where another took one meanwhile.
    """
    ordered = sorted(rows, key=lambda row: row.event.event)
    try:
        with _copying(_CLAIM, (_key(row, source) for row in ordered)):
            pass
    except UniqueViolation as error:
        raise KeyTaken from error


@contextmanager
def written(rows: Sequence[Row], source: str) -> Iterator[None]:
    """Write what was claimed: the interactions, what their undos take back, what their comments say.

    What is done inside is done while the server takes the interactions in; it may ask the server nothing.
    """
    with _copying(_COPY, (_line(row, source) for row in rows)):
        yield
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


@contextmanager
def _copying(statement: str, lines: Iterator[bytes]) -> Iterator[None]:
    """Send lines some at a time: the server takes these in while the next are made."""
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        while some := b"".join(islice(lines, _AT_A_TIME)):
            copy.write(some)
        yield


def _key(row: Row, source: str) -> bytes:
    event = row.event
    return line((source, event.event, "\\x" + event.digest().hex(), row.id, row.occurred_at))


def _line(row: Row, source: str) -> bytes:
    event = row.event
    return line(
        (
            row.id,
            row.occurred_at,
            row.received_at,
            event.original_at,
            source,
            event.event,
            row.subject,
            row.item_id,
            row.kind,
            row.value,
            event.undoes,
            event.impression,
            row.curated,
            event.simulated,
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
