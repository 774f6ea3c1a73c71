"""Which events of one body are accepted: a pure function of the events and of what is known of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from uuid import UUID

from feedback.models import Kind
from feedback.recording.events import REASONS, NewInteraction, Outcome, Reason, Status, rejected


@dataclass(frozen=True, slots=True)
class Target:
    """An event that an undo names: whose it is, of which item, of which kind."""

    subject: UUID
    item_id: UUID | None
    kind: Kind


@dataclass(frozen=True, slots=True)
class Taken:
    """What was sent under a key before, and by whom (None where its month is no longer kept)."""

    digest: bytes
    subject: UUID | None


@dataclass(frozen=True, slots=True)
class Known:
    """What was known before a body came: keys by event, targets by event, items with `active`.

    `undone` holds the events that were taken back, each with whose they are.
    """

    keys: Mapping[str, Taken] = field(default_factory=dict)
    targets: Mapping[str, Target] = field(default_factory=dict)
    items: Mapping[UUID, bool] = field(default_factory=dict)
    undone: AbstractSet[tuple[str, UUID]] = frozenset()


def judge(events: Sequence[NewInteraction], known: Known) -> list[Outcome]:
    """The outcome of each event, in their order; of a key that comes twice, the first is the event.

    A key that is already there answers first: a retry is a duplicate even if the item has gone since.
    """
    outcomes: list[Outcome] = []
    first: dict[str, int] = {}
    for at, event in enumerate(events):
        outcome = _repeated(event, known, events, first) or _refused_item(event, known)
        if outcome is None:
            first[event.event] = at
            outcome = Outcome(event.event, Status.ACCEPTED)
        outcomes.append(outcome)
    if all(event.kind is not Kind.UNDO for event in events):
        return outcomes
    return _judge_undos(events, outcomes, known, first)


def _repeated(
    event: NewInteraction, known: Known, events: Sequence[NewInteraction], first: Mapping[str, int]
) -> Outcome | None:
    taken = known.keys.get(event.event) if known.keys else None
    if taken is None and event.event in first:
        earlier = events[first[event.event]]
        taken = Taken(earlier.digest(), earlier.subject)
    return None if taken is None else repeated(event, taken)


def repeated(event: NewInteraction, taken: Taken) -> Outcome:
    """The outcome of an event whose key is taken, by what was sent under it and by whom."""
    if event.digest() == taken.digest and taken.subject in {event.subject, None}:
        return Outcome(event.event, Status.DUPLICATE)
    return rejected(event.event, Reason.CONFLICT)


def _refused_item(event: NewInteraction, known: Known) -> Outcome | None:
    if event.kind is Kind.UNDO:
        return None
    active = known.items.get(event.item_id) if event.item_id else None
    if active is None:
        return rejected(event.event, Reason.UNKNOWN_ITEM)
    return None if active else rejected(event.event, Reason.INACTIVE_ITEM)


def _judge_undos(
    events: Sequence[NewInteraction],
    outcomes: list[Outcome],
    known: Known,
    first: Mapping[str, int],
) -> list[Outcome]:
    """Refuse undos of what cannot be undone; the event may stand before or after them in the body."""
    undone = set(known.undone)
    for at, event in enumerate(events):
        if event.kind is not Kind.UNDO or first.get(event.event) != at:
            continue
        target = _target(event, events, known, first)
        if reason := _refusal(event, target, undone):
            outcomes[at] = rejected(event.event, reason)
            continue
        undone.add((event.undoes, event.subject))
        if target is None:
            text = str(REASONS[Reason.NOT_ARRIVED])
            outcomes[at] = Outcome(event.event, Status.ACCEPTED, Reason.NOT_ARRIVED, text)
    return _follow(events, outcomes, first)


def _target(
    event: NewInteraction, events: Sequence[NewInteraction], known: Known, first: Mapping[str, int]
) -> Target | None:
    if event.undoes in known.targets:
        return known.targets[event.undoes]
    at = first.get(event.undoes)
    if at is None:
        return None
    return Target(events[at].subject, events[at].item_id, events[at].kind)


def _refusal(
    event: NewInteraction, target: Target | None, undone: AbstractSet[tuple[str, UUID]]
) -> Reason | None:
    if target is not None and target.subject != event.subject:
        return Reason.NOT_YOURS
    if target is not None and target.kind is Kind.UNDO:
        return Reason.NOT_UNDOABLE
    return Reason.ALREADY_UNDONE if (event.undoes, event.subject) in undone else None


def _follow(
    events: Sequence[NewInteraction], outcomes: list[Outcome], first: Mapping[str, int]
) -> list[Outcome]:
    """A repetition of an event that was refused in the same body is refused alike."""
    for at, event in enumerate(events):
        leader = outcomes[first.get(event.event, at)]
        if outcomes[at].status is Status.DUPLICATE and leader.status is Status.REJECTED:
            outcomes[at] = leader
    return outcomes
