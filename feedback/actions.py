"""What people do: events are recorded once each, with all that follows from them, in one transaction."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, MutableMapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import connection, transaction
from django.utils import timezone

from curation.ids import new_id
from curation.members import refresh_many
from feedback.events import NewInteraction, Outcome, Status
from feedback.folding import CLEAR, MERGE, REBUILD
from feedback.judging import Known, judge, repeated
from feedback.lookups import curated_of, digests_of, instant_of, known_of, undone_of
from feedback.models import Kind
from feedback.partitions import EARLIEST, ensure_months

Row = dict[str, Any]

# Rows of members are made, then locked, in the order of their subjects: nobody waits in a circle.
_MAKE: Final = """
INSERT INTO feedback_memberstate (subject, version, ratings, last_at)
SELECT subject, 0, 0, %s FROM unnest(%s::uuid[]) AS subject ORDER BY subject
ON CONFLICT DO NOTHING
"""

_LOCK: Final = """
SELECT subject, version, ratings FROM feedback_memberstate
WHERE subject = ANY(%s) ORDER BY subject FOR UPDATE
"""

_WRITE: Final = f"""
WITH arrival AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%(rows)s::json) AS row (
        id uuid, occurred_at timestamptz, received_at timestamptz, original_at timestamptz,
        source text, event text, subject uuid, item_id uuid, kind smallint, value float8,
        undoes text, impression uuid, curated boolean, simulated boolean, digest text,
        undone boolean
    )
), claimed AS (
    INSERT INTO feedback_eventkey (source, event, digest, interaction, occurred_at)
    SELECT source, event, decode(digest, 'hex'), id, occurred_at FROM arrival ORDER BY event
    ON CONFLICT DO NOTHING
    RETURNING interaction
), fresh AS MATERIALIZED (
    SELECT arrival.* FROM arrival JOIN claimed ON claimed.interaction = arrival.id
), told AS (
    INSERT INTO feedback_interaction (
        id, occurred_at, received_at, original_at, source, event, subject, item_id, kind, value,
        undoes, impression, curated, simulated
    )
    SELECT id, occurred_at, received_at, original_at, source, event, subject, item_id, kind, value,
        undoes, impression, curated, simulated
    FROM fresh
), taken_back AS (
    INSERT INTO feedback_undo (source, event, subject, undone_by)
    SELECT source, undoes, subject, event FROM fresh WHERE kind = {Kind.UNDO:d}
    ON CONFLICT DO NOTHING
), folded AS ({MERGE.format(source="fresh")})
SELECT interaction FROM claimed
"""  # noqa: S608 - made of constants alone

_BUMP: Final = """
UPDATE feedback_memberstate AS state
SET version = version + 1,
    last_at = greatest(state.last_at, changed.last_at),
    ratings = (SELECT count(stars) FROM feedback_rating AS r WHERE r.subject = state.subject)
