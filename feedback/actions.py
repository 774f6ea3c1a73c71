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

from curation.ids import new_id
from curation.members import refresh_many
from feedback import folding, states, writing
from feedback.events import NewInteraction, Outcome, Status
from feedback.judging import Known, Taken, judge, repeated
from feedback.lookups import curated_of, instant_of, keys_of, known_of
from feedback.models import Kind
from feedback.partitions import EARLIEST, ensure_months
from feedback.states import Moved, State
from feedback.writing import Row

_MOST_MOVES: Final = 20


def record(
    events: Sequence[NewInteraction], *, source: str, simulated: bool = False
) -> list[Outcome]:
    """Record the events of one body and answer what became of each, in their order.

    One transaction: event keys, interactions, ratings, the version of each member who has news, and
    the segments of those whose number of ratings changed. No event's fate touches another's, except
    that of a key sent twice the first counts. What comes for a member who was merged is the other's.
    """
    if not events:
        return []
    now = timezone.now()
    ensure_months("feedback_interaction", [event.occurred_at or now for event in events])
    if simulated:
        events = [replace(event, simulated=True) for event in events]
    for _move in range(_MOST_MOVES):
        try:
            with transaction.atomic():
                return _record(events, source, now)
        except Moved as error:
            events = [_moved(event, error.moved) for event in events]
    raise RuntimeError("members are merged in a circle")


def rehearse(
    events: Sequence[NewInteraction], *, source: str, earlier: MutableMapping[str, Taken]
) -> list[Outcome]:
    """What `record` would answer, nothing written; `earlier` holds the keys rehearsed before."""
    known = known_of(events, source)
    outcomes = judge(events, replace(known, keys=ChainMap(dict(known.keys), earlier)))
    accepted = _accepted(events, outcomes)
    earlier.update({event.event: Taken(event.digest(), event.subject) for event in accepted})
    return outcomes


def _moved(event: NewInteraction, moved: Mapping[UUID, UUID]) -> NewInteraction:
    if event.subject not in moved:
        return event
    return replace(event, subject=moved[event.subject])


def _record(events: Sequence[NewInteraction], source: str, now: datetime) -> list[Outcome]:
    before = states.lock({event.subject for event in events})
    known = known_of(events, source)
    outcomes = judge(events, known)
    rows = _rows(_accepted(events, outcomes), known, before, now)
    lost = writing.claim(rows, source) if rows else set()
    taken = keys_of(lost, source) if lost else {}
    fresh = [row for row in rows if row.event.event not in lost]
    after = _keep(fresh, known, source, before, thoroughly=bool(lost)) if fresh else {}
    return _told(events, outcomes, taken, {**before, **after})


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
    rows = []
    for event in events:
        made, target = new_id(), known.targets.get(event.undoes)
        row = Row(
            id=made,
            occurred_at=event.occurred_at or before[event.subject].next_instant(now),
            received_at=instant_of(made),
            subject=event.subject,
            item_id=target.item_id if target else event.item_id,
            kind=event.kind,
            value=event.value,
            event=event,
            curated=bool(curated) and (event.impression, event.subject, event.item_id) in curated,
            simulated=event.simulated,
            undone=bool(undone)
            and event.kind is not Kind.UNDO
            and (event.event, event.subject) in undone,
        )
        rows.append(row)
    return rows


def _keep(
    rows: Sequence[Row],
    known: Known,
    source: str,
    before: Mapping[UUID, State],
    *,
    thoroughly: bool,
) -> dict[UUID, State]:
    """Write rows whose keys are ours, with what follows; `thoroughly` where an undo may have been lost."""
    now = timezone.now()
    writing.write(rows, source)
    laid = folding.lay([row for row in rows if not row.undone], now)
    pairs = _touched(rows, known, everything=thoroughly)
    folding.rebuild(pairs, now)
    ratings = {s: before[s].ratings + more for s, more in laid.more.items()}
    ratings |= states.count_ratings(laid.unsure | {subject for subject, _item in pairs})
    after = states.advance(before, _latest(rows), ratings)
    changed = {s: after[s].ratings for s in sorted(after) if after[s].ratings != before[s].ratings}
    if changed:
        refresh_many(changed)
    return after


def _touched(
    rows: Sequence[Row], known: Known, *, everything: bool
) -> set[tuple[UUID, UUID | None]]:
    """The pairs of member and item whose past an undo changed; all pairs if an undo may be lost."""
    undone = [known.targets.get(row.event.undoes) for row in rows if row.kind is Kind.UNDO]
    pairs = {(target.subject, target.item_id) for target in undone if target}
    return pairs | {(row.subject, row.item_id) for row in rows if everything}


def _latest(rows: Iterable[Row]) -> dict[UUID, datetime]:
    last: dict[UUID, datetime] = {}
    for row in rows:
        if row.occurred_at > last.setdefault(row.subject, EARLIEST):
            last[row.subject] = row.occurred_at
    return last


def _told(
    events: Sequence[NewInteraction],
    outcomes: Sequence[Outcome],
    taken: Mapping[str, Taken],
    members: Mapping[UUID, State],
) -> list[Outcome]:
    told = []
    for event, judged in zip(events, outcomes, strict=True):
        lost = judged.status is Status.ACCEPTED and event.event in taken
        outcome = repeated(event, taken[event.event]) if lost else judged
        if outcome.status is not Status.REJECTED:
            version = members[event.subject].version
            outcome = Outcome(event.event, outcome.status, outcome.reason, outcome.text, version)
        told.append(outcome)
    return told
