"""Short ways to say what a member did; `minute` counts from a fixed noon."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.utils import timezone

from curation.models import Item
from feedback.models import Interaction, Kind, Mark, Rating, Rule
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


def set_mark(interaction, rule):
    """Mark an interaction as a cleaning rule would, or lift its mark."""
    lifted = None if rule else timezone.now()
    told = {"occurred_at": interaction.occurred_at, "rule": rule or Rule.FLOOD}
    Mark.objects.update_or_create(
        interaction=interaction.pk,
        defaults={"lifted_at": lifted},
        create_defaults={**told, "marked_at": timezone.now(), "lifted_at": lifted},
    )
    Interaction.objects.filter(pk=interaction.pk).update(mark=rule)