FROM unnest(%s::uuid[], %s::timestamptz[]) AS changed (subject, last_at)
WHERE state.subject = changed.subject
RETURNING state.subject, state.version, state.ratings
"""


@dataclass(frozen=True, slots=True)
class _State:
    version: int
    ratings: int


def record(
    events: Sequence[NewInteraction], *, source: str, simulated: bool = False
) -> list[Outcome]:
    """Record the events of one body and answer what became of each, in their order.

    One transaction: event keys, interactions, ratings, the version of each member who has news, and
    the segments of those whose number of ratings changed. No event's fate touches another's, except
    that of a key sent twice the first counts.
    """
    if not events:
        return []
    now = timezone.now()
    ensure_months("feedback_interaction", [event.occurred_at or now for event in events])
    with transaction.atomic():
        before = _lock({event.subject for event in events})
        known = known_of(events, source)
        outcomes = judge(events, known)
        accepted = _accepted(events, outcomes)
        rows = _rows(accepted, known, source, now)
        if simulated:
            rows = [{**row, "simulated": True} for row in rows]
        taken = _write(rows, known, now)
        after = _bump([row for row in rows if row["event"] not in taken], before)
    return _told(events, outcomes, taken, before | after)


def rehearse(
    events: Sequence[NewInteraction], *, source: str, earlier: MutableMapping[str, bytes]
) -> list[Outcome]:
    """What `record` would answer, nothing written; `earlier` holds the digests rehearsed before."""
    known = known_of(events, source)
    outcomes = judge(events, replace(known, digests=ChainMap(dict(known.digests), earlier)))
    earlier.update({event.event: event.digest() for event in _accepted(events, outcomes)})
    return outcomes


def _lock(subjects: Iterable[UUID]) -> dict[UUID, _State]:
    wanted = list(subjects)
    with connection.cursor() as cursor:
        cursor.execute(_MAKE, [EARLIEST, wanted])
        cursor.execute(_LOCK, [wanted])
        return {subject: _State(version, ratings) for subject, version, ratings in cursor}


def _accepted(
    events: Sequence[NewInteraction], outcomes: Sequence[Outcome]
) -> list[NewInteraction]:
    paired = zip(events, outcomes, strict=True)
    return [event for event, outcome in paired if outcome.status is Status.ACCEPTED]


def _rows(events: Sequence[NewInteraction], known: Known, source: str, now: datetime) -> list[Row]:
    undone, curated = undone_of(events, source), curated_of(events)
    rows = []
    for event in events:
        made = new_id()
        target = known.targets.get(event.undoes)
        row = {
            "id": made,
            "occurred_at": event.occurred_at or now,
            "received_at": instant_of(made),
            "original_at": event.original_at,
            "source": source,
            "event": event.event,
            "subject": event.subject,
            "item_id": target.item_id if target else event.item_id,
            "kind": event.kind,
            "value": event.value,
            "undoes": event.undoes,
            "impression": event.impression,
            "curated": bool(curated)
            and (event.impression, event.subject, event.item_id) in curated,
            "simulated": event.simulated,
            "digest": event.digest().hex(),
            "undone": bool(undone) and (event.event, event.subject) in undone,
        }
        rows.append(row)
    return rows


def _write(rows: Sequence[Row], known: Known, now: datetime) -> dict[str, bytes]:
    """Write the rows and fold them in; answers the keys that another transaction took meanwhile."""
    if not rows:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, {"rows": orjson.dumps(rows).decode(), "now": now})
        claimed = {interaction for (interaction,) in cursor}
    lost = [row["event"] for row in rows if row["id"] not in claimed]
    _rebuild(_touched(rows, known, everything=bool(lost)), now)
    return digests_of(lost, rows[0]["source"]) if lost else {}


def _touched(
    rows: Sequence[Row], known: Known, *, everything: bool
) -> set[tuple[UUID, UUID | None]]:
    """The pairs of member and item whose past an undo changed; all pairs if an undo may be lost."""
    undone = [known.targets.get(row["undoes"]) for row in rows if row["kind"] is Kind.UNDO]
    pairs = {(target.subject, target.item_id) for target in undone if target}
    return pairs | {(row["subject"], row["item_id"]) for row in rows if everything}


def _rebuild(pairs: set[tuple[UUID, UUID | None]], now: datetime) -> None:
    if not pairs:
        return
    subjects, items = zip(*pairs, strict=True)
    words: dict[str, Any] = {"subjects": list(subjects), "items": list(items), "now": now}
    with connection.cursor() as cursor:
        cursor.execute(CLEAR, words)
        cursor.execute(REBUILD, words)


def _bump(rows: Sequence[Row], before: dict[UUID, _State]) -> dict[UUID, _State]:
    last: dict[UUID, datetime] = {}
    for row in rows:
        last[row["subject"]] = max(row["occurred_at"], last.get(row["subject"], EARLIEST))
    if not last:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_BUMP, [list(last), list(last.values())])
        after = {subject: _State(version, ratings) for subject, version, ratings in cursor}
    counts = {s: after[s].ratings for s in sorted(after) if after[s].ratings != before[s].ratings}
    if counts:
        refresh_many(counts)
    return after


def _told(
    events: Sequence[NewInteraction],
    outcomes: Sequence[Outcome],
    taken: dict[str, bytes],
    states: dict[UUID, _State],
) -> list[Outcome]:
    told = []
    for event, judged in zip(events, outcomes, strict=True):
        lost = judged.status is Status.ACCEPTED and event.event in taken
        outcome = repeated(event, taken[event.event]) if lost else judged
        if outcome.status is not Status.REJECTED:
            version = states[event.subject].version
            outcome = Outcome(event.event, outcome.status, version=version)
        told.append(outcome)
    return told
