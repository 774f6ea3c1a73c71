"""From raw objects to outcomes: parse each, look up members and items by outside id, record the rest."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection
from django.utils import timezone

from curation.arrays import array
from curation.models import Member
from curation.people.members import Person
from feedback.actions import record
from feedback.intake.parsing import Draft, parse
from feedback.recording.events import NewInteraction, Outcome

_ITEMS: Final = """
SELECT outside_id, id, active FROM curation_item WHERE source = %s AND outside_id = ANY(%s::text[])
"""

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
    items, active = items_of(source, {draft.item for draft in drafts if draft.item is not None})
    events = [event_of(draft, found[draft.member], items) for draft in drafts]
    recorded = record(events, source=source, active=active)
    if len(recorded) == len(parsed):
        return recorded
    following = iter(recorded)
    return [one if isinstance(one, Outcome) else next(following) for one in parsed]


def items_of(source: str, outside_ids: Collection[str]) -> tuple[dict[str, UUID], dict[UUID, bool]]:
    """The items of a source by outside id, and whether each is active; unknown ones are left out."""
    with connection.cursor() as cursor:
        rows = cursor.execute(_ITEMS, [source, array(outside_ids)]).fetchall()
    return {row[0]: row[1] for row in rows}, {row[1]: row[2] for row in rows}


def event_of(
    draft: Draft,
    member: Person | Member,
    items: Mapping[str, UUID],
    original_at: datetime | None = None,
) -> NewInteraction:
    """The event of a draft whose member is found and whose item was looked for."""
    # By place: by name it would cost twice as much, and a body brings a thousand.
    return NewInteraction(
        draft.event,
        member.subject,
        draft.kind,
        items.get(draft.item) if draft.item is not None else None,
        draft.value,
        draft.undoes,
        draft.occurred_at,
        draft.impression,
        member.simulated,
        original_at,
        draft.text,
        draft.public,
    )
