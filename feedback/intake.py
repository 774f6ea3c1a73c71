"""From raw objects to outcomes: parse each, look up members and items by outside id, record the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection
from django.utils import timezone

from curation.members import Person
from curation.models import Member
from feedback.actions import record
from feedback.events import NewInteraction, Outcome
from feedback.parsing import Draft, parse

_ITEMS: Final = (
    "SELECT outside_id, id FROM curation_item WHERE source = %s AND outside_id = ANY(%s)"
)

FindMembers = Callable[[frozenset[str]], Mapping[str, Person | Member]]


def take_in(raw: Sequence[object], *, source: str, members: FindMembers) -> list[Outcome]:
    """What became of each raw interaction, in their order.

    `members` finds, or makes, the members of these outside ids, and refuses whom the caller may not
    act for: who may do so is the caller's to know. Simulated members leave simulated feedback.
    """
    now = timezone.now()
    parsed = [parse(one, now=now) for one in raw]
    drafts = [draft for draft in parsed if isinstance(draft, Draft)]
    if not drafts:
        return [outcome for outcome in parsed if isinstance(outcome, Outcome)]
    found = members(frozenset(draft.member for draft in drafts))
    items = items_of(source, (draft.item for draft in drafts if draft.item is not None))
    events = [event_of(draft, found[draft.member], items) for draft in drafts]
    recorded = iter(record(events, source=source))
    return [one if isinstance(one, Outcome) else next(recorded) for one in parsed]


def items_of(source: str, outside_ids: Iterable[str]) -> dict[str, UUID]:
    """The items of a source by outside id; unknown ones are left out."""
    with connection.cursor() as cursor:
        cursor.execute(_ITEMS, [source, list(set(outside_ids))])
        return dict(cursor.fetchall())


def event_of(
    draft: Draft,
    member: Person | Member,
    items: Mapping[str, UUID],
    original_at: datetime | None = None,
) -> NewInteraction:
    """The event of a draft whose member is found and whose item was looked for."""
    return NewInteraction(
        event=draft.event,
        subject=member.subject,
        kind=draft.kind,
        item_id=items.get(draft.item) if draft.item is not None else None,
        value=draft.value,
        undoes=draft.undoes,
        occurred_at=draft.occurred_at,
        impression=draft.impression,
        text=draft.text,
        public=draft.public,
        simulated=member.simulated,
        original_at=original_at,
    )
