"""Short ways to say what a member did; `minute` counts from a fixed noon."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from curation.models import Item
from feedback.models import Kind, Rating
from feedback.recording.events import NewInteraction

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
SILENCE = {
    "stars": None,
    "thumb": None,
    "favourite": False,
    "never": False,
    "clicked": False,
    "shared": False,
    "viewed": None,
    "purchased": None,
}


def told(member, event, kind, item=None, value=None, *, minute=None, undoes="", **more):
    """One interaction of a member with an item (or an item's id)."""
    return NewInteraction(
        event=event,
        subject=member.subject,
        kind=kind,
        item_id=item.pk if isinstance(item, Item) else item,
        value=value,
        undoes=undoes,
        occurred_at=None if minute is None else NOON + timedelta(minutes=minute),
        **more,
    )


def undo(member, event, undoes, **more):
    """A member taking back an event."""
    return told(member, event, Kind.UNDO, undoes=undoes, **more)


def says(member, item):
    """What a member now says of an item."""
    rows = Rating.objects.filter(subject=member.subject, item_id=item.pk)
    return rows.values(*SILENCE).first() or SILENCE
