"""What people do: events are recorded once each, with all that follows from them, in one transaction."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from curation.ids import new_ids
from curation.people.members import refresh_many
from feedback.folding import statements as folding
from feedback.folding import states
from feedback.folding.states import Moved, State
from feedback.models import Kind
from feedback.partitions import EARLIEST, ensure_months
from feedback.recording import writing
from feedback.recording.events import NewInteraction, Outcome, Status
from feedback.recording.judging import Known, Taken, judge
from feedback.recording.lookups import curated_of, instant_of, known_of
from feedback.recording.writing import KeyTaken, Row

_MOST_MOVES: Final = 20


def record(
    events: Sequence[NewInteraction],
    *,
    source: str,
    simulated: bool = False,
    active: Mapping[UUID, bool] | None = None,
) -> list[Outcome]:
    """Record the events of one body and answer what became of each, in their order.

    One transaction: event keys, interactions, ratings, the version of each member who has news, and
    the segments of those whose number of ratings changed. No event's fate touches another's, except
    that of a key sent twice the first counts. What comes for a member who was merged is the other's.
    `active` tells of the events' items whether they are active, where that has just been asked.
    """
    if not events:
        return []
    now = timezone.now()
    ensure_months("feedback_interaction", [event.occurred_at or now for event in events])
    if simulated:
        events = [replace(event, simulated=True) for event in events]
    moves = 0
    while moves < _MOST_MOVES:
        try:
            with transaction.atomic():
                return _record(events, source, now, active)
        except Moved as error:
            events = [_moved(event, error.moved) for event in events]
            moves += 1
        except KeyTaken:
            continue  # whoever took it has committed: the key is found now, so this ends
    raise RuntimeError("members are merged in a circle")


def rehearse(
    events: Sequence[NewInteraction],
    *,
    source: str,
    earlier: MutableMapping[str, Taken],
    active: Mapping[UUID, bool] | None = None,
) -> list[Outcome]:
    """What `record` would answer, nothing written; `earlier` holds the keys rehearsed before."""
    known = known_of(events, source, active)
    outcomes = judge(events, replace(known, keys=ChainMap(dict(known.keys), earlier)))
    accepted = _accepted(events, outcomes)
    earlier.update({event.event: Taken(event.digest(), event.subject) for event in accepted})
    return outcomes


def _moved(event: NewInteraction, moved: Mapping[UUID, UUID]) -> NewInteraction:
    if event.subject not in moved:
        return event
    return replace(event, subject=moved[event.subject])


def _record(
    events: Sequence[NewInteraction],
    source: str,
    now: datetime,
    active: Mapping[UUID, bool] | None,
) -> list[Outcome]:
    before = states.lock({event.subject for event in events})
    known = known_of(events, source, active)
    outcomes = judge(events, known)
    rows = _rows(_accepted(events, outcomes), known, before, now)
    after = _keep(rows, known, source, before) if rows else {}
    return _told(events, outcomes, {**before, **after})


def _accepted(
    events: Sequence[NewInteraction], outcomes: Sequence[Outcome]
) -> list[NewInteraction]:
    paired = zip(events, outcomes, strict=True)
    return [event for event, outcome in paired if outcome.status is Status.ACCEPTED]


def _rows(
    events: Sequence[NewInteraction], known: Known, before: Mapping[UUID, State], now: datetime
) -> list[Row]:
    curated = curated_of(events)
    undone = known.undone | {(e.undoes, e.subject) for e in events if e.kind is Kind.UNDO}
    made = new_ids(len(events))
    received_at = instant_of(made[0]) if made else now
    rows = []
    for each, event in zip(made, events, strict=True):
        target = known.targets.get(event.undoes) if event.undoes else None
        row = Row(
            each,
            event.occurred_at or before[event.subject].next_instant(now),
            received_at,
            event.subject,
            target.item_id if target else event.item_id,
            event.kind,
            event.value,
            event,
            bool(curated) and (event.impression, event.subject, event.item_id) in curated,
            bool(undone) and event.kind is not Kind.UNDO and (event.event, event.subject) in undone,
        )
        rows.append(row)
    return rows


def _keep(
    rows: Sequence[Row], known: Known, source: str, before: Mapping[UUID, State]
) -> dict[UUID, State]:
    """Claim the keys of these rows and write them, with what follows; raises `KeyTaken`."""
    now = timezone.now()
    writing.claim(rows, source)
    with writing.written(rows, source):
        words = folding.words([row for row in rows if not row.undone], now)
        latest = _latest(rows)
    more = folding.lay(words)
    pairs = _touched(rows, known)
    folding.rebuild(pairs, now)
    ratings = {subject: before[subject].ratings + count for subject, count in more.items()}
    ratings |= states.count_ratings({subject for subject, _item in pairs})
    after = states.advance(before, latest, ratings)
    changed = {s: ratings[s] for s in sorted(ratings) if ratings[s] != before[s].ratings}
    if changed:
        refresh_many(changed)
    return after


def _touched(rows: Sequence[Row], known: Known) -> set[tuple[UUID, UUID | None]]:
    """The pairs of member and item whose past an undo changed."""
    undone = [known.targets.get(row.event.undoes) for row in rows if row.kind is Kind.UNDO]
    return {(target.subject, target.item_id) for target in undone if target}


def _latest(rows: Iterable[Row]) -> dict[UUID, datetime]:
    last: dict[UUID, datetime] = {}
    for row in rows:
        if row.occurred_at > last.setdefault(row.subject, EARLIEST):
            last[row.subject] = row.occurred_at
    return last


def _told(
    events: Sequence[NewInteraction], outcomes: list[Outcome], members: Mapping[UUID, State]
) -> list[Outcome]:
    for event, outcome in zip(events, outcomes, strict=True):
        if outcome.status is not Status.REJECTED:
            outcome.version = members[event.subject].version
    return outcomes
