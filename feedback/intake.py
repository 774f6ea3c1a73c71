"""From raw objects to outcomes: parse each, look up members and items by outside id, record the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from uuid import UUID

from django.utils import timezone

from curation.models import Item, Member
from feedback.actions import record
from feedback.events import NewInteraction, Outcome
from feedback.parsing import Draft, parse

FindMembers = Callable[[frozenset[str]], Mapping[str, Member]]


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
    rows = Item.objects.filter(source=source, outside_id__in=set(outside_ids))
    return dict(rows.values_list("outside_id", "pk"))


def event_of(draft: Draft, member: Member, items: Mapping[str, UUID]) -> NewInteraction:
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
        simulated=member.simulated,
    )
